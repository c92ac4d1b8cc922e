/// How much a counter grew from one reading to the next.
///
/// A counter that fell was reset, and one of another boot began anew: how much it grew is not known then. After a gap
/// it would be a mean over the gap, drawn as if it had been read: that is left out as well.
package struct CounterRate: Sendable {
  /// What a counter did between two readings.
  package struct Growth: Equatable, Sendable {
    package let amount: Int64
    package let milliseconds: Int64
  }

  private var previous: (value: Int64, tick: Int64, boot: Int64)?

  package init() {}

  /// - Parameters:
  ///   - tick: milliseconds of the boot clock.
  ///   - boot: the number of the boot.
  ///   - gapMilliseconds: two readings further apart have a gap between them.
  package mutating func growth(
    to value: Int64, atTick tick: Int64, boot: Int64, gapMilliseconds: Int64
  ) -> Growth? {
    defer { previous = (value, tick, boot) }
    guard let previous, previous.boot == boot, value >= previous.value, tick > previous.tick,
      tick - previous.tick < gapMilliseconds
    else { return nil }
    let (amount, overflow) = value.subtractingReportingOverflow(previous.value)
    return overflow ? nil : Growth(amount: amount, milliseconds: tick - previous.tick)
  }
}
