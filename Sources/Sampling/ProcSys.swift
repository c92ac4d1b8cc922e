// Files of one line below /proc/sys.
//
//   /proc/sys/fs/file-nr             1470    0    2466183       open files, unused ones (0 since 2.6), the limit
//   /proc/sys/kernel/threads-max     192731
//
// https://docs.kernel.org/admin-guide/sysctl/fs.html#file-max-file-nr, …/kernel.html#threads-max

internal import Linux
internal import Telemetry

final class ProcSysProbe: Probe {
  let file: String
  private var source: ProbedFile
  private var numbers: [Int64]
  /// The signal of each number of the line, nil for one that is passed over.
  private let signals: [Signal?]
  private var places: [SeriesIndex?] = []

  private init(_ file: String, below root: KernelRoot, _ signals: [Signal?]) {
    self.file = file
    self.signals = signals
    source = ProbedFile(file, below: root)
    numbers = [Int64](repeating: 0, count: signals.count)
  }

  static func fileHandles(below root: KernelRoot) -> ProcSysProbe {
    ProcSysProbe(
      "/proc/sys/fs/file-nr", below: root, [Catalog.fileHandles, nil, Catalog.fileHandlesLimit])
  }

  static func processLimit(below root: KernelRoot) -> ProcSysProbe {
    ProcSysProbe("/proc/sys/kernel/threads-max", below: root, [Catalog.processLimit])
  }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    let outcome = source.read { text in
      var scanner = TextScanner()
      for position in numbers.indices {
        guard let number = scanner.integer(in: text) else { return "a number for each column" }
        numbers[position] = number
      }
      return nil
    }
    guard outcome == .readings else { return outcome }
    if places.isEmpty { places = signals.map { $0.map { sample.add($0) } } }
    for position in places.indices {
      if let place = places[position] { sample.set(place, numbers[position]) }
    }
    return .readings
  }
}
