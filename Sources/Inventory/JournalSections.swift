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
    for unit in reader.productUnits() { journal(unit, ["--unit", unit], &reader) }
  }

  /// Warnings and worse of the kernel: from the journal, or from the kernel's own ring where there is none.
  static func collectKernel(_ reader: inout TreeReader) {
    let isShown = journal("Kernel, warnings and worse", ["--dmesg", "--priority=warning"], &reader)
    guard !isShown, reader.isRunningMachine else { return }
    do throws(SystemError) {
      let records = try KernelLog.records(limitBytes: InventoryLimits.journalBytesMax)
      let lines = records.suffix(4 * InventoryLimits.journalLinesMax).compactMap {
        KernelRecord($0)
      }
      .filter { $0.priority <= 4 }.suffix(InventoryLimits.journalLinesMax).map(\.line)
      guard !lines.isEmpty else { return }
      reader.add(
        "Kernel, warnings and worse, by seconds since the start",
        text: lines.map(JournalText.shortened).joined(separator: "\n"))
    } catch {
      if !error.isNotFound { reader.problem("/dev/kmsg: \(error.reason)") }
    }
  }

  /// Adds what the journal has; returns whether it has anything.
  @discardableResult
  private static func journal(
    _ title: String, _ choice: [String], _ reader: inout TreeReader
  ) -> Bool {
    let since = reader.context.sinceMilliseconds / 1000
    let arguments =
      [
        "--output=short-iso", "--utc", "--no-hostname", "--no-pager", "--quiet", "--reverse",
        "--lines=\(InventoryLimits.journalLinesMax)", "--since=@\(max(0, since))",
      ] + choice
    guard
      let newestFirst = reader.output(
        of: .journalctl, arguments, limitBytes: InventoryLimits.journalBytesMax)
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
    for line in newestFirst.split(separator: "\n") {
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
  let line: String

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
    let message = String(decoding: first[semicolon...].dropFirst(), as: UTF8.self)
    line = "[\(Amount.decimal(microseconds / 1000, places: 3))] \(message)"
  }
}
