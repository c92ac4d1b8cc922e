// Two clocks. CLOCK_BOOTTIME counts from boot through suspends and is never set: durations, ticks and the
// stamps of readings come from it. CLOCK_REALTIME is what people call the time; it may be wrong or jump, so
// it only ever appears as an offset to the boot clock, with the kernel's word on whether anybody keeps it.

internal import CLinux

/// Where the time comes from: the kernel, or a test.
package protocol Clock {
  /// Milliseconds since boot, suspends included. Never goes backwards within a boot.
  var bootTimeMilliseconds: Int64 { get }
  /// Milliseconds since 1970-01-01 00:00 UTC, as far as the machine knows.
  var wallTimeMilliseconds: Int64 { get }
  /// Whether something keeps the wall clock right (NTP, PTP), by adjtimex(2).
  var isSynchronised: Bool { get }
  /// The name of the boot that `bootTimeMilliseconds` counts from.
  func bootID() throws(SystemError) -> String
}

extension Clock {
  package func bootID() throws(SystemError) -> String { try BootID.current() }
}

/// The kernel's clocks. The corresponding C functions are `clock_gettime` and `adjtimex`.
package struct SystemClock: Clock, Sendable {
  private let bootFile: String?

  /// - Parameter bootFile: where another program of this boot has written down its name, for who does not see what
  ///   that program sees; nil, or a file that is not there, leaves it to the kernel's own.
  package init(bootFile: String? = nil) { self.bootFile = bootFile }

  package func bootID() throws(SystemError) -> String {
    if let bootFile, try FileState.of(bootFile) != nil { return try BootID.read(bootFile) }
    return try BootID.current()
  }

  package var bootTimeMilliseconds: Int64 { read(CLOCK_BOOTTIME) }
  package var wallTimeMilliseconds: Int64 { read(CLOCK_REALTIME) }
  package var isSynchronised: Bool { linux_clock_is_synchronised() != 0 }

  private func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    let result = unsafe clock_gettime(clock, &time)
    precondition(result == 0, "the kernel has no such clock")
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}

/// The name of this boot. It never leaves the appliance.
package enum BootID {
  /// Reads /proc/sys/kernel/random/boot_id (random(4)): a new one for each boot.
  /// The machine's own, never a captured tree's: it says which boot clock the stamps belong to.
  package static func current() throws(SystemError) -> String {
    try read("/proc/sys/kernel/random/boot_id")
  }

  fileprivate static func read(_ path: String) throws(SystemError) -> String {
    let bytes = try FileDescriptor.open(path, .readOnlyPlain).readAll(limitBytes: 128)
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}

/// Dates for people and for JSON: RFC 3339 in UTC.
package enum CalendarTime {
  /// "2026-11-21T22:38:05Z". The corresponding C function is `gmtime_r`.
  package static func rfc3339(milliseconds: Int64) -> String {
    var seconds = time_t(milliseconds / 1000)
    var fields = unsafe tm()
    guard unsafe gmtime_r(&seconds, &fields) != nil else { return "unknown" }
    let (year, month) = unsafe (Int(fields.tm_year) + 1900, Int(fields.tm_mon) + 1)
    let (day, hour) = unsafe (Int(fields.tm_mday), Int(fields.tm_hour))
    let (minute, second) = unsafe (Int(fields.tm_min), Int(fields.tm_sec))
    return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) + "T"
      + padded(hour, 2) + ":" + padded(minute, 2) + ":" + padded(second, 2) + "Z"
  }

  /// As `rfc3339`, with milliseconds: "2026-11-21T12:00:00.250Z".
  package static func rfc3339WithFraction(milliseconds: Int64) -> String {
    let fraction = Int(((milliseconds % 1000) + 1000) % 1000)
    return rfc3339(milliseconds: milliseconds - Int64(fraction)).dropLast() + "."
      + padded(fraction, 3) + "Z"
  }

  /// Milliseconds since 1970 of 00:00 UTC of a calendar day. The corresponding C function is `timegm`.
  package static func startOfDay(year: Int, month: Int, day: Int) -> Int64 {
    var fields = unsafe tm()
    unsafe fields.tm_year = Int32(year - 1900)
    unsafe fields.tm_mon = Int32(month - 1)
    unsafe fields.tm_mday = Int32(day)
    return unsafe Int64(timegm(&fields)) * 1000
  }

  /// Minutes since midnight in the machine's own zone (/etc/localtime, or TZ). The corresponding C function is
  /// `localtime_r`.
  package static func localMinuteOfDay(milliseconds: Int64) -> Int {
    var seconds = time_t(milliseconds / 1000)
    var fields = unsafe tm()
    guard unsafe localtime_r(&seconds, &fields) != nil else { return 0 }
    return unsafe Int(fields.tm_hour) * 60 + Int(fields.tm_min)
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
