// Free text: what the agent, the product's units and the kernel wrote into the journal.
//
// Only these units' lines are asked for, without the host's name, the newest first, so that what does not fit is old.
// Nothing here knows what a program writes: these sections are made only when somebody asks for them, and go through
// the scrubber like all others.

internal import Linux

enum JournalSections {
  static func collectAgent(_ reader: inout TreeReader) {
    for unit in ["accordd.service", "accord-upload.service"] {
      journal(unit, ["--unit", unit], &reader)
    }
  }

  static func collectProduct(_ reader: inout TreeReader) {
    let units = reader.productUnits()
    // The room is divided: one talkative unit does not push out the others.
    let limit = InventoryLimits.journalBytesMax / max(1, units.count)
    for unit in units { journal(unit, ["--unit", unit], limitBytes: limit, &reader) }
  }

  /// Warnings and worse of the kernel: from the journal, or from the kernel's own ring where there is none.
  static func collectKernel(_ reader: inout TreeReader) {
    let title = "Kernel, warnings and worse"
    guard !journal(title, ["--dmesg", "--priority=warning"], &reader), reader.isRunningMachine
    else { return }
    do throws(SystemError) {
      let clock = SystemClock()
      let start = clock.wallTimeMilliseconds - clock.bootTimeMilliseconds
      let records = try KernelLog.records(limitBytes: InventoryLimits.journalBytesMax)
        .compactMap { KernelRecord($0) }
        .filter {
          $0.priority <= 4
            && start + $0.sinceStartMilliseconds >= reader.context.sinceMilliseconds
        }
      guard !records.isEmpty else { return }
      let lines = records.suffix(InventoryLimits.journalLinesMax)
        .map { JournalText.shortened($0.line(startMilliseconds: start)) }
      reader.add(title, text: lines.joined(separator: "\n"))
    } catch {
      if !error.isNotFound { reader.problem("/dev/kmsg: \(error.reason)") }
    }
  }

  /// Adds what the journal has; returns whether it has anything.
  @discardableResult
  private static func journal(
    _ title: String, _ choice: [String], limitBytes: Int = InventoryLimits.journalBytesMax / 2,
    _ reader: inout TreeReader
  ) -> Bool {
    let since = reader.context.sinceMilliseconds / 1000
    let arguments =
      [
        "--output=short-iso", "--utc", "--no-hostname", "--no-pager", "--quiet", "--reverse",
        "--lines=\(InventoryLimits.journalLinesMax)", "--since=@\(max(0, since))",
      ] + choice
    guard
      let newestFirst = reader.output(
        of: .journalctl, arguments, limitBytes: limitBytes, cutIsProblem: false)
    else { return false }
    let text = JournalText.inOrder(newestFirst)
    guard !text.isEmpty else { return false }
    reader.add(title, text: text)
    return true
  }
}

enum JournalText {
  /// Entries that came newest first, the oldest first. A message of several lines goes on with indented ones.
  static func inOrder(_ newestFirst: String) -> String {
    var entries: [[String]] = []
    for line in newestFirst.lines where !line.isEmpty {
      // "-- Boot 4f1c… --" names a boot by its id.
      if line.hasPrefix("-- ") {
        if line.hasPrefix("-- Boot ") { entries.append(["-- another start --"]) }
      } else if line.first == " ", !entries.isEmpty {
        entries[entries.count - 1].append(shortened(line))
      } else {
        entries.append([shortened(line)])
      }
    }
    return entries.reversed().flatMap(\.self).joined(separator: "\n")
  }

  static func shortened(_ line: some StringProtocol) -> String {
    guard line.utf8.count > InventoryLimits.journalLineCharactersMax else { return String(line) }
    let kept = line.prefix(InventoryLimits.journalLineCharactersMax)
    return kept.count == line.count ? String(line) : kept + " … and \(line.count - kept.count) more"
  }
}

/// A record of /dev/kmsg: "4,1234,5678901,-;message", then " SUBSYSTEM=…" lines, which name devices and are left out
/// (Documentation/ABI/testing/dev-kmsg).
struct KernelRecord: Equatable {
  /// 0 emergency … 3 error, 4 warning … 7 debug.
  let priority: Int
  let sinceStartMilliseconds: Int64
  private let message: String

  /// As the journal has it: "2026-11-26T01:46:51Z kernel: disk slow".
  func line(startMilliseconds: Int64) -> String {
    let time = CalendarTime.rfc3339(milliseconds: startMilliseconds + sinceStartMilliseconds)
    return "\(time) kernel: \(message)"
  }

  init?(_ record: [UInt8]) {
    let first = record.prefix { $0 != UInt8(ascii: "\n") }
    guard let semicolon = first.firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let head = String(decoding: first[..<semicolon], as: UTF8.self).split(separator: ",")
    guard head.count >= 3, let number = Int(head[0]), let microseconds = Int64(head[2]) else {
      return nil
    }
    // The upper bits are the facility: 0 is the kernel itself, others were written by programs.
    guard number >> 3 == 0 else { return nil }
    priority = number & 7
    sinceStartMilliseconds = microseconds / 1000
    message = String(decoding: first[semicolon...].dropFirst(), as: UTF8.self)
  }
}
