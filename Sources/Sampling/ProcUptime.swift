// /proc/uptime: seconds since boot, suspends included, and the idle time of all processors together.
//
//   104.78 183.60
//
// Only the first is read. https://docs.kernel.org/filesystems/proc.html#kernel-data

internal import Linux
internal import Telemetry

final class ProcUptimeProbe: Probe {
  let file = "/proc/uptime"
  private var source: ProbedFile
  private var place: SeriesIndex?

  init(below root: KernelRoot) { source = ProbedFile("/proc/uptime", below: root) }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    var hundredths: Int64 = 0
    let outcome = source.read { text in
      var scanner = TextScanner()
      guard let uptime = scanner.decimal(places: 2, in: text) else { return "a number of seconds" }
      hundredths = uptime
      return nil
    }
    guard outcome == .readings else { return outcome }
    let place = place ?? sample.add(Catalog.uptime)
    self.place = place
    sample.set(place, hundredths)
    return .readings
  }
}
