internal import ArgumentParser
internal import Configuration
internal import Handshake
internal import JSON
internal import TOML
internal import Telemetry

struct ConsentShowCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Who shares what with whom, why, at which resolution and until when.",
    discussion: "Example: accord consent show --json")

  @OptionGroup var installation: InstallationOptions

  func run() throws {
    try ApplianceStatus.checkReadable(installation.locations)
    let agreement = AgreementInForce.read(installation.locations)
    if installation.json { printObject(agreement) } else { printText(agreement) }
    try ConsentCheckCommand.fail(agreement)
  }

  private func printText(_ agreement: Agreement) {
    var head = [["state", agreement.standing.name]]
    func add(_ name: String, _ value: String?) { if let value { head.append([name, value]) } }
    add("supplier", agreement.offer?.supplier.value)
    add("revision", agreement.offer.map { String($0.revision.value) })
    add("accepted", agreement.consent?.accepts.map { String($0.value) })
    add("accepted by", agreement.consent?.acceptedBy)
    add("accepted on", agreement.consent?.acceptedOn.map { "\($0)" })
    add("until", agreement.consent?.until.map { "\($0.value), 00:00 UTC" })
    add("sent to", agreement.offer?.endpoint.value)
    add("contact", agreement.offer?.contact)
    Output.table(head)
    Output.print("")
    for source in DataSource.allCases { printSource(source, agreement) }
    if let withheld = agreement.consent?.withheld, !withheld.isEmpty {
      Output.print("withheld: " + withheld.map(\.value.text).joined(separator: ", "))
    }
    for note in agreement.redactions { Output.print("redacted: \(note.text)") }
    Output.print("")
    Output.print(OfferText.envelope)
  }

  private func printSource(_ source: DataSource, _ agreement: Agreement) {
    let terms = agreement.terms(of: source)
    let isInDoubt = terms.isHeld && agreement.standing != .none
    let state = isInDoubt ? "held" : terms.decision.verdict.name
    Output.print(
      "\(source.name): \(state), \(terms.decision.reason) (\(terms.decision.rule.short))")
    guard terms.decision.verdict == .share, let request = agreement.offer?.requests[source] else {
      return
    }
    let signals = Catalog.signals.filter {
      $0.source == source && agreement.decision(for: $0).verdict == .share
    }
    Output.table([
      ["  purpose", request.purpose], ["  benefit", request.benefit],
      ["  kept for", Output.duration(request.retentionMilliseconds)],
      ["  one reading every", Output.duration(terms.resolutionMilliseconds ?? 0)],
      ["  signals", signals.map(\.name).joined(separator: ", ")],
    ])
  }

  private func printObject(_ agreement: Agreement) {
    Output.object { object in
      object.member("state", agreement.standing.name)
      object.member("supplier", agreement.offer?.supplier.value)
      object.member("revision", agreement.offer?.revision.value)
      object.member("accepts", agreement.consent?.accepts?.value)
      object.member("accepted_by", agreement.consent?.acceptedBy)
      object.member("accepted_on", agreement.consent?.acceptedOn.map { "\($0)" })
      object.member("until", agreement.consent?.until.map { "\($0.value)" })
      object.member("endpoint", agreement.offer?.endpoint.value)
      object.member("contact", agreement.offer?.contact)
      object.object("sources") { sources in
        for source in DataSource.allCases {
          sources.object(source.name) { write(source, agreement, &$0) }
        }
      }
      object.array("withheld") { list in
        for entry in agreement.consent?.withheld ?? [] { list.element(entry.value.text) }
      }
      object.array("redactions") { list in for note in agreement.redactions { list.note(note) } }
      object.array("problems") { list in
        for problem in agreement.problems { list.element("\(problem)") }
      }
      object.object("record") { record in
        ConsentRecord(agreement, installation.locations).write(&record)
      }
    }
  }

  private func write(_ source: DataSource, _ agreement: Agreement, _ object: inout JSONWriter) {
    let terms = agreement.terms(of: source)
    let request = agreement.offer?.requests[source]
    object.member("decision", terms.decision.verdict.name)
    object.member("is_held", terms.isHeld)
    object.member("rule", terms.decision.rule.description)
    object.member("reason", terms.decision.reason)
    guard terms.decision.verdict == .share else { return }
    object.member("purpose", request?.purpose)
    object.member("benefit", request?.benefit)
    object.member("retention_s", request.map { $0.retentionMilliseconds / 1000 })
    object.member("resolution_s", terms.resolutionMilliseconds ?? 0, decimals: 3)
    object.array("signals") { list in
      for signal in Catalog.signals
      where signal.source == source && agreement.decision(for: signal).verdict == .share {
        list.element(signal.name)
      }
    }
  }
}
