import Glibc
import Linux
import TestSupport
import Testing

@Suite("Time")
struct TimeTests {
  @Test(
    "a moment is written as RFC 3339 in UTC, without fractions",
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (999, "1970-01-01T00:00:00Z"),
      (951_782_400_000, "2000-02-29T00:00:00Z"), (1_709_251_199_999, "2024-02-29T23:59:59Z"),
      (1_795_300_685_123, "2026-11-21T22:38:05Z"), (2_147_483_648_000, "2038-01-19T03:14:08Z"),
      (4_107_542_400_000, "2100-03-01T00:00:00Z"), (253_402_300_799_000, "9999-12-31T23:59:59Z"),
    ] as [(Int64, String)])
  func rfc3339(milliseconds: Int64, expected: String) {
    #expect(CalendarTime.rfc3339(milliseconds: milliseconds) == expected)
  }

  @Test(
    "a day begins at midnight UTC",
    arguments: [
      ((1970, 1, 1), 0), ((1970, 1, 2), 86_400_000), ((2000, 2, 29), 951_782_400_000),
      ((2026, 11, 21), 1_795_219_200_000), ((2100, 3, 1), 4_107_542_400_000),
    ] as [((Int, Int, Int), Int64)])
  func startOfDay(day: (Int, Int, Int), expected: Int64) {
    #expect(CalendarTime.startOfDay(year: day.0, month: day.1, day: day.2) == expected)
  }

  @Test("each day is one day after the one before it, and is written as what it is")
  func days() {
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    var expected: Int64 = 0
    for year in 1970...2110 {
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      for month in 1...12 {
        for day in 1...(lengths[month - 1] + (isLeap && month == 2 ? 1 : 0)) {
          let start = CalendarTime.startOfDay(year: year, month: month, day: day)
          #expect(start == expected, "\(year)-\(month)-\(day)")
          let date = "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
          #expect(CalendarTime.rfc3339(milliseconds: start) == date + "T00:00:00Z")
          expected += 86_400_000
        }
      }
    }
  }

  @Test("the minute of the day is that of the machine's own zone")
  func localMinute() async {
    // In a process of its own: the environment belongs to all threads.
    await #expect(processExitsWith: .success) {
      setenv("TZ", "XYZ-05:30", 1)
      #expect(CalendarTime.localMinuteOfDay(milliseconds: 0) == 330)
      #expect(CalendarTime.localMinuteOfDay(milliseconds: 18 * 3_600_000 + 59_999) == 1_410)
      #expect(CalendarTime.localMinuteOfDay(milliseconds: 18 * 3_600_000 + 30 * 60_000) == 0)
    }
  }

  @Test("the boot clock is the kernel's uptime, and the wall clock the library's")
  func clocks() throws {
    var file = KernelFile("/proc/uptime")
    let clock = SystemClock()
    let before = clock.bootTimeMilliseconds
    let uptime: Int64?? = try file.withContents { text in
      var scanner = TextScanner()
      return scanner.decimal(places: 2, in: text)
    }
    let after = clock.bootTimeMilliseconds
    // /proc/uptime is cut to hundredths.
    let hundredths = try #require(uptime ?? nil)
    #expect((before / 10 - 1...after / 10).contains(hundredths))
    let (early, wall, late) = (time(nil), clock.wallTimeMilliseconds / 1000, time(nil))
    #expect((Int64(early) - 1...Int64(late)).contains(wall))
  }

  @Test("the boot's name is the kernel's")
  func bootID() throws {
    let name = try BootID.current()
    #expect(name.utf8.count == 36)
    #expect(name.utf8.allSatisfy { $0 != 10 })
    #expect(try BootID.current() == name)
  }

  @Test("ticks come at whole multiples of the interval")
  func ticks() throws {
    let loop = try PollLoop.start(intervalMilliseconds: 20)
    let clock = SystemClock()
    var last = clock.bootTimeMilliseconds / 20
    for _ in 0..<5 {
      guard case .tick(let missed) = try loop.wait() else { throw UnexpectedEvent() }
      let multiple = clock.bootTimeMilliseconds / 20
      #expect(multiple >= last + 1 + Int64(missed))
      last = multiple
    }
  }

  @Test("ticks that went by unserved are counted")
  func missed() throws {
    let loop = try PollLoop.start(intervalMilliseconds: 2)
    let clock = SystemClock()
    let start = clock.bootTimeMilliseconds
    while clock.bootTimeMilliseconds < start + 20 {}
    guard case .tick(let missed) = try loop.wait() else { throw UnexpectedEvent() }
    #expect(missed >= 8)
  }

  @Test("SIGTERM ends the waiting, and goes before a tick")
  func termination() async {
    await #expect(processExitsWith: .exitCode(7)) {
      let loop = try PollLoop.start(intervalMilliseconds: 1)
      _ = try loop.wait()
      // To this thread: the test's process has others, which do not block the signal.
      raise(SIGTERM)
      guard case .termination = try loop.wait() else { exit(1) }
      guard case .tick = try loop.wait() else { exit(2) }
      exit(7)
    }
  }

  @Test("SIGHUP asks for the settings, or ends the waiting where a terminal is gone")
  func reload() async {
    await #expect(processExitsWith: .exitCode(7)) {
      let loop = try PollLoop.start(intervalMilliseconds: 3_600_000)
      dup2(open("/dev/null", O_RDONLY), 0)
      raise(SIGHUP)
      guard case .reload = try loop.wait() else { exit(1) }
      dup2(open("/dev/ptmx", O_RDWR), 0)
      raise(SIGHUP)
      guard case .termination = try loop.wait() else { exit(2) }
      exit(7)
    }
  }

  @Test("SIGINT ends the waiting as SIGTERM does")
  func interruption() async {
    await #expect(processExitsWith: .exitCode(7)) {
      let loop = try PollLoop.start(intervalMilliseconds: 3_600_000)
      raise(SIGINT)
      guard case .termination = try loop.wait() else { exit(1) }
      exit(7)
    }
  }

  struct UnexpectedEvent: Error {}
}

