import Linux
import Testing

@testable import Sampling

/// What a parser expected and did not find in `text`.
private func missing(_ text: String, _ parse: (RawSpan) -> StaticString?) -> String? {
  text.withRawBytes { parse($0) }.map { "\($0)" }
}

private let largest = "9223372036854775807"
private let tooLarge = "9223372036854775808"

@Suite("/proc/vmstat")
struct ProcVmstatTests {
  private func parse(_ text: String) -> (vmstat: ProcVmstat, missing: String?) {
    var vmstat = ProcVmstat()
    let missing = missing(text) { vmstat.parse($0) }
    return (vmstat, missing)
  }

  @Test("each line by its whole name, in any order")
  func names() {
    let lines = [
      "pgfault 1", "pgmajfault 2", "pswpin 3", "pswpout 4", "oom_kill 5", "pgfaults 90",
      "pswpin_zero 91", "nr_pgfault 92", "workingset_refault_anon 93",
    ]
    let expected = ProcVmstat(
      faults: 1, majorFaults: 2, swappedIn: 3, swappedOut: 4, oomKills: 5)
    for lines in [lines, lines.reversed()] {
      #expect(parse(lines.joined(separator: "\n")) == (expected, nil))
    }
  }

  @Test("a kernel before 4.13 counts no programs that it ended: absent, not zero")
  func old() {
    #expect(parse("pgfault \(largest)\n") == (ProcVmstat(faults: .max), nil))
  }

  @Test(
    "what is malformed is said",
    arguments: [
      ("", "a line 'pgfault'"), ("pgmajfault 1\n", "a line 'pgfault'"),
      ("pgfault\n", "a line 'pgfault'"), ("pgfault \n", "a number behind each name"),
      ("pgfault 1\npswpin -1\n", "a number behind each name"),
      ("pgfault \(tooLarge)\n", "a number behind each name"),
    ])
  func malformed(text: String, expected: String) {
    #expect(parse(text).missing == expected)
  }
}

@Suite("/proc/diskstats")
struct ProcDiskstatsTests {
  private func parse(_ text: String) -> (
    lines: [ProcDiskstatsLine], names: [String], missing: String?
  ) {
    var lines: [ProcDiskstatsLine] = []
    var names: [String] = []
    let missing = missing(text) { bytes in
      ProcDiskstats.parse(bytes) { line in
        names.append(String(decoding: bytes.copy(line.name), as: UTF8.self))
        var line = line
        line.name = 0..<0
        lines.append(line)
      }
    }
    return (lines, names, missing)
  }

  @Test("the right columns, of kernels with 11 numbers and with 17; sectors are 512 bytes")
  func columns() {
    for rest in ["", " 90 91 92 93 94 95"] {
      let (lines, names, missing) = parse("   8       0 sda 1 2 3 4 5 6 7 8 9 10 11\(rest)\n")
      #expect(missing == nil && names == ["sda"])
      #expect(
        lines == [
          ProcDiskstatsLine(
            read: DiskCounters(operations: 1, merged: 2, bytes: 1536, milliseconds: 4),
            written: DiskCounters(operations: 5, merged: 6, bytes: 3584, milliseconds: 8),
            busyMilliseconds: 10)
        ])
    }
  }

  @Test("no disk at all is a table too, and names are what the kernel makes of them")
  func names() {
    #expect(parse("").missing == nil)
    let zeros = " 0 0 0 0 0 0 0 0 0 0 0\n"
    #expect(
      parse("1 0 nvme0c0n1\(zeros)1 1 cciss/c0d0\(zeros)").names == ["nvme0c0n1", "cciss/c0d0"])
  }

  @Test("the largest number of sectors that fits into a reading of bytes")
  func extremes() {
    let sectors = Int64.max / 512
    #expect(parse("8 0 sda 0 0 \(sectors - 1) 0 0 0 0 0 0 0").missing == nil)
    #expect(parse("8 0 sda 0 0 \(sectors) 0 0 0 0 0 0 0").missing != nil)
  }

  @Test(
    "what is malformed is said",
    arguments: [
      ("sda 1 2", "two device numbers at the start of each line"),
      ("8 sda 1 2 3 4 5 6 7 8 9 10", "two device numbers at the start of each line"),
      ("\n", "two device numbers at the start of each line"),
      ("8 0\n", "a name and at least ten numbers behind the device numbers"),
      ("8 0 sda 1 2 3 4 5 6 7 8 9\n", "a name and at least ten numbers behind the device numbers"),
      (
        "8 0 sda 1 2 3 4 5 6 7 x 9 10\n",
        "a name and at least ten numbers behind the device numbers"
      ),
      (
        "8 0 sda \(tooLarge) 2 3 4 5 6 7 8 9 10\n",
        "a name and at least ten numbers behind the device numbers"
      ),
    ])
  func malformed(text: String, expected: String) {
    #expect(parse(text).missing == expected)
  }
}

