// What a dump says of the agent itself: typed, field by field. Names of people and secrets are not among the fields.

internal import Configuration
internal import Delivery
internal import Diagnostics
internal import Dump
internal import Handshake
internal import Health
internal import JSON
internal import Linux
internal import Recording
internal import TOML
internal import Telemetry

struct AgentSections {
  private let work: SectionWork
  private let locations: Locations
  private let state: StateDirectory

  private static let batchesMax = 200
  private static let deliveriesMax = 100
  /// Some ten thousand rows, years of an ordinary appliance.
  private static let ledgerBytesMax = 4 * 1024 * 1024

  init(_ work: SectionWork) {
    self.work = work
    locations = work.locations
    state = StateDirectory(locations.state)
  }

  func write() throws {
    switch work.section.name {
    case "status": writeStatus()
    case "doctor": writeDiagnosis()
    case "agreement": writeAgreement()
    case "settings": writeSettings()
    case "records": writeRecords()
    case "deliveries": try writeDeliveries()
    case "ledger": try writeLedger()
    default: DumpPage.write(work)
    }
  }

  private func writeStatus() {
    let status = ApplianceStatus(locations)
    let health = ApplianceHealth.findings(status, kernelRoot: work.kernelFolder)
      .filter(work.isShown)
    SectionWriter.file("sections/status.txt")
    for line in status.lines(health, all: true, width: nil) {
      Output.print(VisibleText.lines(line))
    }
    SectionWriter.file("summary.json")
    Output.object { object in
      object.array("health") { list in for finding in health { list.write(finding) } }
      object.member("status", json: status.object(health))
    }
  }

  /// The layers that need no network: a dump contacts nobody.
  private func writeDiagnosis() {
    let diagnosis = Diagnosis.make(
      locations, work.agreement, clock: SystemClock(), contacting: .never)
    SectionWriter.file("sections/doctor.txt")
    for line in DoctorCommand.lines(diagnosis) { Output.print(VisibleText.lines(line)) }
  }

  private func writeAgreement() {
    let agreement = work.agreement
    SectionWriter.file("sections/agreement.txt")
    var rows = [
      ["state", agreement.standing.name],
      ["supplier", agreement.offer?.supplier.value ?? "-"],
      ["offer's revision", agreement.offer.map { String($0.revision.value) } ?? "-"],
      ["accepted revision", agreement.consent?.accepts.map { String($0.value) } ?? "-"],
      ["until", agreement.consent?.until.map { "\($0.value), 00:00 UTC" } ?? "-"],
      ["sent to", agreement.offer?.endpoint.value ?? "-"],
    ]
    for problem in agreement.problems { rows.append(["problem", "\(problem)"]) }
    for source in DataSource.allCases {
      let terms = agreement.terms(of: source)
      let every = terms.resolutionMilliseconds.map { ", every \(Output.duration($0))" } ?? ""
      rows.append([
        source.name,
        "\(terms.isHeld ? "held" : terms.decision.verdict.name)\(every): \(terms.decision.reason) "
          + "(\(terms.decision.rule.short))",
      ])
    }
    for entry in agreement.consent?.withheld ?? [] { rows.append(["withheld", entry.value.text]) }
    for note in agreement.redactions { rows.append(["redacted", note.text]) }
    Output.table(rows)
    Output.print("")
    for signal in Catalog.signals where agreement.decision(for: signal).verdict == .share {
      Output.print("shared: \(signal.name)")
    }
  }

  private func writeSettings() {
    SectionWriter.file("sections/settings.txt")
    let settings: Settings
    do { settings = try Settings.read(locations.settings) } catch {
      return Output.print("\(error)")
    }
    let upload = settings.upload
    func isSet(_ file: String?) -> String { file == nil ? "none" : "set" }
    Output.table(
      [
        ["sampling interval", Output.duration(settings.tickMilliseconds)],
        ["history quota", Output.size(settings.historyQuotaBytes)],
        ["history keep", Output.duration(settings.historyKeepMilliseconds)],
        ["spool seal", Output.duration(settings.sealMilliseconds)],
        ["spool quota", Output.size(settings.spoolQuotaBytes)],
        ["spool keep_sent", Output.duration(settings.keepSentMilliseconds)],
        ["upload client certificate", isSet(upload.clientCertificateFile)],
        ["upload headers", isSet(upload.headersFile)],
        ["upload extra_ca", isSet(upload.extraCAFile)],
        [
          "upload proxy",
          upload.proxy.map { "\($0)\($0.hasPassword ? ", with a password" : "")" } ?? "none",
        ],
        ["upload rate", upload.bytesPerSecondMax.map { "\(Output.size($0))/s" } ?? "no bound"],
        ["upload daily_quota", upload.dailyQuotaBytes.map { Output.size($0) } ?? "no bound"],
        ["upload window", upload.window.map { "\($0)" } ?? "always"],
      ] + Self.deviceRows(settings.devices))
  }

