internal import ArgumentParser
internal import Configuration
internal import Delivery
internal import Handshake
internal import JSON
internal import Linux
internal import Recording
internal import TOML
internal import Telemetry

struct StatusCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract:
      "One screen: is it working, what is shared and by which line, what waits and what was removed.",
    discussion: "Example: accord status --json")

  @OptionGroup var installation: InstallationOptions

  func run() throws {
    try ApplianceStatus.checkReadable(installation.locations)
    let status = ApplianceStatus(installation.locations)
    if installation.json { status.printObject() } else { status.printText() }
  }
}

extension ApplianceStatus {
  func printText() {
    var rows = [["accordd", daemonText], ["agreement", agreementText]]
    for problem in agreement.problems { rows.append(["", "\(problem)"]) }
    for source in DataSource.allCases where isWorthALine(source) { rows += sourceRows(source) }
    let silent = DataSource.allCases.filter { !isWorthALine($0) }
    if agreement.standing == .inForce, let place = agreement.consent?.sourcesPlace, !silent.isEmpty
    {
      let rule = FilePlace(file: agreement.consentFile, place: place).short
      rows.append([
        "  others", "deny     \(rule)  not named: \(silent.map(\.name).joined(separator: ", "))",
      ])
    }
    rows.append(["history", totalText(historyTotal, quotaBytes: settings.historyQuotaBytes)])
    rows.append(["spool", spoolText])
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
    for gap in gaps {
      rows.append([
        "gap",
        "\(Output.count(gap.readings, "reading")) of \(gap.source.name) evicted (\(gap.reason)) "
          + CalendarTime.rfc3339(milliseconds: gap.recordedMilliseconds),
      ])
    }
    if let daemon, daemon.readingsLostHistory + daemon.readingsLostSpool > 0 {
      rows.append([
        "lost",
        "\(Output.count(daemon.readingsLostHistory, "reading")) of the history, "
          + "\(Output.count(daemon.readingsLostSpool)) of the spool, in memory, since accordd started",
      ])
    }
    rows.append(["delivery", deliveryText])
    if let quota {
      let used = "\(Output.size(quota.bytes)) of \(Output.size(quota.bytesMax))"
      rows.append(["", "\(used) sent today (UTC)"])
    }
    rows.append(["clock", clockText])
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
    for problem in problems + daemonProblems { rows.append(["problem", problem]) }
    Output.table(rows)
  }

