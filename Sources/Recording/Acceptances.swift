// What the ledger remembers beside its chain: which offers were accepted, and by which consent file something was
// revoked last. See LedgerFacts for what follows from it.

internal import Digest
package import Handshake
internal import JSON
internal import Linux
package import SQLite

extension Ledger {
  /// One thing to be remembered.
  package enum Mark: String {
    /// The ledger was begun by accordd, which has looked whether it is the first.
    case begun
    /// A `LedgerFacts.Wait`.
    case wait
    /// The modification time of the consent file by which something was revoked last, nanoseconds.
    case revokedModified = "revoked_modified_ns"
    /// See Pair.
    case pair
    case machine
    case inode
    case identity
    case spoolEpoch = "spool_epoch"
    case spoolNewest = "spool_newest"
    /// The agreement and the gaps of which the newest row tells.
    case agreement
    /// See Confirmation.
    case confirmed
    /// The agreement that was last followed by deletion.
    case followed
    case historyGap = "history_gap"
    case spoolGap = "spool_gap"
    /// See LedgerNames.
    case salt
    case erasing
  }

  /// What the ledger of `directory` remembers. A ledger that is missing where other files of the agent are, or that
  /// was begun after them, is a lost one.
  package static func facts(_ directory: StateDirectory) -> LedgerFacts {
    let hasTraces: Bool
    do { hasTraces = try directory.hasTraces() } catch {
      return LedgerFacts(wait: .unreadable("\(error)"))
    }
    do throws(RecordingError) {
      guard let database = try Store.openForReading(directory.ledger, .ledger, in: directory) else {
        return LedgerFacts(wait: hasTraces ? .ledgerLost : nil)
      }
      do { return try Ledger(database: database).facts(hasTraces: hasTraces) } catch {
        throw .database(error)
      }
    } catch { return LedgerFacts(wait: .unreadable("\(error)")) }
  }

  private func facts(hasTraces: Bool) throws(SQLiteError) -> LedgerFacts {
    var facts = LedgerFacts(revokedModifiedNanoseconds: try integer(.revokedModified))
    facts.wait = try text(.wait).flatMap(LedgerFacts.Wait.init(name:))
    if facts.wait == nil, hasTraces, try integer(.begun) == nil { facts.wait = .ledgerLost }
    var rows = try database.prepare("SELECT file, digest FROM acceptances")
    while try rows.step() { facts.acceptances[rows.text(0)] = rows.blob(1) }
    return facts
  }

  /// The daemon's first look at its ledger: a new one beside older files stands for one that was lost.
  package func begin(_ directory: StateDirectory) throws(RecordingError) {
    let hasTraces: Bool
    do { hasTraces = try directory.hasTraces() } catch { throw .file(error) }
    do {
      try database.transaction { () throws(SQLiteError) in
        guard try integer(.begun) == nil else { return }
        try set(.begun, 1)
        if hasTraces { try set(.wait, LedgerFacts.Wait.ledgerLost.name) }
      }
    } catch { throw .database(error) }
  }

  /// Keeps an offer as accepted: the file first and the ledger's word second, because a file alone counts for
  /// nothing. It also ends what waited for an acceptance.
  ///
  /// - Parameter consentModifiedNanoseconds: when the consent was saved that accepts it.
  package func accept(
    _ offer: AcceptedOffer, consentModifiedNanoseconds: Int64?, in directory: StateDirectory,
    atMilliseconds time: Int64
  ) throws(RecordingError) {
    let content = Array(offer.text.utf8)
    let name = AcceptedOffer.fileName(supplier: offer.supplier, revision: offer.revision)
    let digest = SHA256(of: content)
    do {
      try Directory.create(directory.accepted, mode: 0o750)
      try AtomicFile.replace(
        directory.accepted + "/" + name, with: content, mode: 0o640, durability: .synchronised)
    } catch { throw .file(error) }
    do {
      let supplier = try self.digest(ofName: offer.supplier)
      try database.transaction { () throws(SQLiteError) in
        var insertion = try database.prepare(
          "INSERT OR REPLACE INTO acceptances (file, digest, at_ms) VALUES (?, ?, ?)")
        insertion.bind(name)
        insertion.bind(digest.bytes)
        insertion.bind(time)
        try insertion.run()
        try remove(.wait)
        if let saved = consentModifiedNanoseconds { try believeConsent(savedAtNanoseconds: saved) }
        try appendInTransaction(.offerAccepted, atMilliseconds: time) { detail in
          detail.member("supplier", supplier)
          detail.member("revision", offer.revision)
          detail.member("digest", digest.description)
        }
      }
    } catch { throw .database(error) }
  }

  /// Remembers by which consent file something was revoked: an older one does not bring it back.
  package func noteRevocation(consentModifiedNanoseconds saved: Int64?) throws(SQLiteError) {
    guard let saved, saved > (try integer(.revokedModified) ?? .min) else { return }
    try set(.revokedModified, saved)
  }

  /// Whether the pseudonym of the appliance is one that was recorded here.
  package func knowsPseudonym() throws(SQLiteError) -> Bool { try text(.identity) != nil }

  package func forgetPseudonym() throws(SQLiteError) { try remove(.identity) }

  // MARK: the marks

  func integer(_ mark: Mark) throws(SQLiteError) -> Int64? {
    var query = try database.prepare("SELECT value FROM marks WHERE key = ?")
    query.bind(mark.rawValue)
    return try query.step() ? query.integer(0) : nil
  }

  func text(_ mark: Mark) throws(SQLiteError) -> String? {
    var query = try database.prepare("SELECT value FROM marks WHERE key = ?")
    query.bind(mark.rawValue)
    return try query.step() ? query.text(0) : nil
  }

  func set(_ mark: Mark, _ value: Int64) throws(SQLiteError) {
    guard try integer(mark) != value else { return }
    var statement = try database.prepare("INSERT OR REPLACE INTO marks VALUES (?, ?)")
    statement.bind(mark.rawValue)
    statement.bind(value)
    try statement.run()
  }

  func set(_ mark: Mark, _ value: String) throws(SQLiteError) {
    guard try text(mark) != value else { return }
    var statement = try database.prepare("INSERT OR REPLACE INTO marks VALUES (?, ?)")
    statement.bind(mark.rawValue)
    statement.bind(value)
    try statement.run()
  }

  func remove(_ mark: Mark) throws(SQLiteError) {
    var statement = try database.prepare("DELETE FROM marks WHERE key = ?")
    statement.bind(mark.rawValue)
    try statement.run()
  }
}

extension StateDirectory {
  /// The acceptances of this directory, as the agreement asks for them.
  package var acceptanceRecord: AcceptanceRecord {
    AcceptanceRecord(folder: accepted, ledgerFile: ledger) { Ledger.facts(self) }
  }

  /// Whether anything is here that was made after the ledger.
  func hasTraces() throws(SystemError) -> Bool {
    // The history last: where the spool is, the upload need not look for a file that its unit hides.
    for path in [spool, identity, history] where try FileState.of(path) != nil { return true }
    return try !Directory.entries(accepted).isEmpty
  }
}