@Suite("The process")
struct ProcessTests {
  @Test("random bytes are as many as asked for, and others each time", arguments: [0, 1, 16, 256])
  func random(count: Int) {
    let (first, second) = (Random.bytes(count), Random.bytes(count))
    #expect(first.count == count && second.count == count)
    #expect(count < 16 || first != second)
  }

  @Test("more random bytes than the kernel promises at once are a mistake of the program")
  func tooManyRandomBytes() async {
    await #expect(processExitsWith: .failure) { _ = Random.bytes(257) }
  }

  @Test("a program that keeps other people's data makes files that others cannot read")
  func umask() async {
    await #expect(processExitsWith: .exitCode(0)) {
      Linux.Process.prepareForService()
      let directory = try TemporaryDirectory()
      try withExtendedLifetime(directory) {
        let path = directory.path("file")
        try AtomicFile.replace(path, with: [], mode: 0o666, durability: .volatile)
        let state = try FileState.of(path)
        precondition(state?.permissions == "640")
      }
    }
  }

  @Test("a program that forgets its children has none to wait for")
  func forgottenChildren() async {
    await #expect(processExitsWith: .exitCode(0)) {
      Linux.Process.prepareForService()
      Linux.Process.forgetChildren()
      do {
        var fileSystem = try PatientFileSystem.start("/")
        _ = fileSystem.usage()
      }
      // Until the last one has ended.
      precondition(waitpid(-1, nil, 0) == -1 && errno == ECHILD)
    }
  }

  @Test("a closed pipe and a file at its size limit are no signals")
  func signals() async {
    await #expect(processExitsWith: .exitCode(0)) {
      Linux.Process.prepareForService()
      raise(SIGPIPE)
      raise(SIGXFSZ)
    }
  }

  @Test("a failed call says what, on what and why")
  func errors() {
    #expect { _ = try FileDescriptor.open("/nonexistent/file", .readOnly) } throws: { error in
      guard let error = error as? SystemError else { return false }
      return error.isNotFound && !error.isPermissionDenied
        && error.description == "cannot open /nonexistent/file: No such file or directory"
    }
  }
}