  private var daemonText: String {
    guard let daemon else { return "not running, and never was here" }
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

  private var agreementText: String {
    switch agreement.standing {
    case .none:
      return "none: nothing is sampled or sent"
        + (holdsAnything ? "; what was kept stays, until a consent says \"deny\"" : "")
    case .held: return "held: \(agreement.untilMended); what was kept stays"
    case .inForce where agreement.offerProblem != nil:
      return "sharing is held: \(agreement.untilMended); what was kept stays"
    case .inForce:
      guard let offer = agreement.offer else { return "in force" }
      let until = agreement.consent?.until.map { ", until \($0.value)" } ?? ""
      let accepted = agreement.consent?.accepts?.value ?? offer.revision.value
      let newer =
        accepted == offer.revision.value || !agreement.sharesSomething
        ? "" : "; the offer is revision \(offer.revision.value) now"
      return "in force with \(offer.supplier.value), revision \(accepted)\(newer)\(until)"
    }
  }

  /// A source that the customer names, or of which something was removed.
  private func isWorthALine(_ source: DataSource) -> Bool {
    agreement.consent?.sources[source] != nil || !deletions(of: source).isEmpty
  }

  /// "3 batches, 558 readings"; of a partial deletion "12 series, 3 redacted", and what that came to once it is done.
  private static func extent(of deletion: Deletion) -> String {
    let batches =
      deletion.isPartial && deletion.batches == 0 ? nil : Output.count(deletion.batches, "batch")
    let isKnown = !deletion.isPartial || deletion.doneMilliseconds != nil
    let parts = [
      deletion.isPartial ? "\(Output.count(deletion.series)) series" : nil,
      deletion.redacted > 0 ? "\(Output.count(deletion.redacted)) redacted" : nil, batches,
      deletion.recut > 0 ? "\(Output.count(deletion.recut)) re-cut" : nil,
      isKnown ? Output.count(deletion.readings, "reading") : nil,
    ]
    return parts.compactMap(\.self).joined(separator: ", ")
  }

  private func sourceRows(_ source: DataSource) -> [[String]] {
    let terms = agreement.terms(of: source)
    let state = terms.isHeld ? "held" : terms.decision.verdict.name
    let padded = state + String(repeating: " ", count: max(0, 7 - state.count))
    let every =
      terms.resolutionMilliseconds.map { ", one reading every \(Output.duration($0))" } ?? ""
    var rows = [
      [
        "  \(source.name)",
        "\(padded)  \(terms.decision.rule.short)  \(terms.decision.reason)\(every)",
      ]
    ]
    for (database, deletion) in deletions(of: source).suffix(4) {
      let what = Self.extent(of: deletion) + " from the \(database)"
      if let done = deletion.doneMilliseconds {
        rows.append(["", "         removed \(what) at \(CalendarTime.rfc3339(milliseconds: done))"])
      } else {
        rows.append(["", "         deletion owed: \(what)"])
      }
    }
    if let due = daemon?.deletionDueInMs, !terms.isHeld, terms.decision.verdict != .share,
      holdsSomething(of: source)
    {
      rows.append([
        "",
        "         what was kept is removed in \(due / 1000) s, if this stands unchanged until then",
      ])
    }
    return rows
  }

  private var holdsAnything: Bool {
    !(spool?.totals ?? []).isEmpty || !(history?.totals ?? []).isEmpty
  }

  private func holdsSomething(of source: DataSource) -> Bool {
    let isDenied = agreement.terms(of: source).decision.verdict == .deny
    let totals = (spool?.totals ?? []) + (isDenied ? history?.totals ?? [] : [])
    return totals.contains { $0.source == source }
  }

  private func totalText(
    _ total: (batches: Int64, readings: Int64, bytes: Int64), quotaBytes: Int64
  ) -> String {
    "\(Output.count(total.batches, "batch")), \(Output.count(total.readings, "reading")), "
      + "\(Output.size(total.bytes)) of \(Output.size(quotaBytes))"
  }

  private var spoolText: String {
    let (pending, sent) = (spoolTotal(.pending), spoolTotal(.sent))
    let oldest = oldest.map {
      ", the oldest from \(CalendarTime.rfc3339(milliseconds: $0.firstMilliseconds))"
    }
    return
      "\(Output.count(pending.batches)) pending (\(Output.size(pending.bytes)))\(oldest ?? ""); "
      + "\(Output.count(sent.batches)) sent and kept; quota \(Output.size(settings.spoolQuotaBytes))"
  }

  private var deliveryText: String {
    let pause = pausedUntilMilliseconds.map {
      "; the timer waits until \(CalendarTime.rfc3339(milliseconds: $0))"
    }
    if let failure = lastFailure {
      return "failed, and will be tried again: \(failure)\(pause ?? "")"
    }
    guard let last = lastDelivery else { return "never tried" }
    let message = last.message.isEmpty ? "" : ": \(last.message)"
    return
      "\(last.outcome == .trying ? "failed, and will be tried again" : last.outcome.rawValue), "
      + "\(CalendarTime.rfc3339(milliseconds: last.triedMilliseconds)), "
      + "\(Output.count(last.readings, "reading"))\(message)\(pause ?? "")"
  }

  private var clockText: String {
    if clock.isSynchronised { return "synchronised" }
    return isTimeTrusted
      ? "not synchronised; the time was taken from the receiver's answer over TLS"
      : "not synchronised: batches wait until the receiver's answer tells the time"
  }

  private var daemonProblems: [String] {
    guard let daemon else { return [] }
    let failed = daemon.probes.filter { $0.outcome == "failed" }.map {
      "\($0.file) cannot be read or understood (\(Output.count($0.failures, "time")))"
    }
    return [daemon.recordingProblem, daemon.deletionProblem].compactMap { $0 } + failed
  }
}
