// /proc/loadavg: how many tasks ran or waited for a disk, on average over 1, 5 and 15 minutes.
//
//   0.05 0.02 0.00 2/79 1963
//
// Only the first three are read. https://docs.kernel.org/filesystems/proc.html#kernel-data

internal import Linux
internal import Telemetry

/// What is read from /proc/loadavg, in hundredths.
struct ProcLoadavg: Equatable {
  var load1Hundredths: Int64 = 0
  var load5Hundredths: Int64 = 0
  var load15Hundredths: Int64 = 0

  /// Returns what was expected and did not stand there, or nil when all is well.
  mutating func parse(_ text: RawSpan) -> StaticString? {
    var scanner = TextScanner()
    guard let load1 = scanner.decimal(places: 2, in: text),
      let load5 = scanner.decimal(places: 2, in: text),
      let load15 = scanner.decimal(places: 2, in: text)
    else { return "three numbers with two decimals" }
    (load1Hundredths, load5Hundredths, load15Hundredths) = (load1, load5, load15)
    return nil
  }
}

final class ProcLoadavgProbe: Probe {
  let file = "/proc/loadavg"
  private var source: ProbedFile
  private var loadavg = ProcLoadavg()
  private var places: (SeriesIndex, SeriesIndex, SeriesIndex)?

  init(below root: KernelRoot) { source = ProbedFile("/proc/loadavg", below: root) }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    let outcome = source.read { loadavg.parse($0) }
    guard outcome == .readings else { return outcome }
    let places =
      places
      ?? (sample.add(Catalog.load1), sample.add(Catalog.load5), sample.add(Catalog.load15))
    self.places = places
    sample.set(places.0, loadavg.load1Hundredths)
    sample.set(places.1, loadavg.load5Hundredths)
    sample.set(places.2, loadavg.load15Hundredths)
    return .readings
  }
}
