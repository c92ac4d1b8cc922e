/// A moment at which somebody vouched for the time: NTP, or a supplier's receiver over verified TLS.
package struct TrustedMoment: Equatable, Sendable {
  package let boot: String
  /// Milliseconds of that boot's clock.
  package let bootTimeMilliseconds: Int64
  /// Unix milliseconds at that moment.
  package let unixMilliseconds: Int64

  package init(boot: String, bootTimeMilliseconds: Int64, unixMilliseconds: Int64) {
    self.boot = boot
    self.bootTimeMilliseconds = bootTimeMilliseconds
    self.unixMilliseconds = unixMilliseconds
  }

  /// The time by which an agreement ends: the wall clock, or the trusted moment plus what has elapsed since,
  /// whichever is later. Setting the clock back does not prolong an agreement.
  package static func latest(
    of moment: TrustedMoment?, wallMilliseconds: Int64, boot: String, bootTimeMilliseconds: Int64
  ) -> Int64 {
    guard let moment else { return wallMilliseconds }
    let elapsed = moment.boot == boot ? bootTimeMilliseconds - moment.bootTimeMilliseconds : 0
    return max(wallMilliseconds, moment.unixMilliseconds + max(0, elapsed))
  }
}
