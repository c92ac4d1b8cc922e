// What the page of `accord report` says, and the index page of a dump: gathered from the status, one pass over the history
// and one over the ledger.

internal import Configuration
internal import Handshake
internal import Health
internal import Linux
internal import Recording
internal import Reporting
internal import TOML
internal import Telemetry

enum ApplianceReport {
  /// What may be seen here of what is kept: all but what the customer denies or withholds by now. What doubt holds stays,
  /// and without a consent so does all.
  static func scope(_ agreement: Agreement) -> ReportScope {
    let isSettled = agreement.standing == .inForce
    func isOpen(_ source: DataSource) -> Bool {
      let terms = agreement.terms(of: source)
      return !isSettled || terms.isHeld || terms.decision.verdict != .deny
    }
    return ReportScope(sources: Set(DataSource.allCases.filter(isOpen))) { name in
      guard let signal = Catalog.signal(name) else { return false }
      let terms = agreement.terms(of: signal.source)
      return !isSettled || terms.isHeld || agreement.decision(for: signal).verdict != .deny
    }
  }

  /// - Parameters:
  ///   - sinceMilliseconds: the beginning of the charts, Unix.
  ///   - findings: what is wrong, the worst first; what `scope` does not hold is left out.
  static func content(
    _ status: ApplianceStatus, _ scope: ReportScope, findings: [HealthFinding],
    sinceMilliseconds: Int64
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
    let ledger = LedgerPart(status, history.window)
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
    guard let daemon = status.daemon else { return ", never ran here" }
    if daemon.isAlive(status.clock) { return ", running" }
    return ", last tick \(Moment.text(daemon.lastTickMs))"
  }

  // MARK: the agreement

