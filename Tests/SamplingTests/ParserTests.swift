import Linux
import Testing

@testable import Sampling

/// What a parser expected and did not find in `text`.
private func missing(_ text: String, _ parse: (RawSpan) -> StaticString?) -> String? {
  text.withRawBytes { parse($0) }.map { "\($0)" }
}

@Suite("/proc/stat")
struct ProcStatTests {
  private func parse(_ text: String) -> (stat: ProcStat, missing: String?) {
    var stat = ProcStat()
    let missing = missing(text) { stat.parse($0) }
    return (stat, missing)
  }

  @Test("the columns, the processors and the processes; guest time is not counted twice")
  func columns() {
    let (stat, missing) = parse(
      "cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 1\ncpu1 0 1\nintr 5 5\nprocesses 77\nsoftirq 1\n")
    #expect(missing == nil)
    #expect(
      stat
        == ProcStat(
          userTicks: 1, niceTicks: 2, systemTicks: 3, idleTicks: 4, iowaitTicks: 5,
          interruptTicks: 13, stealTicks: 8, logicalCPUs: 2, processesCreated: 77))
  }

  @Test("the order of the lines behind the first does not matter")
  func order() {
    let lines = ["cpu0 1", "cpu1 1", "intr 5", "processes 77", "btime 3"]
    let first = "cpu  1 2 3 4 5 6 7 8 0 0\n"
    let expected = parse(first + lines.joined(separator: "\n"))
    #expect(parse(first + lines.reversed().joined(separator: "\n")) == expected)
    #expect(expected.stat.processesCreated == 77)
  }

  @Test("without a line for processes their number is absent and not zero")
  func noProcesses() {
    let (stat, missing) = parse("cpu  1 2 3 4 5 6 7 8\n")
    #expect(missing == nil)
    #expect(stat.processesCreated == nil && stat.logicalCPUs == 0)
  }

  @Test("counters up to the largest number that fits")
  func extremes() {
    let largest = "9223372036854775807"
    let (stat, missing) = parse("cpu  \(largest) 0 0 \(largest) 0 \(largest) 0 \(largest)\n")
    #expect(missing == nil)
    #expect(stat.userTicks == .max && stat.interruptTicks == .max && stat.stealTicks == .max)
  }

  @Test(
    "what is malformed is said",
    arguments: [
      ("", "a first line that begins with 'cpu '"), ("cpu", "a first line that begins with 'cpu '"),
      ("cpu0 1 2 3 4 5 6 7 8\n", "a first line that begins with 'cpu '"),
      ("cpu  1 2 3 4 5 6 7\n", "eight numbers behind 'cpu'"),
      ("cpu  1 2 3 x 5 6 7 8\n", "eight numbers behind 'cpu'"),
      ("cpu  1 2 3 -4 5 6 7 8\n", "eight numbers behind 'cpu'"),
      ("cpu  9223372036854775808 2 3 4 5 6 7 8\n", "eight numbers behind 'cpu'"),
      ("cpu  1 2 3 4 5 9223372036854775807 1 8\n", "eight numbers behind 'cpu'"),
      ("cpu  1 2 3 4 5 6 7 8\nprocesses many\n", "a number behind 'processes'"),
      ("cpu  1 2 3 4 5 6 7 8\nprocesses \n1", "a number behind 'processes'"),
    ])
  func malformed(text: String, expected: String) {
    #expect(parse(text).missing == expected)
  }
}

@Suite("/proc/loadavg")
struct ProcLoadavgTests {
  @Test("three averages in hundredths")
  func averages() {
    var load = ProcLoadavg()
    #expect(missing("0.05 12.50 1024.99 2/79 1963\n") { load.parse($0) } == nil)
    #expect(
      load == ProcLoadavg(load1Hundredths: 5, load5Hundredths: 1250, load15Hundredths: 102_499))
  }

  @Test(
    "fewer than three numbers are malformed",
    arguments: [
      "", "\n", "0.05", "0.05 0.02\n", "0.05 0.02 x", "nan nan nan", "0.05 -1 0.3", "0,1 0,2 0,3",
    ])
  func malformed(text: String) {
    var load = ProcLoadavg()
    #expect(missing(text) { load.parse($0) } == "three numbers with two decimals")
    #expect(load == ProcLoadavg())
  }
}

@Suite("/proc/meminfo")
struct ProcMeminfoTests {
  private func parse(_ text: String) -> (meminfo: ProcMeminfo, missing: String?) {
    var meminfo = ProcMeminfo()
    let missing = missing(text) { meminfo.parse($0) }
    return (meminfo, missing)
  }

  @Test("each line by its whole name, in any order")
  func names() {
    let lines = [
      "MemTotal: 1 kB", "MemFree: 2 kB", "MemAvailable: 3 kB", "Buffers: 4 kB", "Cached: 5 kB",
      "SwapCached: 90 kB", "Shmem: 6 kB", "ShmemHugePages: 91 kB", "SReclaimable: 7 kB",
      "KReclaimable: 92 kB", "SUnreclaim: 8 kB", "HugePages_Total: 93",
    ]
    let expected = ProcMeminfo(
      totalKiB: 1, freeKiB: 2, availableKiB: 3, buffersKiB: 4, cachedKiB: 5, sharedKiB: 6,
      reclaimableKiB: 7, unreclaimableKiB: 8, hugePages: 93)
    for lines in [lines, lines.reversed()] {
      #expect(parse(lines.joined(separator: "\n")) == (expected, nil))
    }
  }

