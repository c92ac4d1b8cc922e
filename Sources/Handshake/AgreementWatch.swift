// Keeps the agreement as the two files say it at this moment.
//
// Both files and the folders on the way to them are looked at before every tick and every seal, which costs two `lstat`
// and three `stat` calls on an installed system (2 and 3 microseconds, of a tick of 500) and no allocation
// while nothing moves. Size and modification time are not enough to notice an edit (`cp -p`, `touch -r`,
// a chmod), so the change time, the inode, the mode and the owner count too; and because file times are as
// coarse as the kernel's tick, a file that was seen to move is read again at every look until two seconds
// later. The boot clock counts them: file times come from the wall clock, which may be wrong.
// Both halves are read and then looked at again: if one moved meanwhile, everything is held until the next
// look, because nobody ever agreed to that combination.

internal import Digest
internal import Linux
internal import TOML
internal import Telemetry

package struct AgreementWatch: ~Copyable {
  package private(set) var agreement: Agreement
  /// The boot clock when the agreement last changed.
  package private(set) var unchangedSinceMilliseconds: Int64

  private let consentPath: String
  private let offerPath: String
  private let record: AcceptanceRecord
  private let owners: TrustedOwners
  private var consentState: FileState?
  private var offerState: FileState?
  private var consentFile: AgreementFile = .missing
  private var offerFile: AgreementFile = .missing
  private var facts = LedgerFacts.none
  /// Those on the way to both files. A chmod of a folder leaves no trace in the files.
  private var folders: [Folder] = []
  /// What was kept of the revision that the consent accepts.
  private var acceptedPath: String?
  private var acceptedState: FileState?
  private var mustReadAgain = true
  /// The boot clock when a file was last seen to move.
  private var movedAtMilliseconds: Int64 = 0

  package init(
    consentPath: String, offerPath: String, record: AcceptanceRecord,
    trusting owners: TrustedOwners
  ) {
    self.consentPath = consentPath
    self.offerPath = offerPath
    self.record = record
    self.owners = owners
    unchangedSinceMilliseconds = 0
    agreement = Agreement(
      consent: nil, consentFile: consentPath, offer: nil, offerFile: offerPath,
      kept: nil, nowMilliseconds: 0)
  }

  /// Whether the customer's word that is in force allows less than the one before it did.
  package private(set) var takesBack = false
  private var lastInForce: Agreement?

  /// When the consent file was last saved, nil when there is none: nanoseconds since 1970.
  package var consentModifiedNanoseconds: Int64? { consentState?.modifiedNanoseconds }

  /// Looks at both files, and at the time. Returns whether the agreement is another one than before.
  ///
  /// - Parameter nowMilliseconds: Unix time by which `until` passes.
  package mutating func refresh(
    bootTimeMilliseconds: Int64, nowMilliseconds: Int64
  ) -> Bool {
    let isMoved = !isUnchanged()
    if isMoved { movedAtMilliseconds = bootTimeMilliseconds }
    guard mustReadAgain || isMoved || hasCrossedItsEnd(at: nowMilliseconds) else { return false }
    let before = agreement
    if mustReadAgain || isMoved { read(bootTimeMilliseconds) }
    decide(nowMilliseconds)
    guard !agreement.says(theSameAs: before) || unchangedSinceMilliseconds == 0 else {
      return false
    }
    unchangedSinceMilliseconds = bootTimeMilliseconds
    if agreement.standing == .inForce {
      takesBack = lastInForce.map { agreement.allowsLess(than: $0) } ?? false
      lastInForce = agreement
    }
    return true
  }

  /// Has everything read anew at the next look, because what the ledger remembers is another.
  package mutating func readAgain() { mustReadAgain = true }

  /// Whether the customer's word has stood long enough to be followed by deletion.
  package func hasSettled(bootTimeMilliseconds: Int64) -> Bool {
    agreement.standing == .inForce
      && bootTimeMilliseconds >= settlesAtMilliseconds
  }

  /// The boot clock at which the customer's word will have stood long enough.
  package var settlesAtMilliseconds: Int64 {
    unchangedSinceMilliseconds + Limits.settlingMilliseconds
  }

  /// What the agreement would be if the consent said this and nothing else moved. It is this watch's agreement until
  /// the next look.
  package mutating func agreement(
    ifConsentSays text: [UInt8], nowMilliseconds: Int64
  ) -> Agreement {
    consentFile = .content(text)
    mustReadAgain = true
    decide(nowMilliseconds)
    return agreement
  }

  /// A file that cannot be looked at has no state, like one that is missing; reading it says why.
  private func areHalvesUnchanged() -> Bool {
    (try? FileState.of(consentPath, followsLink: false)) == consentState
      && (try? FileState.of(offerPath, followsLink: false)) == offerState
      && folders.allSatisfy { $0.isUnchanged }
  }

  private func isUnchanged() -> Bool {
    guard areHalvesUnchanged() else { return false }
    guard let acceptedPath else { return true }
    return (try? FileState.of(acceptedPath)) == acceptedState
  }

  /// Whether `until` has passed since the last look; or, when a wrong clock was put right, has not any more.
  private func hasCrossedItsEnd(at nowMilliseconds: Int64) -> Bool {
    guard let until = agreement.consent?.until else { return false }
    return (until.value.startMilliseconds <= nowMilliseconds) == (agreement.standing == .inForce)
  }

  private mutating func read(_ bootTimeMilliseconds: Int64) {
    folders = Folder.onTheWay(to: [consentPath, offerPath], owners)
    (consentFile, consentState) = AgreementFile.read(consentPath, trusting: owners)
    (offerFile, offerState) = AgreementFile.read(offerPath, trusting: owners)
    let isSteady = areHalvesUnchanged()
    if !isSteady {
      consentFile = .untrusted(
        FileProblem(
          FilePlace(file: consentPath), "an agreement file changed while it was read",
          expected: "it is read again at the next tick"))
    }
    facts = record.facts()
    holdOldConsent()
    mustReadAgain =
      !isSteady || consentFile.isUnreadable || offerFile.isUnreadable || facts.isUnreadable
      || bootTimeMilliseconds - movedAtMilliseconds < Limits.racyChangeMilliseconds
  }

  /// Rule 9: a file from before the last revocation is an old copy that came back.
  private mutating func holdOldConsent() {
    guard case .content = consentFile, let revoked = facts.revokedModifiedNanoseconds,
      let saved = consentModifiedNanoseconds, saved < revoked
    else { return }
    func time(_ nanoseconds: Int64) -> String {
      CalendarTime.rfc3339(milliseconds: nanoseconds / 1_000_000)
    }
    consentFile = .untrusted(
      FileProblem(
        FilePlace(file: consentPath),
        "it was last saved at \(time(saved)), before what was revoked at \(time(revoked)): an old copy came back",
        expected: "if it says what you want, save it again, or: accord consent accept"))
  }

  private mutating func decide(_ nowMilliseconds: Int64) {
    let consent = consentFile.parsed(consentPath) { bytes throws(TOMLError) in
      try Consent(parsing: bytes)
    }
    agreement = Agreement(
      consent: consent, consentFile: consentPath,
      offer: offerFile.parsed(offerPath) { bytes throws(TOMLError) in try Offer(parsing: bytes) },
      offerFile: offerPath, kept: readKept(try? consent?.get()),
      wait: facts.wait.map { ($0, record.ledgerFile) }, nowMilliseconds: nowMilliseconds)
  }

  /// What was kept of the revision that the consent accepts, and counts by the ledger's word.
  private mutating func readKept(_ consent: Consent?) -> Result<AcceptedOffer, FileProblem>? {
    (acceptedPath, acceptedState) = (nil, nil)
    guard let supplier = consent?.supplier?.value, let revision = consent?.accepts?.value else {
      return nil
    }
    let name = AcceptedOffer.fileName(supplier: supplier, revision: revision)
    let path = record.folder + "/" + name
    acceptedPath = path
    acceptedState = (try? FileState.of(path)) ?? nil
    // A file without the ledger's word is what a crash left in the middle of an acceptance, or not ours.
    guard let digest = facts.acceptances[name] else { return nil }
    let content: AgreementFile
    do {
      let bytes = try FileDescriptor.open(path, .readOnlyPlain).readAll(
        limitBytes: Limits.acceptedOfferBytesMax)
      content =
        SHA256(of: bytes).bytes == digest
        ? .content(bytes)
        : .untrusted(
          FileProblem(
            FilePlace(file: path),
            "this is not what was accepted: the ledger knows another content",
            expected: "read the offer again, and if you agree: accord consent accept"))
    } catch {
      content = .unreadable(
        FileProblem(
          FilePlace(file: path), "what was accepted cannot be read: \(error)",
          expected: "read the offer again, and if you agree: accord consent accept"))
    }
    return content.parsed(path) { bytes throws(TOMLError) in try AcceptedOffer(parsing: bytes) }
  }
}

/// Where what was accepted is kept, and who vouches for it.
package struct AcceptanceRecord: Sendable {
  /// Where accepted offers are kept, by `AcceptedOffer.fileName`.
  package let folder: String
  package let ledgerFile: String
  /// Asked whenever the agreement is read.
  package let facts: @Sendable () -> LedgerFacts

  package init(folder: String, ledgerFile: String, facts: @escaping @Sendable () -> LedgerFacts) {
    self.folder = folder
    self.ledgerFile = ledgerFile
    self.facts = facts
  }
}

/// A folder on the way to the files, as it was when they were read.
private struct Folder {
  private let path: String
  private let state: FileState?

  static func onTheWay(to files: [String], _ owners: TrustedOwners) -> [Folder] {
    let paths = files.flatMap { (try? owners.folders(onTheWayTo: $0)) ?? [] }
    return Set(paths).map { Folder(path: $0, state: (try? FileState.of($0)) ?? nil) }
  }

  /// Its times and size do not count: files come and go in /etc.
  var isUnchanged: Bool {
    guard let now = (try? FileState.of(path)) ?? nil, let state else { return state == nil }
    return (now.device, now.inode, now.mode, now.owner)
      == (state.device, state.inode, state.mode, state.owner)
  }
}
