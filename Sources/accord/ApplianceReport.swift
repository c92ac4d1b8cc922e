// What the page of `accord report` says, and the index page of a dump: gathered from the status, one pass over the
// history and one over the ledger.

internal import Configuration
internal import Handshake
internal import Health
internal import Linux
internal import Recording
internal import Reporting
internal import TOML
internal import Telemetry

enum ApplianceReport {
  /// What may be seen here of what is kept: all but what the customer denies or withholds by now. What doubt holds
  /// stays, and without a consent so does all.
  static func scope(_ agreement: Agreement) -> ReportScope {
    let isSettled = agreement.standing == .inForce
    func isOpen(_ source: DataSource) -> Bool {
      let terms = agreement.terms(of: source)
      return !isSettled || terms.isHeld || terms.decision.verdict != .deny
    }
    return ReportScope(
      sources: Set(DataSource.allCases.filter(isOpen)),
      isShown: { name in
        guard let signal = Catalog.signal(name) else { return false }
        let terms = agreement.terms(of: signal.source)
        return !isSettled || terms.isHeld || agreement.decision(for: signal).verdict != .deny
      }, passes: { agreement.shown($0, hashing: nil) == $0 })
  }

  /// - Parameters:
  ///   - sinceMilliseconds: the beginning of the charts, Unix.
  ///   - findings: what is wrong, the worst first; what `scope` does not hold is left out.
  ///   - isNamed: whether the timeline names who signed; a dump does not.
  static func content(
    _ status: ApplianceStatus, _ scope: ReportScope, findings: [HealthFinding],
    sinceMilliseconds: Int64, isNamed: Bool = true
  ) -> ReportContent {
    let now = status.clock.wallTimeMilliseconds
    let history = HistoryPart(status, scope, sinceMilliseconds: sinceMilliseconds, now)
    var content = ReportContent(
      title: history.title, madeMilliseconds: now, window: history.window,
      agreement: agreementSentence(status.agreement), sources: sources(status.agreement))
    content.facts = history.entries + ownEntries(status)
    content.findings = findings.filter { $0.source.map(scope.sources.contains) ?? true }
    content.charts = history.charts
    content.missing = history.missing
    content.gaps = history.gaps
    content.problems =
      status.agreement.problems.map { "\($0)" } + status.problems + history.problems
    let ledger = LedgerPart(status, history.window, isNamed: isNamed)
    content.events = (history.events + ledger.events).sorted { $0.milliseconds < $1.milliseconds }
    content.delivery = delivery(status)
    content.problems += ledger.problems
    addSpool(status, ledger.attempts, scope, &content)
    return content
  }

  // MARK: the agent

  private static func ownEntries(_ status: ApplianceStatus) -> [ReportContent.Entry] {
    let boot = status.clock.bootTimeMilliseconds
    return [
      ReportContent.Entry("Up for", Moment.length(boot)),
      ReportContent.Entry("Agent", "accord \(AgentVersion.text)" + agentState(status)),
      ReportContent.Entry("Pseudonym", status.pseudonym ?? "none"),
      ReportContent.Entry(
        "Clock",
        status.clock.isSynchronised
          ? "synchronised"
          : status.isTimeTrusted
            ? "not synchronised; trusted by the receiver's answer" : "not synchronised"),
    ]
  }

  private static func agentState(_ status: ApplianceStatus) -> String {
    guard let daemon = status.daemon else {
      return status.hasRunBefore ? ", has not run since the machine started" : ", never ran here"
    }
    if daemon.isAlive(status.clock) { return ", running" }
    return ", last tick \(Moment.text(daemon.lastTickMs))"
  }

  // MARK: the agreement

