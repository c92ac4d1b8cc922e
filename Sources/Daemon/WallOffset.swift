internal import Linux
internal import Telemetry

/// The wall clock as an offset to the boot clock. It follows the clock only when that has moved by more than
/// a quarter of a second: finer would make the stamps of one series jitter for nothing.
struct WallOffset {
  private(set) var milliseconds: Int64
  /// By how much the wall clock was set since the ledger was last told; forward is positive.
  var stepMilliseconds: Int64 = 0

  /// - Parameter last: what it was when the program last ran in this boot; the clock may have been set since.
  init(_ clock: any Clock, last: Int64?) { milliseconds = last ?? Self.measure(clock) }

  mutating func follow(_ clock: any Clock) {
    let measured = Self.measure(clock)
    let moved = measured - milliseconds
    if abs(moved) > 250 { milliseconds = measured }
    if abs(moved) > Limits.clockStepMilliseconds { stepMilliseconds += moved }
  }

  private static func measure(_ clock: any Clock) -> Int64 {
    clock.wallTimeMilliseconds - clock.bootTimeMilliseconds
  }
}