  @Test("a line that the kernel does not print is absent")
  func absent() {
    let (meminfo, missing) = parse("MemTotal: 1 kB\n")
    #expect(missing == nil)
    #expect(meminfo == ProcMeminfo(totalKiB: 1))
  }

  @Test(
    "what is malformed is said",
    arguments: [
      ("", "a line 'MemTotal:'"), ("MemFree: 1 kB\n", "a line 'MemTotal:'"),
      ("MemTotal:\n", "a number of kB behind each name"),
      ("MemTotal: many kB\n", "a number of kB behind each name"),
      ("MemTotal: 1kB\n", "a number of kB behind each name"),
      ("MemTotal: -1 kB\n", "a number of kB behind each name"),
      ("MemTotal: 1 kB\nMemFree: 9007199254740991 kB", "a number of kB behind each name"),
    ])
  func malformed(text: String, expected: String) {
    #expect(parse(text).missing == expected)
  }

  @Test("the largest number of KiB that fits into a reading of bytes")
  func largest() {
    #expect(parse("MemTotal: 9007199254740990 kB").meminfo.totalKiB == 9_007_199_254_740_990)
  }
}

@Suite("/proc/net/dev")
struct ProcNetDevTests {
  private static let heading = "Inter-|   Receive  |  Transmit\n face |bytes    packets\n"

  /// "NAME RECEIVED TRANSMITTED" for each interface.
  private func parse(_ lines: String) -> (interfaces: [String], missing: String?) {
    var interfaces: [String] = []
    let text = Self.heading + lines
    let missing = missing(text) { bytes in
      ProcNetDev.parse(bytes) { line in
        let name = String(decoding: bytes.copy(line.name), as: UTF8.self)
        let counters = [line.received, line.transmitted].map {
          "\($0.bytes),\($0.packets),\($0.errors),\($0.dropped)"
        }
        interfaces.append(([name] + counters).joined(separator: " "))
      }
    }
    return (interfaces, missing)
  }

  @Test("the right columns, with and without a blank behind the name")
  func columns() {
    let (interfaces, missing) = parse(
      "  lo: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\neth0:1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n")
    #expect(missing == nil)
    #expect(interfaces == ["lo 1,2,3,4 9,10,11,12", "eth0 1,2,3,4 5,6,7,8"])
  }

  @Test("no interface at all is a table too")
  func empty() {
    #expect(parse("") == ([], nil))
  }

  @Test("any name that the kernel allows")
  func names() {
    for name in ["enp1s0.100", "br-1a2b3c4d5e6f", "veth@if2", "ÄÖ", "a|b", "123"] {
      #expect(
        parse(" \(name): 1 2 3 4 5 6 7 8 9 10 11 12\n").interfaces == ["\(name) 1,2,3,4 9,10,11,12"]
      )
    }
  }

  @Test("counters up to the largest number that fits, and not beyond")
  func extremes() {
    let largest = "9223372036854775807"
    #expect(
      parse("eth0: \(largest) 0 0 0 0 0 0 0 0 0 0 \(largest)\n").interfaces
        == ["eth0 \(largest),0,0,0 0,0,0,\(largest)"])
    #expect(
      parse("eth0: 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0\n").missing
        == "at least twelve counters below 2^63 behind each name")
  }

  @Test(
    "what is malformed is said",
    arguments: [
      ("eth0 1 2 3 4 5 6 7 8 9 10 11 12\n", "an interface's name and ':'"),
      (": 1 2 3 4 5 6 7 8 9 10 11 12\n", "an interface's name and ':'"),
      ("\n", "an interface's name and ':'"),
      ("eth0: 1 2 3 4 5 6 7 8 9 10 11\n", "at least twelve counters below 2^63 behind each name"),
      ("eth0:\n", "at least twelve counters below 2^63 behind each name"),
      (
        "eth0: 1 2 3 4 5 x 7 8 9 10 11 12\n", "at least twelve counters below 2^63 behind each name"
      ),
      (
        "eth0: 1 2 -3 4 5 6 7 8 9 10 11 12\n",
        "at least twelve counters below 2^63 behind each name"
      ),
    ])
  func malformed(lines: String, expected: String) {
    #expect(parse(lines).missing == expected)
  }

  @Test("another heading is another file")
  func heading() {
    #expect(missing("face |bytes\n\n") { ProcNetDev.parse($0) { _ in } } == "the heading 'Inter-|'")
    #expect(missing("") { ProcNetDev.parse($0) { _ in } } == "the heading 'Inter-|'")
  }
}

@Suite("os-release")
struct OSReleaseTests {
  @Test(
    "values as a shell reads them",
    arguments: [
      ("NAME=Debian", "Debian"), ("NAME=\"Debian GNU/Linux\"", "Debian GNU/Linux"),
      ("NAME='it is'", "it is"), ("NAME=\"a \\\"b\\\" \\$c \\\\\"", "a \"b\" $c \\"),
      ("NAME='a \\\" b'", "a \\\" b"), (" NAME=Debian ", "Debian"), ("NAME=a\nNAME=b", "b"),
      ("#NAME=a", nil), ("NAME=", nil), ("NAME=\"\"", nil), ("PRETTY_NAME=a", nil), ("NAME", nil),
      ("NAME=\"", "\""), ("NAME=a=b", "a=b"), ("\n\n=\nNAME=ü", "ü"), ("", nil),
    ] as [(String, String?)])
  func values(text: String, expected: String?) {
    #expect(OSRelease(parsing: text)["NAME"] == expected)
  }
}
