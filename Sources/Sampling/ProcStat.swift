// /proc/stat: CPU time and process creation since boot.
//
//   cpu  1419 0 881 18360 132 0 7 9 0 0
//   cpu0 469 0 380 9542 2 0 4 5 0 0
//   cpu1 950 0 500 8817 129 0 2 4 0 0
//   intr 54036 0 0 …
//   processes 1962
//
// Columns of the cpu lines, in ticks of USER_HZ: user nice system idle iowait irq softirq steal guest
// guest_nice. `user` already holds guest, and `nice` guest_nice, so these two are not read. The other eight are
// there since 2.6.11. https://docs.kernel.org/filesystems/proc.html#miscellaneous-kernel-statistics-in-proc-stat

internal import Linux
internal import Telemetry

/// What is read from /proc/stat.
struct ProcStat: Equatable {
  /// Ticks of USER_HZ since boot, the sum of all processors.
  var userTicks: Int64 = 0
  var niceTicks: Int64 = 0
  var systemTicks: Int64 = 0
  var idleTicks: Int64 = 0
  var iowaitTicks: Int64 = 0
  /// Hard and soft interrupts together, as the conventions' `interrupt`.
  var interruptTicks: Int64 = 0
  var stealTicks: Int64 = 0
  var logicalCPUs: Int64 = 0
  var processesCreated: Int64?

  /// Returns what was expected and did not stand there, or nil when all is well.
  mutating func parse(_ text: RawSpan) -> StaticString? {
    self = ProcStat()
    var scanner = TextScanner()
    guard scanner.skip("cpu ", in: text) else { return "a first line that begins with 'cpu '" }
    guard parseTotals(&scanner, in: text) else { return "eight numbers behind 'cpu'" }
    scanner.skipLine(in: text)
    while !scanner.isAtEnd(of: text) {
      if scanner.skip("cpu", in: text) {
        logicalCPUs += 1
      } else if scanner.skip("processes ", in: text) {
        guard let count = scanner.integer(in: text) else { return "a number behind 'processes'" }
        processesCreated = count
      }
      scanner.skipLine(in: text)
    }
    return nil
  }

  private mutating func parseTotals(_ scanner: inout TextScanner, in text: RawSpan) -> Bool {
    guard let user = scanner.integer(in: text), let nice = scanner.integer(in: text),
      let system = scanner.integer(in: text), let idle = scanner.integer(in: text),
      let iowait = scanner.integer(in: text), let irq = scanner.integer(in: text),
      let softirq = scanner.integer(in: text), irq <= Int64.max - softirq,
      let steal = scanner.integer(in: text)
    else { return false }
    (userTicks, niceTicks, systemTicks) = (user, nice, system)
    (idleTicks, iowaitTicks) = (idle, iowait)
    (interruptTicks, stealTicks) = (irq + softirq, steal)
    return true
  }
}

final class ProcStatProbe: Probe {
  let file = "/proc/stat"
  private var source: ProbedFile
  private var stat = ProcStat()
  private var places: Places?
  /// 1 where USER_HZ is 100, as on every architecture that Debian supports today.
  private let centisecondsPerTick: Int64

  private struct Places {
    let user, nice, system, idle, iowait, interrupt, steal, logicalCPUs, processes: SeriesIndex
  }

  init(below root: KernelRoot) {
    source = ProbedFile("/proc/stat", below: root)
    centisecondsPerTick = max(1, 100 / Process.clockTicksPerSecond)
  }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    let outcome = source.read { stat.parse($0) }
    guard outcome == .readings else { return outcome }
    let places = places ?? addPlaces(to: &sample)
    sample.set(places.user, stat.userTicks &* centisecondsPerTick)
    sample.set(places.nice, stat.niceTicks &* centisecondsPerTick)
    sample.set(places.system, stat.systemTicks &* centisecondsPerTick)
    sample.set(places.idle, stat.idleTicks &* centisecondsPerTick)
    sample.set(places.iowait, stat.iowaitTicks &* centisecondsPerTick)
    sample.set(places.interrupt, stat.interruptTicks &* centisecondsPerTick)
    sample.set(places.steal, stat.stealTicks &* centisecondsPerTick)
    sample.set(places.logicalCPUs, stat.logicalCPUs)
    if let count = stat.processesCreated { sample.set(places.processes, count) }
    return .readings
  }

  private func addPlaces(to sample: inout Sample) -> Places {
    func time(_ mode: String) -> SeriesIndex {
      sample.add(Catalog.cpuTime, [Attribute("cpu.mode", .string(mode))])
    }
    let places = Places(
      user: time("user"), nice: time("nice"), system: time("system"), idle: time("idle"),
      iowait: time("iowait"), interrupt: time("interrupt"), steal: time("steal"),
      logicalCPUs: sample.add(Catalog.logicalCPUs), processes: sample.add(Catalog.processesCreated))
    self.places = places
    return places
  }
}
