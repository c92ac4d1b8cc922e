internal import ArgumentParser
internal import Configuration
internal import Handshake
internal import JSON
internal import Linux
internal import Recording
internal import TOML
internal import Telemetry

struct ConsentAcceptCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "accept",
    abstract: "Read the supplier's whole offer, and agree to it.",
    discussion: """
      Shows who asks for what, why, what you get, for how long it is kept and where it is sent, every signal by its \
      name, and what differs from what was accepted before. Then it asks for the word yes. Without a consent.toml \
      it makes one that shares every source of the offer; in one that is there [sources] stays as it is.

      It is also the way to accept an offer that changed under the same revision, and to go on after files of the \
      agent were lost or restored.

      Example: accord consent accept --yes --by Operations
      """)

  @OptionGroup var installation: InstallationOptions

  @Flag(help: "Agree without being asked, for provisioning.")
  var yes = false

  @Option(help: ArgumentHelp("Who agrees; otherwise the name of the user.", valueName: "name"))
  var by: String?

  /// The name that the consent will hold.
  private var name: String { by ?? Process.userName ?? "user \(Process.user)" }

  mutating func validate() throws {
    guard PlainLine.holds(name) else {
      throw ValidationError("who agrees is \(PlainLine.expected); give the name to --by")
    }
  }

  func run() throws {
    let locations = installation.locations
    let offer = try readOffer(locations)
    var file = try ConsentFile.read(locations)
    try file.checkEditable(locations)
    let consent = file.state == nil ? nil : try file.consent.get()
    let text = OfferText(
      offer, accepted: AcceptedOffer.latest(AgreementInForce.read(locations), locations))
    let lost = LostWithReceiver(offer, StateDirectory(locations.state))
    if !installation.json {
      text.print()
      if let sentence = lost.sentence {
        Output.folded(sentence, width: Output.textWidth).forEach(Output.print)
      }
    }
    try ask()
    try file.set("supplier", to: .string(offer.supplier.value))
    try file.set("accepts", to: .integer(offer.revision.value))
    try file.set("accepted_by", to: .string(name))
    try file.set("accepted_on", to: .date(Self.today))
    if consent == nil {
      for source in DataSource.allCases where offer.requests[source] != nil {
        try file.set(source, to: .share)
      }
    }
    let effect = try ConsentChange(locations, file).carryOut(deletes: false) {
      try Self.record(offer, locations)
    }
    report(effect, text, by: name)
    try effect.fail()
    try ConsentCheckCommand.fail(effect.agreement)
  }

  private func readOffer(_ locations: Locations) throws -> Offer {
    let agreement = AgreementInForce.read(locations)
    if let offer = agreement.offer { return offer }
    // What is wrong with it is said of a consent that shares something.
    let asking = AgreementInForce.read(
      locations, ifConsentSays: Array("schema = 1\nsources.product = \"share\"\n".utf8))
    throw CommandFailure(
      .noAgreement,
      "\((asking.offerProblem.map { "\($0)" } ?? agreement.offerFile).asSentence) Nothing was accepted"
    )
  }

  private func ask() throws {
    if yes { return }
    guard Process.isTerminal(0) else {
      throw CommandFailure(
        .usage,
        "nobody can be asked here: to agree without being asked, give --yes; nothing was accepted")
    }
    Process.print("Type yes to agree to this: ", to: installation.json ? 2 : 1)
    guard readLine() == "yes" else {
      throw CommandFailure(.failed, "not accepted; nothing was changed")
    }
  }

  private static func record(_ offer: Offer, _ locations: Locations) throws {
    do {
      let directory = StateDirectory(locations.state)
      try Directory.create(locations.state, mode: 0o750)
      let ledger = try Ledger.open(directory, busyMilliseconds: Limits.commandBusyMilliseconds)
      try ledger.begin(directory)
      try ledger.accept(
        AcceptedOffer(freezing: offer),
        consentModifiedNanoseconds: try FileState.of(locations.consent)?.modifiedNanoseconds,
        in: directory, atMilliseconds: SystemClock().wallTimeMilliseconds)
    } catch {
      throw CommandFailure(
        .failed,
        "\(error). \(locations.consent) says yes, but what was accepted could not be written down: nothing is sent "
          + "before it is; repeat this command")
    }
  }

  private func report(_ effect: ConsentEffect, _ text: OfferText, by name: String) {
    let agreement = effect.agreement
    let left = DataSource.allCases.filter {
      text.offer.requests[$0] != nil && agreement.consent?.sources[$0]?.value != .share
    }
    if installation.json {
      effect.printObject { object in
        object.object("offer", text.write)
        object.member("accepted_by", name)
        object.array("not_shared") { list in for source in left { list.element(source.name) } }
      }
      return
    }
    Output.print(
      "accepted: revision \(text.offer.revision.value) of \(text.offer.supplier.value), by \(name)")
    Output.print("in force now: \(agreement.summary)")
    for source in left {
      Output.print(
        "not shared: \(source.name); to share it: accord consent set \(source.name)=share")
    }
  }

  /// By the wall clock, in UTC.
  private static var today: LocalDate {
    let parts = CalendarTime.rfc3339(milliseconds: SystemClock().wallTimeMilliseconds)
      .prefix { $0 != "T" }.split(separator: "-").compactMap { Int($0) }
    // RFC 3339 begins with the day; a clock beyond the year 9999 has none.
    guard parts.count == 3, let date = LocalDate(year: parts[0], month: parts[1], day: parts[2])
    else { preconditionFailure("the clock is beyond the calendar") }
    return date
  }
}

/// What waits for a receiver that the offer no longer names. Agreeing to another one is no word that it may have what was
/// recorded for the one before (rule 7), so it is removed.
private struct LostWithReceiver {
  private var batches: Int64 = 0
  private var readings: Int64 = 0

  init(_ offer: Offer, _ directory: StateDirectory) {
    guard let outbox = (try? Outbox.open(directory)) ?? nil else { return }
    for source in DataSource.allCases {
      let all = (try? outbox.pending(source, after: 0, limit: .max)) ?? []
      let stays = (try? outbox.pending(source, for: offer.recipient, after: 0, limit: .max)) ?? []
      batches += Int64(all.count - stays.count)
      readings += all.reduce(0) { $0 + $1.readings } - stays.reduce(0) { $0 + $1.readings }
    }
  }

  /// Nil when nothing is lost.
  var sentence: String? {
    batches == 0
      ? nil
      : "Agreeing removes \(Output.count(batches, "batch")) with \(Output.count(readings, "reading")): they wait for the "
        + "receiver of before, and no other gets them."
  }
}

extension AcceptedOffer {
  /// What was kept of the revision that the consent names, or else of the one that is there; nil when nothing was.
  static func latest(_ agreement: Agreement, _ locations: Locations) -> AcceptedOffer? {
    let (consent, offer) = (agreement.consent, agreement.offer)
    for (supplier, revision) in [
      (consent?.supplier?.value, consent?.accepts?.value),
      (offer?.supplier.value, offer?.revision.value),
    ] {
      guard let supplier, let revision else { continue }
      let path =
        StateDirectory(locations.state).accepted + "/"
        + fileName(supplier: supplier, revision: revision)
      let file = try? FileDescriptor.open(path, .readOnlyPlain)
      if let bytes = try? file?.readAll(limitBytes: Limits.acceptedOfferBytesMax),
        let accepted = try? AcceptedOffer(parsing: bytes)
      {
        return accepted
      }
    }
    return nil
  }
}
