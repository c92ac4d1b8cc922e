// What the ticks themselves tell: when the machine was started, when accordd was, and when nobody sampled.
//
// Within one run of accordd ticks come at a steady pace, so all of them lie at the same place of the interval. When
// that place is another one from one batch to the next, in the same boot and with the same pace, accordd was started
// again.

/// A time without readings that is longer than three ticks.
package struct SamplingGap: Equatable, Sendable {
  package enum Cause: Equatable, Sendable {
    /// The machine went down in it.
    case reboot
    /// accordd did not run, could not record, or had no agreement to go by.
    case notSampled
  }

  /// Unix milliseconds of the last reading before and the first after it.
  package let sinceMilliseconds: Int64
  package let untilMilliseconds: Int64
  package let cause: Cause

  package var lengthMilliseconds: Int64 { untilMilliseconds - sinceMilliseconds }
}

package struct TickWatch: Sendable {
  package private(set) var gaps: [SamplingGap] = []
  /// Unix milliseconds of the moment when the kernel started; the oldest boot is not among them.
  package private(set) var reboots: [Int64] = []
  /// Unix milliseconds of the first tick after accordd was started again.
  package private(set) var restarts: [Int64] = []
  /// Readings of how many ticks there are.
  package private(set) var ticks = 0
  /// The usual time from tick to tick, nil before there were two.
  package private(set) var stepMilliseconds: Int64?

  private static let eventsMax = 1_000
  private var last: (tick: Int64, unix: Int64, boot: Int64)?
  private var phase: Int64?
  /// The last three, in their order.
  private var newestSteps: [Int64] = []

  package init() {}

  /// Two readings further apart have a gap between them.
  package var gapMilliseconds: Int64 { 3 * (stepMilliseconds ?? 60_000) + 500 }

  /// Takes note of the ticks of one batch.
  package mutating func note(_ batchTicks: [Int64], boot: Int64, offsetMilliseconds: Int64) {
    guard let first = batchTicks.first, let end = batchTicks.last else { return }
    ticks += batchTicks.count
    let steps = zip(batchTicks, batchTicks.dropFirst()).map { $1 - $0 }.filter { $0 > 0 }.sorted()
    let step = pace(batchTicks, boot, steps)
    let isOtherPace = stepMilliseconds.map { old in
      step.map { abs($0 - old) * 10 > old } ?? false
    }
    if let step { stepMilliseconds = step }
    noteBeginning(first, boot, offsetMilliseconds, isOtherPace: isOtherPace ?? false, step, steps)
    for (before, after) in zip(batchTicks, batchTicks.dropFirst())
    where after - before >= gapMilliseconds {
      noteGap(before + offsetMilliseconds, after + offsetMilliseconds, .notSampled)
    }
    last = (end, end + offsetMilliseconds, boot)
  }

  /// The middle step: a late tick makes one longer and the next one shorter. A batch of few ticks has no middle of its
  /// own, and one of a single tick has no step at all where ticks are as seldom as batches: then it is that of the
  /// newest steps, also from batch to batch.
  private mutating func pace(
    _ batchTicks: [Int64], _ boot: Int64, _ steps: [Int64]
  ) -> Int64? {
    var previous = last.flatMap { $0.boot == boot ? $0.tick : nil }
    for tick in batchTicks {
      if let previous, tick > previous { newestSteps.append(tick - previous) }
      previous = tick
    }
    newestSteps = newestSteps.suffix(3)
    let known = steps.count >= 3 ? steps : newestSteps.sorted()
    return known.isEmpty ? stepMilliseconds : known[known.count / 2]
  }

  private mutating func noteBeginning(
    _ first: Int64, _ boot: Int64, _ offset: Int64, isOtherPace: Bool, _ step: Int64?,
    _ steps: [Int64]
  ) {
    let isSteady =
      step.map { step in steps.count > 1 && steps.allSatisfy { abs($0 - step) * 20 <= step } }
      ?? false
    let place = isSteady ? step.map { first % $0 } : nil
    defer { if let place { phase = place } }
    guard let last else { return }
    if last.boot != boot {
      phase = nil
      if reboots.count < Self.eventsMax { reboots.append(offset) }
      if first + offset - last.unix >= gapMilliseconds {
        noteGap(last.unix, first + offset, .reboot)
      }
      return
    }
    if first - last.tick >= gapMilliseconds { noteGap(last.unix, first + offset, .notSampled) }
    guard let place, let phase, let step, !isOtherPace else { return }
    let distance = abs(place - phase)
    if min(distance, step - distance) * 10 > step, restarts.count < Self.eventsMax {
      restarts.append(first + offset)
    }
  }

  private mutating func noteGap(_ since: Int64, _ until: Int64, _ cause: SamplingGap.Cause) {
    guard until > since, gaps.count < Self.eventsMax else { return }
    gaps.append(SamplingGap(sinceMilliseconds: since, untilMilliseconds: until, cause: cause))
  }
}
