// The probes, run one after the other at each tick.
//
// A probe that fails costs its own readings only. It is counted each time and reported once for each change
// of its outcome, so that a broken file does not fill the journal. A probe none of whose signals may be kept
// is not run at all: what the agreement denies is not even read, and its devices are not looked for.

package import Linux
package import Telemetry

package struct Sampler: ~Copyable {
  /// What has become of one probe since the start.
  package struct ProbeRecord: Sendable {
    package let file: String
    package fileprivate(set) var outcome: ProbeOutcome?
    package fileprivate(set) var failures: UInt64 = 0
    /// Devices that were there in the last tick and not sampled, because there are too many.
    package fileprivate(set) var leftOut = 0
    fileprivate var hasLookedForDevices = false
    /// When it is run again, in milliseconds of the boot clock.
    fileprivate var dueMilliseconds = Int64.min

    /// That of the last run, across the times in which nothing of it may be kept.
    fileprivate var lastOutcome: ProbeOutcome?

    /// "readings", "absent", "failed", or "not-run" while nothing of it may be kept.
    package var outcomeName: String {
      switch outcome {
      case .readings: "readings"
      case .absent: "absent"
      case .failed: "failed"
      case nil: "not-run"
      }
    }
  }

  private let root: KernelRoot
  private let probes: [any Probe]
  package private(set) var records: [ProbeRecord]
  package private(set) var sample = Sample()
  /// The slow facts as last read by `refreshFacts`.
  package private(set) var facts: [Fact] = []

  /// - Parameter rules: which devices are sampled.
  package init(root: KernelRoot, devices rules: DeviceRules) {
    self.root = root
    probes =
      [
        ProcStatProbe(below: root), ProcLoadavgProbe(below: root), ProcMeminfoProbe(below: root),
        ProcVmstatProbe(below: root), ProcSwapsProbe(below: root),
        ProcDiskstatsProbe(below: root, rules.disks), SysBlock.probe(below: root, rules.disks),
        FileSystemsProbe(below: root, rules.fileSystems), ProcLocksProbe(below: root),
        ProcNetDevProbe(below: root, rules.interfaces), ProcNetSocketsProbe(below: root, "tcp"),
        ProcNetSocketsProbe(below: root, "udp"), ProcUptimeProbe(below: root),
        ProcProcessesProbe(below: root), ProcSysProbe.processLimit(below: root),
        ProcSysProbe.fileHandles(below: root), KernelClockProbe(below: root),
        SysCPUProbe(below: root), SysHwmon.probe(below: root), SysThermal.probe(below: root),
        SysPowerSupply.probe(below: root),
      ] + Catalog.pressures.map { ProcPressureProbe(below: root, $0) }
    records = probes.map { ProbeRecord(file: $0.file) }
  }

  /// Takes one sample.
  ///
  /// - Parameters:
  ///   - wanted: the kernel files of which something may be kept.
  ///   - changed: called for each probe whose outcome is another one than when it last ran.
  package mutating func takeSample(
    atBootTimeMilliseconds time: Int64, wanted: Set<String>,
    changed: (ProbeRecord) -> Void
  ) {
    sample.begin(atBootTimeMilliseconds: time)
    for position in probes.indices {
      guard wanted.contains(records[position].file) else {
        records[position].outcome = nil
        records[position].leftOut = 0
        records[position].hasLookedForDevices = false
        continue
      }
      if !records[position].hasLookedForDevices {
        probes[position].lookForDevices(&sample)
        records[position].hasLookedForDevices = true
      } else if records[position].outcome == .absent, probes[position].isOptional {
        // What this machine does not have is not looked for at every tick.
        continue
      }
      guard records[position].outcome == nil || time >= records[position].dueMilliseconds else {
        continue
      }
      records[position].dueMilliseconds = time + probes[position].intervalMilliseconds
      let outcome = probes[position].sample(into: &sample)
      if case .failed = outcome { records[position].failures += 1 }
      let isNews = isNews(position, outcome)
      records[position].outcome = outcome
      records[position].lastOutcome = outcome
      records[position].leftOut = probes[position].leftOut
      if isNews { changed(records[position]) }
    }
  }

  private func isNews(_ position: Int, _ outcome: ProbeOutcome) -> Bool {
    switch records[position].lastOutcome {
    case nil: outcome != .readings && !(outcome == .absent && probes[position].isOptional)
    case .some(let earlier): outcome != earlier
    }
  }

  /// Reads the slow facts again, or forgets those that may not be kept; and has the next sample look for devices
  /// that came or went.
  package mutating func refresh(wanted: Set<String>) {
    for position in records.indices { records[position].hasLookedForDevices = false }
    var facts: [Fact] = []
    for read in [OSRelease.facts, KernelName.facts, DeviceModel.facts] {
      facts += read(root).filter { fact in
        Catalog.signal(fact.name)!.origins.contains(where: wanted.contains)
      }
    }
    if facts != self.facts { self.facts = facts }
  }
}
