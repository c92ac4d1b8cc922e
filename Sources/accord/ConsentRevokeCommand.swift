internal import ArgumentParser
internal import Configuration
internal import Delivery
internal import Handshake
internal import Linux
internal import Recording
internal import TOML
internal import Telemetry

struct ConsentRevokeCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Take back what was agreed, all of it or single sources, and remove what was kept.",
    discussion: """
      Nothing further is sampled or sent from the moment when consent.toml is in place; what was kept is removed \
      before the command returns, or named as owed (exit code 1). Nobody is told, unless --ask-deletion is given: \
      that sends one notice to the receiver, asking that what it has be deleted. The notice names the service \
      "accord", the pseudonym and the sources that are taken back, and nothing else. It is not sent when nothing \
      was sent under this pseudonym.

      Without SOURCE everything is refused, whatever state consent.toml is in: one that cannot be understood is \
      replaced, and kept beside it as consent.toml.replaced.

      Example: accord consent revoke environment
      """)

  @OptionGroup var installation: InstallationOptions

  @Argument(
    help: "What is taken back; without any, everything.",
    completion: .list(DataSource.allCases.map(\.name)))
  var sources: [String] = []

  @Flag(help: "Go on keeping it on this appliance, where nobody else sees it.")
  var local = false

  @Flag(
    help: "Ask the receiver to delete what it has, by the pseudonym and the names of the sources.")
  var askDeletion = false

  mutating func validate() throws { for name in sources { _ = try SourceChange.source(name) } }

  func run() throws {
    let locations = installation.locations
    let change = try makeChange(locations)
    let accepted = askDeletion ? AcceptedOffer.latest(change.before, locations) : nil
    var effect = try change.carryOut(deletes: true)
    if askDeletion { ask(accepted, change, &effect) }
    if installation.json { effect.printObject() } else { effect.print(isRevocation: true) }
    try effect.fail()
  }

  /// Asks whoever got something: the receiver of the offer that had been accepted.
  private func ask(
    _ accepted: AcceptedOffer?, _ change: ConsentChange, _ effect: inout ConsentEffect
  ) {
    guard let accepted, let pseudonym = effect.pseudonym else {
      effect.request = DeletionRequest.Outcome(
        isTaken: false,
        answer:
          "there is no pseudonym under which anything could have been sent, or no offer that was accepted"
      )
      return
    }
    effect.isPseudonymUnused = effect.inFlight.isEmpty && hasSentNothing
    if effect.isPseudonymUnused {
      effect.request = DeletionRequest.Outcome(
        isTaken: false,
        answer:
          "nothing was sent under this pseudonym; earlier ones were printed when they were taken back"
      )
      return
    }
    effect.request = DeletionRequest.send(
      installation.locations, to: accepted.offer, pseudonym: pseudonym,
      sources: change.revoked.filter { accepted.offer.requests[$0] != nil },
      clock: installation.locations.clock)
  }

  /// Whether the ledger vouches for it. Where it cannot be read, something may have been sent.
  private var hasSentNothing: Bool {
    do {
      return try Ledger.openForReading(StateDirectory(installation.locations.state))?
        .hasSentNothingUnderThePseudonym() ?? false
    } catch { return false }
  }

  private func makeChange(_ locations: Locations) throws -> ConsentChange {
    if sources.isEmpty, !local { return try .takingBackEverything(locations) }
    var file = try ConsentFile.read(locations)
    guard file.state != nil else {
      throw CommandFailure(
        .noAgreement,
        "there is no \(locations.consent): there is no consent, and nothing is shared; nothing was changed; "
          + ConsentFile.wayOut)
    }
    try file.checkEditable(locations)
    let consent = try file.consent.get()
    let named = try sources.isEmpty ? DataSource.allCases : sources.map(SourceChange.source)
    for source in named {
      guard local else {
        try file.set(source, to: .deny)
        continue
      }
      // What is denied stays denied.
      if consent.sources[source]?.value == .share { try file.set(source, to: .local) }
    }
    let change = ConsentChange(locations, file)
    try ConsentSetCommand.checkInForce(change)
    return change
  }
}

extension ConsentChange {
  /// What a revocation without a source does. One that would not be in force as an edit of what is there, be it
  /// expired, missing or not understood, replaces the file: a word that is held would delete nothing.
  ///
  /// - Parameter toChange: whether it will be carried out, which not everybody may.
  static func takingBackEverything(
    _ locations: Locations, toChange: Bool = true
  ) throws -> ConsentChange {
    var file = try ConsentFile.read(locations, toChange: toChange)
    if case .success(let consent) = file.consent {
      for source in DataSource.allCases where consent.sources[source] != nil {
        try file.set(source, to: .deny)
      }
      let change = ConsentChange(locations, file)
      let isTrusted =
        locations.trustedOwners.problem(withFile: locations.consent, expected: "") == nil
      if change.after.standing == .inForce, isTrusted { return change }
    }
    return ConsentChange(locations, file.replacedByRefusal())
  }
}
