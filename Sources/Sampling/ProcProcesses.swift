// /proc/PID/stat of every process: how many run, sleep, are stopped or wait for their parent. See
// `Linux/ProcessTable`, which reads them. Where /proc is mounted with hidepid, or a unit has ProtectProc, the
// agent sees its own only, and the count says so by being small.

internal import Linux
internal import Telemetry

final class ProcProcessesProbe: Probe {
  let file = "/proc/[pid]/stat"
  let intervalMilliseconds = Limits.processCountMilliseconds
  private var table: ProcessTable
  private var places: Places?

  private struct Places {
    let running, sleeping, stopped, defunct: SeriesIndex
  }

  init(below root: KernelRoot) { table = ProcessTable(root.path("/proc")) }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    guard let counts = table.count() else { return .absent }
    let places = places ?? addPlaces(to: &sample)
    sample.set(places.running, counts.running)
    sample.set(places.sleeping, counts.sleeping)
    sample.set(places.stopped, counts.stopped)
    sample.set(places.defunct, counts.defunct)
    return .readings
  }

  private func addPlaces(to sample: inout Sample) -> Places {
    func state(_ state: String) -> SeriesIndex {
      sample.add(Catalog.processes, [Attribute("process.state", .string(state))])
    }
    let places = Places(
      running: state("running"), sleeping: state("sleeping"), stopped: state("stopped"),
      defunct: state("defunct"))
    self.places = places
    return places
  }
}
