internal import ArgumentParser
internal import Configuration
internal import Daemon
internal import Delivery
internal import JSON
internal import Linux
internal import Telemetry

struct UploadCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "upload",
    abstract: "Deliver what waits to the receiver that the agreement names.",
    discussion: """
      Without an agreement that shares something nobody is contacted. What is not accepted stays and is tried \
      again; what was accepted is kept for a while, see `accord sent`.

      Example: accord upload
      """)

  @OptionGroup var installation: InstallationOptions

  @Flag(help: "Keep to the pause after a failure and to the window, as the timer's runs do.")
  var scheduled = false

  func run() throws {
    let locations = installation.locations
    if !scheduled, UploadUnit.isInstalled(locations) {
      let outcome = try UploadUnit.deliver(locations, json: installation.json)
      outcome.lines.forEach(Output.print)
      return try outcome.end()
    }
    let errand = scheduled ? UploadErrand.take(locations) : nil
    let outcome = deliver(
      isByHand: !scheduled || errand != nil, json: errand?.json ?? installation.json)
    try errand?.answer(outcome, locations)
    if scheduled, Log.isReadByJournal { return try UploadJournal(locations).tell(outcome) }
    outcome.lines.forEach(Output.print)
    try outcome.end()
  }

  private func deliver(isByHand: Bool, json: Bool) -> UploadOutcome {
    var lines: [String] = []
    var failure: CommandFailure?
    var hasDelivered = false
    do {
      let report = try Uploader.run(
        installation.locations, clock: installation.locations.clock, isByHand: isByHand)
      lines = json ? [Self.object(report)] : Self.text(report)
      hasDelivered = !report.sent.isEmpty
      failure = report.refusal.map(Self.failure)
      if failure == nil, let reason = report.stopped {
        failure = CommandFailure(
          .failed, "\(reason); what is not delivered stays and is tried again")
      }
    } catch { failure = Self.failure(error) }
    return UploadOutcome(
      lines: lines, code: failure?.code.rawValue ?? 0, message: failure?.message ?? "",
      hasDelivered: hasDelivered)
  }

  private static func failure(_ refusal: UploadRefusal) -> CommandFailure {
    switch refusal {
    case .noAgreement: CommandFailure(.noAgreement, refusal)
    case .nothingShared: CommandFailure(.denied, refusal)
    case .failed: CommandFailure(.failed, refusal)
    }
  }

  private static func text(_ report: UploadReport) -> [String] {
    var lines: [String] = []
    if report.waitsFor == nil, report.sent.isEmpty, report.stopped == nil,
      report.notes.isEmpty
    {
      lines.append("nothing waits")
    }
    for sent in report.sent {
      let rejected =
        sent.rejected > 0 ? ", \(Output.count(sent.rejected)) not kept by the receiver" : ""
      lines.append(
        "\(sent.source.name): \(Output.count(sent.batches, "batch")), "
          + "\(Output.count(sent.readings, "reading")) accepted in \(Output.count(sent.requests, "request")), "
          + "\(Output.count(sent.bytes)) bytes, \(Output.ratio(sent.bytes, sent.readings)) bytes a reading"
          + rejected)
    }
    lines += report.notes.map { "note: \($0)" }
    guard let reason = report.waitsFor, let until = report.waitsUntilMilliseconds else {
      return lines
    }
    let time = CalendarTime.rfc3339(milliseconds: until)
    switch reason {
    case .receiver:
      lines.append("the receiver is given time until \(time); what waits is sent then")
    case .window: lines.append("the window opens at \(time); what waits is sent then")
    case .quota:
      lines.append(
        "the daily quota of accord.toml is used up until \(time); what waits is sent then")
    }
    return lines
  }

  private static func object(_ report: UploadReport) -> String {
    var writer = JSONWriter()
    writer.object { object in
      object.array("sent") { list in
        for sent in report.sent {
          list.object { entry in
            entry.member("source", sent.source.name)
            entry.member("requests", sent.requests)
            entry.member("batches", sent.batches)
            entry.member("readings", sent.readings)
            entry.member("bytes", sent.bytes)
            entry.member("rejected", sent.rejected)
          }
        }
      }
      object.array("notes") { list in for note in report.notes { list.element(note) } }
      object.member("stopped", report.stopped)
      object.member(
        "waits_until", report.waitsUntilMilliseconds.map { CalendarTime.rfc3339(milliseconds: $0) })
      object.member("waits_for", report.waitsFor?.rawValue)
    }
    return writer.text
  }
}