  private static func agreementSentence(_ agreement: Agreement) -> String {
    if let complaint = agreement.complaint { return "Held: \(complaint)." }
    guard agreement.standing == .inForce else {
      return "There is none: nothing is sampled and nothing is sent."
    }
    guard let offer = agreement.offer else {
      return "In force, without an offer: what is kept stays on the appliance."
    }
    let revision = agreement.consent?.accepts.map { ", revision \($0.value)" } ?? ""
    let until = agreement.consent?.until.map { ", until \($0.value)" } ?? ""
    return "In force with \(offer.supplier.value)\(revision)\(until)."
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
    guard let last = status.lastDelivery else { return "never tried" }
    return "\(last.outcome == .trying ? "not answered" : last.outcome.rawValue), "
      + "\(Moment.text(last.triedMilliseconds)), \(Output.count(last.readings, "reading"))"
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

/// What the history has to say.
private struct HistoryPart {
  var window: ReportWindow
  var title = "This appliance"
  var entries: [ReportContent.Entry] = []
  var charts: [Chart] = []
  var missing: [String] = []
  var gaps: [SamplingGap] = []
  var events: [TimelineEvent] = []
  var problems: [String] = []

  /// Before this no clock was right.
  private static let firstCredibleMilliseconds = CalendarTime.startOfDay(
    year: 2001, month: 1, day: 1)

  init(_ status: ApplianceStatus, _ scope: ReportScope, sinceMilliseconds: Int64, _ now: Int64) {
    window = ReportWindow.fitting(
      sinceMilliseconds: sinceMilliseconds, nowMilliseconds: now, kept: nil)
    do {
      guard let reader = try HistoryReader.open(StateDirectory(status.locations.state)) else {
        missing = [
          "Charts of the appliance: there is no history, because nothing was ever recorded here"
        ]
        return
      }
      try read(reader, status.agreement, scope, sinceMilliseconds: sinceMilliseconds, now)
    } catch { problems.append("the history: \(error)") }
  }

  private mutating func read(
    _ reader: borrowing HistoryReader, _ agreement: Agreement, _ scope: ReportScope,
    sinceMilliseconds: Int64, _ now: Int64
  ) throws(RecordingError) {
    let kept = try reader.extent(of: scope.sources)
    window = ReportWindow.fitting(
      sinceMilliseconds: sinceMilliseconds, nowMilliseconds: now, kept: kept)
    let (traces, problem) = HistoryTraces.gather(reader, scope, window)
    if let problem { problems.append("the history, from a point on: \(problem)") }
    if traces.damagedBatches > 0 {
      problems.append(
        "\(Output.count(Int64(traces.damagedBatches), "batch")) of the history, which are damaged")
    }
    if window.sinceMilliseconds > Self.firstCredibleMilliseconds {
      let lost = try reader.batchCount(of: scope.sources, before: Self.firstCredibleMilliseconds)
      if lost > 0 {
        missing.append(
          "\(Output.count(lost, "batch")) that were recorded before the clock was set: nobody knows when that was"
        )
      }
    }
    (charts, missing) = { ($0.charts, missing + $0.missing) }(
      HistoryCharts.make(traces, scope) { agreement.decision(for: $0) })
    charts += [AgentCharts.recording(traces)].compactMap(\.self)
    gaps = traces.watch.gaps
    events = TimelineEvent.of(traces.watch)
    for source in DataSource.allCases {
      guard let batch = traces.newestFacts[source] else { continue }
      describe(try reader.facts(of: batch).filter { scope.isShown($0.name) })
    }
  }

  private mutating func describe(_ facts: [Fact]) {
    func text(_ signal: Signal) -> String? {
      guard case .string(let text) = facts.first(where: { $0.name == signal.name })?.value else {
        return nil
      }
      return text.isEmpty ? nil : text
    }
    func add(_ name: String, _ parts: String?...) {
      let words = parts.compactMap(\.self)
      if !words.isEmpty { entries.append(.init(name, words.joined(separator: " "))) }
    }
    let model = text(Catalog.deviceModelName) ?? text(Catalog.deviceModelIdentifier)
    let maker = text(Catalog.deviceManufacturer)
    let device = model.map { model in
      maker.map { model.hasPrefix($0) ? model : "\($0) \(model)" } ?? model
    }
    if let device = device ?? text(Catalog.osDescription) { title = device }
    add("Name", text(Catalog.hostName))
    add("Device", device)
    add(
      "Model",
      model == text(Catalog.deviceModelIdentifier) ? nil : text(Catalog.deviceModelIdentifier))
    add("Operating system", text(Catalog.osDescription) ?? text(Catalog.osName))
    add("Image", text(Catalog.osBuildID))
    add("Kernel", text(Catalog.kernelRelease), text(Catalog.hostArchitecture))
  }
}

/// What the ledger has to say: what happened, and every request to the receiver.
private struct LedgerPart {
  var events: [TimelineEvent] = []
  var attempts: [DeliveryAttempt] = []
  var problems: [String] = []

  init(_ status: ApplianceStatus, _ window: ReportWindow) {
    do {
      guard let ledger = try Ledger.openForReading(StateDirectory(status.locations.state)) else {
        return
      }
      var (events, attempts): ([TimelineEvent], [DeliveryAttempt]) = ([], [])
      let names = try ledger.names()
      try ledger.forEachRow(since: window.sinceMilliseconds) { row in
        guard row.atMilliseconds <= window.untilMilliseconds,
          let event = Ledger.Event(rawValue: row.kind)
        else { return }
        if [.upload, .uploadTried].contains(event), let detail = LedgerDetail(row.detail) {
          attempts.append(
            DeliveryAttempt(
              milliseconds: row.atMilliseconds,
              isAccepted: event == .upload && detail.text("outcome") == "accepted",
              readings: detail.number("readings"), bytes: detail.number("bytes")))
        } else if let kind = Self.kind(event) {
          // The line of `accord ledger` after its number and time.
          let sentence = LedgerSentence.line(row, names).split(separator: " ", maxSplits: 2)
          events.append(
            TimelineEvent(
              kind, atMilliseconds: row.atMilliseconds,
              sentence.last.map(String.init)?.trimmed ?? ""))
        }
      }
      (self.events, self.attempts) = (events, attempts)
    } catch { problems.append("the ledger: \(error)") }
  }

  private static func kind(_ event: Ledger.Event) -> TimelineEvent.Kind? {
    switch event {
    case .offerAccepted, .agreementChanged, .grantOpened, .grantClosed, .deletionRecorded,
      .deletionAsked, .identityCreated, .identityRemoved:
      .agreement
    case .clockStep: .clock
    case .databaseSetAside, .databaseBegun, .databasesCopied, .gap, .readingsLost: .database
    case .deletionDone, .upload, .uploadTried, .dumpOverride, .dumpMade, .checkpoint: nil
    }
  }
}

extension String {
  fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