  /// The usual patterns, and how many there are of the administrator's own, which may be names.
  private static func deviceRows(_ rules: DeviceRules) -> [[String]] {
    let usual = DeviceRules()
    func text(_ patterns: [String], besides usual: [String] = []) -> String {
      let own = patterns.count { !usual.contains($0) }
      let words = patterns.filter(usual.contains) + (own > 0 ? ["\(own) of the site's own"] : [])
      return words.isEmpty ? "none" : words.joined(separator: " ")
    }
    return [
      ("disks", rules.disks, usual.disks), ("interfaces", rules.interfaces, usual.interfaces),
      ("file systems", rules.fileSystems, usual.fileSystems),
    ].flatMap { name, patterns, usual in
      [
        ["\(name) denied", text(patterns.deny, besides: usual.deny)],
        ["\(name) allowed", text(patterns.allow)],
      ]
    }
  }

  /// Each database by itself: one that is damaged says so, and the other is shown.
  private func writeRecords() {
    SectionWriter.file("sections/records.txt")
    var rows = [["database", "source", "state", "batches", "readings", "bytes"]]
    func add(_ database: String, _ read: () throws -> RecordSummary?) -> RecordSummary? {
      let summary: RecordSummary?
      do { summary = try read() } catch {
        SectionWriter.problem("\(error)")
        return nil
      }
      for total in summary?.totals ?? [] {
        rows.append([
          database, total.source.name, total.state.name, String(total.batches),
          String(total.readings), String(total.bytes),
        ])
      }
      return summary
    }
    let history = add("history") { try RecordSummary.ofHistory(state) }
    let spool = add("spool") {
      guard let outbox = try Outbox.open(state) else { return nil }
      return try RecordSummary.ofSpool(outbox)
    }
    Output.table(rows, numeric: [3, 4, 5])
    for gap in (history?.gaps ?? []) + (spool?.gaps ?? []) {
      Output.print(
        "gap: \(gap.source.name), \(gap.reason), \(Output.count(gap.readings, "reading")), "
          + CalendarTime.rfc3339(milliseconds: gap.recordedMilliseconds))
    }
    if let outbox = (try? Outbox.open(state)) ?? nil { writeBatches(outbox) }
  }

  private func writeBatches(_ outbox: borrowing Outbox) {
    let batches = (try? outbox.batches(in: [.pending, .refused, .timeUnknown])) ?? []
    let count = Output.count(Int64(batches.count), "batch")
    Output.print("\nwhat waits, the newest \(Self.batchesMax) of \(count):")
    Output.table(
      batches.suffix(Self.batchesMax).map { batch in
        [
          batch.id, batch.source.name, batch.stateName,
          CalendarTime.rfc3339(milliseconds: batch.firstMilliseconds),
          CalendarTime.rfc3339(milliseconds: batch.lastMilliseconds), String(batch.readings),
          String(batch.bytes),
        ]
      }, numeric: [5, 6])
  }

  private func writeDeliveries() throws {
    guard let outbox = try Outbox.open(state) else {
      return SectionWriter.absent("there is no spool")
    }
    let deliveries = try outbox.latestDeliveries(Self.deliveriesMax)
    guard !deliveries.isEmpty else {
      return SectionWriter.absent(
        "nothing of what is kept was tried; the ledger has what was before")
    }
    SectionWriter.file("sections/deliveries.txt")
    Output.table(
      [["tried", "outcome", "HTTP", "batches", "readings", "bytes", "failures", "answer"]]
        + deliveries.map { delivery in
          [
            CalendarTime.rfc3339(milliseconds: delivery.triedMilliseconds),
            delivery.outcome.rawValue, delivery.status.map(String.init) ?? "-",
            String(delivery.batches), String(delivery.readings), String(delivery.bytes),
            String(delivery.failures), VisibleText.lines(delivery.message),
          ]
        }, numeric: [3, 4, 5, 6])
    if let failure = try outbox.lastFailure() {
      Output.print("last failure: \(VisibleText.lines(failure))")
    }
  }

  /// Once for people, without the names that lie beside the chain, and once row by row, for it to be verified.
  private func writeLedger() throws {
    guard let ledger = try Ledger.openForReading(state) else {
      return SectionWriter.absent("there is no ledger")
    }
    SectionWriter.file("sections/ledger.txt")
    try ledger.forEachRow(since: .min, limit: .max) { row in
      Output.print(LedgerSentence.line(row, nil))
    }
    SectionWriter.file("sections/ledger.jsonl")
    try ledger.exportRows(limitBytes: Self.ledgerBytesMax) { Output.print($0) }
  }
}
