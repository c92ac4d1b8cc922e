internal import ArgumentParser
internal import Delivery
internal import JSON
internal import Linux
internal import Telemetry

struct UploadCommand: ParsableCommand {
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
    let report: UploadReport
    do {
      report = try Uploader.run(installation.locations, clock: SystemClock(), isByHand: !scheduled)
    } catch { throw Self.failure(error) }
    if installation.json { printObject(report) } else { printText(report) }
    if let refusal = report.refusal { throw Self.failure(refusal) }
    if let reason = report.stopped {
      throw CommandFailure(.failed, "\(reason); what is not delivered stays and is tried again")
    }
  }

  private static func failure(_ refusal: UploadRefusal) -> CommandFailure {
    switch refusal {
    case .noAgreement: CommandFailure(.noAgreement, refusal)
    case .nothingShared: CommandFailure(.denied, refusal)
    case .failed: CommandFailure(.failed, refusal)
    }
  }

  private func printText(_ report: UploadReport) {
    if report.waitsFor == nil, report.sent.isEmpty, report.stopped == nil,
      report.notes.isEmpty
    {
      Output.print("nothing waits")
    }
    for sent in report.sent {
      let rejected =
        sent.rejected > 0 ? ", \(Output.count(sent.rejected)) not kept by the receiver" : ""
      Output.print(
        "\(sent.source.name): \(Output.count(sent.batches, "batch")), "
          + "\(Output.count(sent.readings, "reading")) accepted in \(Output.count(sent.requests, "request")), "
          + "\(Output.count(sent.bytes)) bytes, \(Output.ratio(sent.bytes, sent.readings)) bytes a reading"
          + rejected)
    }
    for note in report.notes { Output.print("note: \(note)") }
    guard let reason = report.waitsFor, let until = report.waitsUntilMilliseconds else { return }
    let time = CalendarTime.rfc3339(milliseconds: until)
    switch reason {
    case .receiver:
      Output.print("the receiver is given time until \(time); what waits is sent then")
    case .window: Output.print("the window opens at \(time); what waits is sent then")
    case .quota:
      Output.print(
        "the daily quota of accord.toml is used up until \(time); what waits is sent then")
    }
  }

  private func printObject(_ report: UploadReport) {
    Output.object { object in
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
  }
}