  private static func agreementSentence(_ agreement: Agreement) -> String {
    if let complaint = agreement.complaint { return "Held: \(complaint)." }
    guard agreement.standing == .inForce else {
      return "There is none: nothing is sampled and nothing is sent."
    }
    let until = agreement.consent?.until.map { ", until \($0.value)" } ?? ""
    guard let offer = agreement.offer else {
      return "In force\(until), without an offer: what is kept stays on the appliance."
    }
    guard let accepted = agreement.consent?.accepts?.value else {
      return "In force\(until); no offer was accepted, so what is kept stays on the appliance."
    }
    return "In force with \(offer.supplier.value), revision \(accepted)\(until)."
  }

  private static func sources(_ agreement: Agreement) -> ReportContent.Table {
    let named = DataSource.allCases.filter { agreement.consent?.sources[$0] != nil }
    let rows = named.map { source in
      let terms = agreement.terms(of: source)
      let state = terms.isHeld ? "held" : terms.decision.verdict.name
      let every = terms.resolutionMilliseconds.map { "every \(Output.duration($0))" } ?? ""
      return ReportContent.Table.Row([
        source.name, state, terms.decision.reason, every, terms.decision.rule.short,
      ])
    }
    var table = ReportContent.Table(
      title: "Agreement by source",
      columns: ["source", "decision", "why", "what leaves", "by line"], rows: rows)
    let others = DataSource.allCases.filter { !named.contains($0) }.map(\.name)
    if !rows.isEmpty, !others.isEmpty {
      table.rows.append(
        ReportContent.Table.Row([others.joined(separator: ", "), "deny", "not named", "", ""]))
    }
    return table
  }

  // MARK: delivery

  private static func delivery(_ status: ApplianceStatus) -> [ReportContent.Entry] {
    guard status.spool != nil else { return [] }
    let (pending, sent) = (status.spoolTotal(.pending), status.spoolTotal(.sent))
    var entries = [
      ReportContent.Entry(
        "Waiting",
        pending.batches == 0
          ? "nothing"
          : "\(Output.count(pending.batches, "batch")), \(Output.size(pending.bytes))"
            + (status.oldest.map { ", the oldest from \(Moment.short($0.firstMilliseconds))" } ?? "")
      ),
      ReportContent.Entry("Sent and kept", "\(Output.count(sent.batches, "batch"))"),
      ReportContent.Entry("Last delivery", lastDelivery(status)),
    ]
    if let failure = status.lastFailure { entries.append(.init("Why it waits", failure)) }
    if let pause = status.pausedUntilMilliseconds {
      entries.append(.init("Tried again from", Moment.text(pause)))
    }
    for (name, state) in [
      ("Refused by the receiver", BatchState.refused), ("Time unknown", .timeUnknown),
    ] {
      let total = status.spoolTotal(state)
      if total.batches > 0 { entries.append(.init(name, Output.count(total.batches, "batch"))) }
    }
    return entries
  }

  private static func lastDelivery(_ status: ApplianceStatus) -> String {
    guard let last = status.lastDelivery else { return status.noDeliveryText }
    return "\(last.outcome == .trying ? "not answered" : last.outcome.rawValue), "
      + "\(Moment.text(last.triedMilliseconds)), \(Output.count(last.readings, "reading"))"
      + (last.rejected > 0 ? ", \(Output.count(last.rejected)) not kept by the receiver" : "")
  }

  private static func addSpool(
    _ status: ApplianceStatus, _ attempts: [DeliveryAttempt], _ scope: ReportScope,
    _ content: inout ReportContent
  ) {
    var spans: [SpoolSpan] = []
    do {
      if let outbox = try Outbox.open(StateDirectory(status.locations.state)) {
        try outbox.forEachSpan(sinceMilliseconds: content.window.sinceMilliseconds) { span in
          if scope.sources.contains(span.source) { spans.append(span) }
        }
      }
    } catch { content.problems.append("\(error)") }
    content.charts += [AgentCharts.depth(spans, content.window)].compactMap(\.self)
    content.charts += AgentCharts.deliveries(attempts, content.window)
  }
}