@Suite("/proc/swaps")
struct ProcSwapsTests {
  private static let heading = "Filename\t\t\tType\t\tSize\tUsed\tPriority\n"

  private func parse(_ lines: String) -> (spaces: [String], missing: String?) {
    var spaces: [String] = []
    let missing = missing(Self.heading + lines) { bytes in
      ProcSwaps.parse(bytes) { line in
        let name = OctalEscapes.decoded(String(decoding: bytes.copy(line.name), as: UTF8.self))
        spaces.append("\(name)|\(line.usedKiB) of \(line.sizeKiB)")
      }
    }
    return (spaces, missing)
  }

  @Test("name, size and what is used, between blanks or tabs")
  func columns() {
    #expect(parse("") == ([], nil))
    #expect(
      parse("/dev/sda2   partition\t2097148\t\t31744\t\t-2\n/a\\040b\tfile\t8\t8\t5\n")
        == (["/dev/sda2|31744 of 2097148", "/a b|8 of 8"], nil))
  }

  @Test(
    "what is malformed is said",
    arguments: [
      "/dev/sda2\n", "/dev/sda2 partition\n", "/dev/sda2 partition 8\n", "\n",
      "/dev/sda2 partition 8 9 -2\n", "/dev/sda2 partition 9007199254740991 0 -2\n",
      "/dev/sda2 partition -8 0 -2\n",
    ])
  func malformed(lines: String) {
    #expect(
      parse(lines).missing == "a name, a type, a size and what is used of it in each line")
  }

  @Test("another heading is another file")
  func heading() {
    #expect(missing("") { ProcSwaps.parse($0) { _ in } } == "the heading 'Filename'")
  }

  @Test(
    "white space and backslashes are written in octal",
    arguments: [
      ("a\\040b", "a b"), ("\\011\\012\\134", "\t\n\\"), ("\\303\\274", "ü"), ("a\\", "a\\"),
      ("\\04", "\\04"), ("\\999", "\\999"), ("\\400", "\\400"), ("", ""),
    ])
  func octal(text: String, expected: String) {
    #expect(OctalEscapes.decoded(text) == expected)
  }
}

@Suite("/proc/pressure")
struct ProcPressureTests {
  private func parse(_ text: String) -> (pressure: ProcPressure, missing: String?) {
    var pressure = ProcPressure()
    let missing = missing(text) { pressure.parse($0) }
    return (pressure, missing)
  }

  @Test(
    "averages in hundredths of a percent, the total in microseconds; either line may be missing")
  func columns() {
    let some = "some avg10=0.33 avg60=1.16 avg300=100.00 total=\(largest)\n"
    let full = "full avg10=0.00 avg60=0.10 avg300=0.71 total=74377352\n"
    let expected = (
      some: PressureLine(
        average10Hundredths: 33, average60Hundredths: 116, average300Hundredths: 10000,
        totalMicroseconds: .max),
      full: PressureLine(
        average10Hundredths: 0, average60Hundredths: 10, average300Hundredths: 71,
        totalMicroseconds: 74_377_352)
    )
    #expect(parse(some + full) == (ProcPressure(some: expected.some, full: expected.full), nil))
    #expect(parse(full) == (ProcPressure(some: nil, full: expected.full), nil))
    #expect(parse(some) == (ProcPressure(some: expected.some, full: nil), nil))
  }

  @Test(
    "what is malformed is said",
    arguments: [
      ("", "a line 'some' or 'full'"), ("none\n", "'some' or 'full' at the start of each line"),
      ("some avg10=0.33\n", "avg10, avg60, avg300 and total in each line"),
      ("some avg10=-1 avg60=0 avg300=0 total=0\n", "avg10, avg60, avg300 and total in each line"),
      (
        "some avg10=0 avg60=0 avg300=0 total=\(tooLarge)\n",
        "avg10, avg60, avg300 and total in each line"
      ),
      ("some avg60=0 avg10=0 avg300=0 total=0\n", "avg10, avg60, avg300 and total in each line"),
    ])
  func malformed(text: String, expected: String) {
    #expect(parse(text).missing == expected)
  }
}
