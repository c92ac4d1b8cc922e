// `accord status` for people: what is wrong first, then the state, one fact a line.

internal import Configuration
internal import Delivery
internal import Diagnostics
internal import Handshake
internal import Health
internal import Linux
internal import Recording
internal import TOML
internal import Telemetry

extension ApplianceStatus {
  /// Findings, and gaps, that are shown unless all are asked for.
  private static let findingsMax = 3
  private static let gapsMax = 2

  /// - Parameter width: of a line; nil for as long as it is.
  func lines(_ findings: [HealthFinding], all: Bool, width: Int?) -> [String] {
    let rows =
      healthRows(findings, all: all) + [["accordd", daemonText]] + agreementRows
      + [["history", historyText]]
      + [["spool", spoolText]] + lossRows(all: all) + deliveryRows + identityRows
    return Output.described(rows, width: width)
  }

  // MARK: what is wrong

  private func healthRows(_ findings: [HealthFinding], all: Bool) -> [[String]] {
    let shown = all ? findings[...] : findings.prefix(Self.findingsMax)
    var rows = [["health", verdict(findings)]]
    for finding in shown {
      rows.append([finding.level.name, finding.sentence])
      if !finding.remedy.isEmpty { rows.append(["", "-> \(finding.remedy)"]) }
    }
    let more = findings.count - shown.count
    if more > 0 { rows.append(["", "and \(more) more: accord status --all"]) }
    return rows
  }

  private func verdict(_ findings: [HealthFinding]) -> String {
    func count(_ level: HealthLevel) -> Int64 { Int64(findings.count { $0.level == level }) }
    let (critical, warnings) = (count(.critical), count(.warning))
    if critical > 0 {
      let things = critical == 1 ? "1 thing does" : "\(critical) things do"
      let rest = warnings == 0 ? "" : ", \(Output.count(warnings, "warning"))"
      return "critical: \(things) not work\(rest)"
    }
    if warnings > 0 { return "warning: \(Output.count(warnings, "thing")) to look at" }
    let shared = DataSource.allCases.filter { agreement.terms(of: $0).decision.verdict == .share }
    if agreement.standing == .none {
      return "good: accordd works; without a consent nothing is sampled or sent"
    }
    if shared.isEmpty { return "good: accord works; nothing is shared" }
    let supplier = agreement.offer?.supplier.value ?? "the supplier"
    return "good: accord works, and \(supplier) gets \(shared.map(\.name).joined(separator: ", "))"
  }

  // MARK: the daemon

  private var daemonText: String {
    guard let daemon else {
      return hasRunBefore
        ? "not running, and not since this machine started" : "not running, and never was here"
    }
    let ago = Output.ago(daemon.sinceLastTickMilliseconds(clock))
    let last = CalendarTime.rfc3339(milliseconds: daemon.lastTickMs)
    if !daemon.isRunning { return "not running; stopped at \(last)" }
    guard daemon.isProcessAlive else {
      return "not running; it did not stop cleanly, its last tick was at \(last)"
    }
    guard daemon.isAlive(clock) else { return "running, but its last sign of life is from \(ago)" }
    return
      "\(daemon.version), running, last tick \(ago), one every \(Output.duration(daemon.intervalMs))"
  }

  // MARK: what is kept

  private static let unreadableText = "cannot be read: see above"

  private var historyText: String {
    if isHistoryUnreadable { return Self.unreadableText }
    let total = historyTotal
    return "\(Output.count(total.batches, "batch")), \(Output.count(total.readings, "reading")), "
      + "\(Output.size(total.bytes)) of \(Output.size(settings.historyQuotaBytes))"
  }

  private var spoolText: String {
    if isSpoolUnreadable { return Self.unreadableText }
    let (pending, sent) = (spoolTotal(.pending), spoolTotal(.sent))
    let oldest = oldest.map {
      ", the oldest from \(CalendarTime.rfc3339(milliseconds: $0.firstMilliseconds))"
    }
    return
      "\(Output.count(pending.batches)) pending (\(Output.size(pending.bytes)))\(oldest ?? ""); "
      + "\(Output.count(sent.batches)) sent and kept; quota \(Output.size(settings.spoolQuotaBytes))"
  }

