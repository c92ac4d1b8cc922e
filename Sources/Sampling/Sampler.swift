// The probes, run one after the other at each tick.
//
// A probe that fails costs its own readings only. It is counted each time and reported once for each change
// of its outcome, so that a broken file does not fill the journal. A probe none of whose signals may be kept
// is not run at all: what the agreement denies is not even read.

package import Linux
package import Telemetry

package struct Sampler: ~Copyable {
  /// What has become of one probe since the start.
  package struct ProbeRecord: Sendable {
    package let file: String
    package fileprivate(set) var outcome: ProbeOutcome?
    package fileprivate(set) var failures: UInt64 = 0

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

  package init(root: KernelRoot) {
    self.root = root
    probes = [
      ProcStatProbe(below: root), ProcLoadavgProbe(below: root), ProcMeminfoProbe(below: root),
      ProcNetDevProbe(below: root), ProcUptimeProbe(below: root),
    ]
    records = probes.map { ProbeRecord(file: $0.file) }
  }

  /// Takes one sample.
  ///
  /// - Parameters:
  ///   - wanted: the kernel files of which something may be kept.
  ///   - changed: called for each probe whose outcome is another one than in the tick before.
  package mutating func takeSample(
    atBootTimeMilliseconds time: Int64, wanted: Set<String>,
    changed: (ProbeRecord) -> Void
  ) {
    sample.begin(atBootTimeMilliseconds: time)
    for position in probes.indices {
      guard wanted.contains(records[position].file) else {
        records[position].outcome = nil
        continue
      }
      let outcome = probes[position].sample(into: &sample)
      if case .failed = outcome { records[position].failures += 1 }
      let isNews = records[position].outcome != outcome && !isFirstSuccess(position, outcome)
      records[position].outcome = outcome
      if isNews { changed(records[position]) }
    }
  }

  private func isFirstSuccess(_ position: Int, _ outcome: ProbeOutcome) -> Bool {
    records[position].outcome == nil && outcome == .readings
  }

  /// Reads the slow facts again, or forgets them when none of them may be kept.
  package mutating func refreshFacts(wanted: Set<String>) {
    let facts = wanted.contains(Catalog.osType.origin) ? OSRelease.facts(below: root) : []
    if facts != self.facts { self.facts = facts }
  }
}
