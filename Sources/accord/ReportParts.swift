// The parts of a report that come out of the databases: one pass over the history, one over the ledger.

internal import Configuration
internal import Handshake
internal import Linux
internal import Recording
internal import Reporting
internal import Telemetry

/// What the history has to say.
struct HistoryPart {
  var window: ReportWindow
  var title = "This appliance"
  var entries: [ReportContent.Entry] = []
  var charts: [Chart] = []
  var missing: [String] = []
  var gaps: [SamplingGap] = []
  var events: [TimelineEvent] = []
  var problems: [String] = []

  init(_ status: ApplianceStatus, _ scope: ReportScope, sinceMilliseconds: Int64, _ now: Int64) {
    window = ReportWindow.fitting(
      sinceMilliseconds: sinceMilliseconds, nowMilliseconds: now, kept: nil, credible: nil)
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
    var credible: ClosedRange<Int64>?
    if let last = ReportWindow.lastCredibleMilliseconds(nowMilliseconds: now) {
      credible = try reader.extent(of: scope.sources, beginningUntil: last)
    }
    window = ReportWindow.fitting(
      sinceMilliseconds: sinceMilliseconds, nowMilliseconds: now, kept: kept, credible: credible)
    let (traces, problem) = HistoryTraces.gather(reader, scope, window)
    if let problem { problems.append("the history, from a point on: \(problem)") }
    if traces.damagedBatches > 0 {
      problems.append(
        "\(Output.count(Int64(traces.damagedBatches), "batch")) of the history, which are damaged")
    }
    try nameWrongTimes(reader, scope, now)
    (charts, missing) = { ($0.charts, missing + $0.missing) }(
      HistoryCharts.make(traces, scope) { agreement.decision(for: $0) })
    if traces.unredactedSeries > 0 {
      missing.append(
        "\(Output.count(Int64(traces.unredactedSeries))) series from before [redact] was changed: accordd has not rewritten "
          + "the history yet")
    }
    charts += [AgentCharts.recording(traces)].compactMap(\.self)
    gaps = traces.watch.gaps
    events = TimelineEvent.of(traces.watch)
    for source in DataSource.allCases {
      guard let batch = traces.newestFacts[source] else { continue }
      describe(
        try reader.facts(of: batch).filter {
          scope.isShown($0.name) && scope.passes(Attribute($0.name, $0.value))
        })
    }
  }

  /// Says how many batches lie where no chart reaches, because their time cannot be right.
  private mutating func nameWrongTimes(
    _ reader: borrowing HistoryReader, _ scope: ReportScope, _ now: Int64
  ) throws(RecordingError) {
    let first = ReportWindow.firstCredibleMilliseconds
    if window.sinceMilliseconds > first {
      let lost = try reader.batchCount(of: scope.sources, before: first)
      if lost > 0 {
        missing.append(
          "\(Output.count(lost, "batch")) that were recorded before the clock was set: nobody knows when that was"
        )
      }
    }
    // What accordd has written since the window was laid is after its end as well, and is not meant.
    let last = max(
      window.untilMilliseconds,
      ReportWindow.lastCredibleMilliseconds(nowMilliseconds: now) ?? window.untilMilliseconds)
    let ahead = try reader.batchCount(of: scope.sources, after: last)
    if ahead > 0 {
      missing.append(
        "\(Output.count(ahead, "batch")) that were recorded while the clock was ahead: their time is still to come"
      )
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
struct LedgerPart {
  var events: [TimelineEvent] = []
  var attempts: [DeliveryAttempt] = []
  var problems: [String] = []

  /// - Parameter isNamed: whether people and suppliers stand there by the names that lie beside the ledger's chain.
  init(_ status: ApplianceStatus, _ window: ReportWindow, isNamed: Bool) {
    do {
      guard let ledger = try Ledger.openForReading(StateDirectory(status.locations.state)) else {
        return
      }
      var (events, attempts): ([TimelineEvent], [DeliveryAttempt]) = ([], [])
      let names = isNamed ? try ledger.names() : nil
      try ledger.forEachRow(since: window.sinceMilliseconds) { row in
        guard row.atMilliseconds <= window.untilMilliseconds,
          let event = Ledger.Event(rawValue: row.kind)
        else { return }
        if [.upload, .uploadTried].contains(event), let detail = LedgerDetail(row.detail) {
          attempts.append(
            DeliveryAttempt(
              milliseconds: row.atMilliseconds,
              isAccepted: event == .upload && detail.text("outcome") == "accepted",
              readings: detail.number("readings") - detail.number("rejected"),
              bytes: detail.number("bytes")))
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
