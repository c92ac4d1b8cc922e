internal import ArgumentParser
internal import Configuration
internal import Handshake
internal import JSON
internal import Linux
internal import TOML
internal import Telemetry

struct ConsentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "consent",
    abstract: "The agreement: what it says, and whether its files are in order.",
    discussion: "Example: accord consent show",
    subcommands: [ConsentShowCommand.self, ConsentCheckCommand.self])
}

struct ConsentShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Who shares what with whom, why, at which resolution and until when.",
    discussion: "Example: accord consent show --json")

  @OptionGroup var installation: InstallationOptions

  func run() throws {
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
    Output.print("")
    Output.print(
      "Always sent with what is shared, and nothing else: a random pseudonym, service.name")
    Output.print(
      "\"accord\", the agent's version, the agreement's fingerprint, batch ids, the ledger's head,")
    Output.print("sizes.")
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
      object.array("problems") { list in
        for problem in agreement.problems { list.element("\(problem)") }
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

struct ConsentCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Whether both files can be read, and what they come to. Changes nothing.",
    discussion: """
      Exit code 4 when there is no valid agreement; every problem says where, what was expected and what to do.

      Example: accord consent check
      """)

  @OptionGroup var installation: InstallationOptions

  func run() throws {
    let agreement = AgreementInForce.read(installation.locations)
    if installation.json {
      Output.object { object in
        object.member("state", agreement.standing.name)
        object.array("problems") { list in
          for problem in agreement.problems {
            list.object { entry in
              entry.member("file", problem.at.file)
              entry.member("line", problem.at.place.map { Int64($0.line) })
              entry.member("column", problem.at.place.map { Int64($0.column) })
              entry.member("problem", problem.problem)
              entry.member("expected", problem.expected)
            }
          }
        }
        object.array("notes") { list in for note in notes(agreement) { list.element(note) } }
      }
    } else if agreement.standing == .inForce, agreement.problems.isEmpty {
      let shared = DataSource.allCases.filter { agreement.terms(of: $0).decision.verdict == .share }
      let names = shared.isEmpty ? "nothing" : shared.map(\.name).joined(separator: ", ")
      Output.print("in order: \(names) shared")
      for note in notes(agreement) { Output.print("note: \(note)") }
    }
    try Self.fail(agreement)
  }

  /// What is allowed, and perhaps not meant.
  private func notes(_ agreement: Agreement) -> [String] {
    var notes: [String] = []
    if let offer = agreement.offer, let accepted = agreement.consent?.accepts?.value,
      agreement.sharesSomething, offer.revision.value != accepted
    {
      let place = FilePlace(file: agreement.offerFile, place: offer.revision.place)
      notes.append(
        "\(place): the offer is revision \(offer.revision.value); what was accepted of revision "
          + "\(accepted) goes on, and nothing new is shared until you write accepts = "
          + "\(offer.revision.value)")
    }
    if case .new = agreement.acceptance {
      notes.append("accordd has not recorded yet what was accepted: nothing is sent before it has")
    }
    let later = Catalog.signals.filter(agreement.isAskedForLater).map(\.name)
    if !later.isEmpty {
      notes.append(
        "asked for since the offer was accepted, and not sent: \(later.joined(separator: ", "))")
    }
    if let file = agreement.offer?.certificatePath(in: installation.locations.configuration),
      let problem = installation.locations.trustedOwners.problem(withCertificates: file)
    {
      notes.append("\(problem)")
    }
    for source in DataSource.allCases {
      for entry in agreement.offer?.requests[source]?.signals ?? []
      where !Catalog.signals.contains(where: { $0.source == source && entry.value.matches($0.name) }
      ) {
        let place = FilePlace(file: agreement.offerFile, place: entry.place)
        notes.append(
          "\(place): \"\(entry.value.text)\" matches no \(source.name) signal of this version")
      }
    }
    return notes
  }

  /// Ends the command when there is no valid agreement, with every problem on standard error.
  static func fail(_ agreement: Agreement) throws {
    for problem in agreement.problems { Process.print("\(problem)\n", to: 2) }
    switch agreement.standing {
    case .none:
      throw CommandFailure(
        .noAgreement, "there is no consent at \(agreement.consentFile): nothing is sampled or sent")
    case .held:
      throw CommandFailure(.noAgreement, "nothing is sampled or sent until this is mended")
    case .inForce:
      if agreement.offerProblem != nil {
        throw CommandFailure(.noAgreement, agreement.heldSharing)
      }
    }
  }
}
