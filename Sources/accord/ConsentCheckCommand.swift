internal import ArgumentParser
internal import Configuration
internal import Handshake
internal import JSON
internal import Linux
internal import TOML
internal import Telemetry

struct ConsentCheckCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Whether both files can be read, and what they come to. Changes nothing.",
    discussion: """
      Exit code 4 when there is no valid agreement; every problem says where, what was expected and what to do.

      Example: accord consent check
      """)

  @OptionGroup var installation: InstallationOptions

  func run() throws {
    try ApplianceStatus.checkReadable(installation.locations)
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
    if let (note, kept, signal) = agreement.evadedRedaction {
      notes.append(
        "\(note.text): in \(signal.name) interfaces have their names under \(kept), which is kept; if you do not mean "
          + "that, write \(kept) into [redact] too")
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

  /// Ends the command when there is no valid agreement, with what is wrong on standard error.
  static func fail(_ agreement: Agreement) throws {
    if let complaint = agreement.complaint {
      Process.print("\(complaint)\n", to: 2)
      throw CommandFailure(.noAgreement, "")
    }
    guard agreement.standing == .none else { return }
    throw CommandFailure(
      .noAgreement, "there is no consent at \(agreement.consentFile): nothing is sampled or sent")
  }
}
