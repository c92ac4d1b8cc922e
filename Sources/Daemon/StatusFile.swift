// /run/accord/status.json: what the daemon alone knows, rewritten at every tick on a tmpfs. Everything else
// `accord status` works out from the agreement files and the databases. The buffer and both paths are kept,
// so that writing allocates nothing.

internal import Configuration
internal import Handshake
internal import JSON
internal import Linux
internal import Recording
internal import Sampling
internal import Telemetry

struct StatusFile {
  private let path: String
  private let intermediate: String
  private var writer = JSONWriter()

  init(_ path: String) {
    self.path = path
    intermediate = path + ".new"
  }

  /// Rewrites the file. Failing is no reason to stop: the file system may be full, and the next tick tries again.
  mutating func write(_ content: (inout JSONWriter) -> Void) {
    writer.clear()
    writer.object(content)
    try? AtomicFile.replace(
      path, through: intermediate, with: writer.bytes, mode: 0o644, durability: .volatile)
  }
}

extension Agent {
  mutating func writeStatus(_ now: Int64, isRunning: Bool = true) {
    let wall = clock.wallTimeMilliseconds
    let records = sampler.records
    let (ticks, missed) = (Int64(ticks), Int64(missedTicks))
    let problem = agreementProblem ?? recordingProblem ?? hashing.problem
    let (settings, revocationProblem) = (settings, revocation.problem)
    let (isOwed, fingerprint) = (revocation.isOwed || revocationProblem != nil, fingerprintText)
    let seriesCount = Int64(sampler.sample.series.count)
    let lost = (history.readingsLost, spool.readingsLost)
    let deletionDue = deletionDueMilliseconds(now)
    statusFile.write { status in
      status.member("version", AgentVersion.text)
      status.member("pid", Int64(Process.identifier))
      status.member("is_running", isRunning)
      status.member("last_tick_ms", wall)
      status.member("last_tick_boot_ms", now)
      status.member("interval_ms", settings.tickMilliseconds)
      status.member("ticks", ticks)
      status.member("missed_ticks", missed)
      status.member("series", seriesCount)
      status.member("fingerprint", fingerprint)
      status.member("readings_lost_history", lost.0)
      status.member("readings_lost_spool", lost.1)
      status.member("recording_problem", problem)
      status.member("is_deletion_owed", isOwed)
      status.member("deletion_problem", revocationProblem)
      status.member("deletion_due_in_ms", deletionDue)
      status.array("probes") { probes in
        for record in records {
          probes.object { probe in
            probe.member("file", record.file)
            probe.member("outcome", record.outcomeName)
            probe.member("failures", Int64(record.failures))
            probe.member("left_out", Int64(record.leftOut))
          }
        }
      }
    }
  }

  /// How long the customer's word must still stand before it is followed by deletion; nil when it has been.
  private func deletionDueMilliseconds(_ now: Int64) -> Int64? {
    guard watch.agreement.standing == .inForce,
      revocation.settledAgreementSince != watch.unchangedSinceMilliseconds
    else { return nil }
    return max(0, watch.settlesAtMilliseconds - now)
  }
}