  private func lossRows(all: Bool) -> [[String]] {
    var rows: [[String]] = []
    for (name, state) in [("refused", BatchState.refused), ("time unknown", .timeUnknown)] {
      let total = spoolTotal(state)
      if total.batches > 0 {
        rows.append(["", "\(Output.count(total.batches, "batch")) \(name), set aside"])
      }
    }
    for probe in daemon?.probes ?? [] where probe.leftOut > 0 {
      rows.append([
        "left out", "\(Output.count(probe.leftOut, "device")) of \(probe.file), beyond the limit",
      ])
    }
    let gaps = gaps.sorted { $0.recordedMilliseconds < $1.recordedMilliseconds }
    let shown = all ? gaps[...] : gaps.suffix(Self.gapsMax)
    for gap in shown {
      rows.append([
        "gap",
        "\(Output.count(gap.readings, "reading")) of \(gap.source.name) evicted (\(gap.reason)) "
          + CalendarTime.rfc3339(milliseconds: gap.recordedMilliseconds),
      ])
    }
    if gaps.count > shown.count {
      rows.append(["", "and \(gaps.count - shown.count) gaps before: accord status --all"])
    }
    if let daemon, daemon.readingsLostHistory + daemon.readingsLostSpool > 0 {
      rows.append([
        "lost",
        "\(Output.count(daemon.readingsLostHistory, "reading")) of the history, "
          + "\(Output.count(daemon.readingsLostSpool)) of the spool, in memory, since accordd started",
      ])
    }
    return rows
  }

  // MARK: the way out

  private var deliveryRows: [[String]] {
    var rows = [["delivery", deliveryText], ["next upload", nextUploadText]]
    if let quota {
      let used = "\(Output.size(quota.bytes)) of \(Output.size(quota.bytesMax))"
      rows.append(["", "\(used) sent today (UTC)"])
    }
    return rows
  }

  private var deliveryText: String {
    let pause = pausedUntilMilliseconds.map {
      "; scheduled runs wait until \(CalendarTime.rfc3339(milliseconds: $0))"
    }
    if let failure = lastFailure {
      let layer = FailedLayer(ofReason: failure).rawValue
      return "failed, and will be tried again: \(layer): \(failure)\(pause ?? "")"
    }
    guard let last = lastDelivery else {
      return isSpoolUnreadable ? Self.unreadableText : noDeliveryText
    }
    let message = last.message.isEmpty ? "" : ": \(last.message)"
    let rejected =
      last.rejected > 0 ? ", \(Output.count(last.rejected)) not kept by the receiver" : ""
    return
      "\(last.outcome == .trying ? "failed, and will be tried again" : last.outcome.rawValue), "
      + "\(CalendarTime.rfc3339(milliseconds: last.triedMilliseconds)), "
      + "\(Output.count(last.readings, "reading"))\(rejected)\(message)\(pause ?? "")"
  }

  /// When the timer's next run sends; nil where there is no timer, or nothing is shared. A run before the end of a pause
  /// sends nothing.
  var nextUploadMilliseconds: Int64? {
    guard agreement.sharesSomething, let units, units.uploadObstacle == nil,
      let next = units.unit(SystemdUnits.timer)?.nextElapseMilliseconds
    else { return nil }
    return max(next, pausedUntilMilliseconds ?? next)
  }

  private var nextUploadText: String {
    guard agreement.sharesSomething else { return "none, because nothing is shared" }
    let window = settings.upload.window.map { ", within the window \($0)" } ?? ""
    if let next = nextUploadMilliseconds {
      let isPaused = pausedUntilMilliseconds.map { $0 >= next } ?? false
      let time = CalendarTime.rfc3339(milliseconds: next)
      return isPaused ? "the first run after \(time)\(window)" : time + window
    }
    if let obstacle = units?.uploadObstacle {
      return "none, because \(obstacle.name) is \(obstacle.stoppedText)"
    }
    if case .silent(let silence) = systemd { return "not known: \(silence.sentence)" }
    return "when somebody runs accord upload: no timer does it here\(window)"
  }

  private var identityRows: [[String]] {
    var rows = [["clock", clockText]]
    if let ledger {
      rows.append([
        "ledger", "\(Output.count(ledger.rows, "row")), head \(ledger.head.prefix(16))…",
      ])
    }
    let noPseudonym = agreement.sharesSomething ? "none yet" : "none, because nothing is shared"
    rows.append(["pseudonym", pseudonym ?? noPseudonym])
    if !settings.upload.identifiers.isEmpty {
      let others = settings.upload.identifiers.joined(separator: " and its ")
      rows.append(["", "the receiver can also tell this appliance by its \(others)"])
    }
    return rows
  }

  private var clockText: String {
    if clock.isSynchronised { return "synchronised" }
    if isTimeTrusted {
      return "not synchronised; the time was taken from the receiver's answer over TLS"
    }
    return agreement.sharesSomething
      ? "not synchronised: batches wait until the receiver's answer tells the time"
      : "not synchronised"
  }
}
