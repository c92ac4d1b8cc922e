// /proc/swaps: how full each swap space is, in KiB.
//
//   Filename                                Type            Size            Used            Priority
//   /dev/sda2                               partition       2097148         31744           -2
//
// A space in the name of a swap file is written as \040. Without swap there is the heading only.
// proc_swaps(5), mm/swapfile.c

internal import Linux
internal import Telemetry

/// What is read from one line of /proc/swaps.
struct ProcSwapsLine: Equatable {
  var name = 0..<0
  var sizeKiB: Int64 = 0
  var usedKiB: Int64 = 0
}

enum ProcSwaps {
  /// Lends each line to `body`. Returns what was expected and did not stand there, or nil.
  static func parse(_ text: RawSpan, _ body: (ProcSwapsLine) -> Void) -> StaticString? {
    var scanner = TextScanner()
    guard scanner.skip("Filename", in: text) else { return "the heading 'Filename'" }
    scanner.skipLine(in: text)
    while !scanner.isAtEnd(of: text) {
      var line = ProcSwapsLine()
      line.name = word(&scanner, in: text)
      let type = word(&scanner, in: text)
      guard !line.name.isEmpty, !type.isEmpty, let size = scanner.integer(in: text),
        let used = scanner.integer(in: text), used <= size, size < Int64.max / 1024
      else { return "a name, a type, a size and what is used of it in each line" }
      (line.sizeKiB, line.usedKiB) = (size, used)
      body(line)
      scanner.skipLine(in: text)
    }
    return nil
  }

  private static func word(_ scanner: inout TextScanner, in text: RawSpan) -> Range<Int> {
    scanner.skipSpaces(in: text)
    return scanner.word(upTo: "\t", in: text)
  }
}

final class ProcSwapsProbe: Probe {
  let file = "/proc/swaps"
  let isOptional = true
  private var source: ProbedFile
  private var spaces: DeviceTable<(used: SeriesIndex, free: SeriesIndex)>
  var leftOut: Int { spaces.leftOut }

  init(below root: KernelRoot) {
    source = ProbedFile("/proc/swaps", below: root)
    spaces = DeviceTable(DevicePatterns(deny: []))
  }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    spaces.begin()
    return source.read { text in
      if let missing = ProcSwaps.parse(text, { _ in }) { return missing }
      return ProcSwaps.parse(text) { line in
        let known = spaces.places(of: line.name, in: text) { name in
          func add(_ state: String) -> SeriesIndex {
            sample.add(
              Catalog.pagingUsage,
              [
                Attribute("system.device", .string(OctalEscapes.decoded(name))),
                Attribute("system.paging.state", .string(state)),
              ])
          }
          return (used: add("used"), free: add("free"))
        }
        guard let known else { return }
        sample.set(known.used, line.usedKiB * 1024)
        sample.set(known.free, (line.sizeKiB - line.usedKiB) * 1024)
      }
    }
  }
}
