package import Linux

/// A clock that stands still until a test turns it. The wall clock is an offset to the boot clock: turning the one
/// turns the other.
package final class TurnedClock: Clock {
  package var bootTimeMilliseconds: Int64
  package var offsetMilliseconds: Int64
  package var isSynchronised = true
  /// The name of this boot; nil for that of the machine on which the test runs.
  package var boot: String?

  /// 2026-11-21 00:00 UTC.
  package static let today: Int64 = 1_795_219_200_000

  package init(bootTimeMilliseconds: Int64, offsetMilliseconds: Int64) {
    self.bootTimeMilliseconds = bootTimeMilliseconds
    self.offsetMilliseconds = offsetMilliseconds
  }

  /// Called whenever somebody asks for the time: between two of their steps.
  package var whenAsked: (() -> Void)?

  package var wallTimeMilliseconds: Int64 {
    get {
      whenAsked?()
      return bootTimeMilliseconds + offsetMilliseconds
    }
    set { offsetMilliseconds = newValue - bootTimeMilliseconds }
  }

  package func bootID() throws(SystemError) -> String {
    if let boot { return boot }
    return try BootID.current()
  }

  package func advance(_ milliseconds: Int64) { bootTimeMilliseconds += milliseconds }
}
