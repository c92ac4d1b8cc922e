// Rule 9: databases and a pseudonym that do not belong together are a copy: a cloned image, a spool from a backup,
// a state directory of another appliance. Sending from one would tell the past, or tell it twice, or under
// somebody else's name.
//
// The ledger and the spool were begun as a pair (a random id in both). Each remembers how far the other was: the
// spool's epoch (one more with each change of its grants) and its newest batch stand in the ledger, the ledger's
// newest row in the spool. These only grow, so an older copy of either shows. The ledger also remembers its own
// inode, which every way of copying files changes, the machine (a salted digest of /etc/machine-id, which whoever
// clones an image has to change) and the pseudonym. What is remembered may be older than the other database is, after
// a crash, never newer. It is written at the start, at the end, when grants change and after each upload: a copy of
// the spool from between holds nothing that was sent or revoked since.
//
// What this cannot see: a whole file system put back by a snapshot, with the machine's own id.

internal import Digest
internal import Handshake
internal import JSON
internal import Linux
package import SQLite
internal import Telemetry

package enum Pair {
  /// Why the files of `directory` do not belong together, as a clause; nil when they do.
  ///
  /// - Parameter machineFile: /etc/machine-id; a missing one says nothing.
  package static func mismatch(
    _ ledger: borrowing Ledger, _ spool: borrowing Spool, machineFile: String
  ) throws(RecordingError) -> String? {
    try mismatch(ledger, spool.store.database, spool.store.directory, machineFile)
  }

  /// As above, for the program that delivers.
  package static func mismatch(
    _ ledger: borrowing Ledger, _ outbox: borrowing Outbox, _ directory: StateDirectory,
    machineFile: String
  ) throws(RecordingError) -> String? {
    try mismatch(ledger, outbox.database, directory, machineFile)
  }

  private static func mismatch(
    _ ledger: borrowing Ledger, _ spool: borrowing Database, _ directory: StateDirectory,
    _ machineFile: String
  ) throws(RecordingError) -> String? {
    do {
      if let problem = try placeMismatch(ledger, directory, machineFile) { return problem }
    } catch { throw .file(error) }
    do { return try databaseMismatch(ledger, spool) } catch { throw .database(error) }
  }

  private static func placeMismatch(
    _ ledger: borrowing Ledger, _ directory: StateDirectory, _ machineFile: String
  ) throws(SystemError) -> String? {
    func remembered(_ mark: Ledger.Mark) -> String? { (try? ledger.text(mark)) ?? nil }
    if let inode = remembered(.inode), inode != inodeText(directory.ledger) {
      return "the ledger is a copy of another file"
    }
    if let machine = remembered(.machine), let salt = remembered(.pair),
      let current = machineDigest(machineFile, salt: salt), current != machine
    {
      return "the ledger was begun on another machine"
    }
    if let identity = remembered(.identity),
      identity != (try Identity.current(directory)).map(digest)
    {
      return "the pseudonym is not the one that the ledger knows"
    }
    return nil
  }

  private static func databaseMismatch(
    _ ledger: borrowing Ledger, _ spool: borrowing Database
  ) throws(SQLiteError) -> String? {
    let known = try spool.pairState()
    let isEmpty = try spool.integer("SELECT NOT EXISTS (SELECT 1 FROM grants)") != 0
    // A spool that was begun anew holds nothing of the past; and a ledger that was begun anew is waiting already.
    guard !isEmpty, let pair = try ledger.text(.pair) else { return nil }
    guard known.pair == pair else {
      return "the spool and the ledger were not begun together"
    }
    let (epoch, newest) = (
      try ledger.integer(.spoolEpoch) ?? 0, try ledger.integer(.spoolNewest) ?? 0
    )
    if known.epoch < epoch || known.newest < newest { return "the spool is an older copy" }
    return known.ledgerNumber > (try ledger.head().number) ? "the ledger is an older copy" : nil
  }

  /// Remembers in each database how far the other is. Writes only what changed.
  package static func remember(
    _ ledger: borrowing Ledger, _ spool: borrowing Spool, machineFile: String
  ) throws(SQLiteError) {
    let id = try ledger.text(.pair) ?? Hexadecimal.text(Random.bytes(16))
    try remember(id, ledger, spool.store.database, spool.store.directory, machineFile)
  }

  /// As above, for the program that delivers.
  package static func remember(
    _ ledger: borrowing Ledger, _ outbox: borrowing Outbox, _ directory: StateDirectory,
    machineFile: String
  ) throws(SQLiteError) {
    guard let id = try ledger.text(.pair) else { return }
    try remember(id, ledger, outbox.database, directory, machineFile)
  }

  private static func remember(
    _ id: String, _ ledger: borrowing Ledger, _ spool: borrowing Database,
    _ directory: StateDirectory, _ machineFile: String
  ) throws(SQLiteError) {
    let known = try spool.pairState()
    // A pseudonym that nothing is shared under is none: somebody put it back after it was removed.
    let hasOpenGrant =
      try spool.integer("SELECT EXISTS (SELECT 1 FROM grants WHERE closed_ms IS NULL)") != 0
    let marks: [(Ledger.Mark, String?)] = [
      (.pair, id), (.inode, inodeText(directory.ledger)),
      (.machine, machineDigest(machineFile, salt: id)),
      (.identity, hasOpenGrant ? ((try? Identity.current(directory)) ?? nil).map(digest) : nil),
      (.spoolEpoch, String(known.epoch)), (.spoolNewest, String(known.newest)),
    ]
    for case (let mark, let value?) in marks where try ledger.text(mark) != value {
      try ledger.database.transaction { () throws(SQLiteError) in
        for case (let mark, let value?) in marks { try ledger.set(mark, value) }
      }
      break
    }
    try spool.remember(pair: id, ledgerNumber: try ledger.head().number)
  }

  /// Makes what does not belong together this appliance's own: the pseudonym goes, every grant is closed, and sharing
  /// waits until the offer is accepted anew. After a crash in the middle it is found and done again.
  package static func adopt(
    _ ledger: borrowing Ledger, _ spool: borrowing Spool, because reason: String,
    machineFile: String, atMilliseconds time: Int64
  ) throws(RecordingError) {
    let hadIdentity: Bool
    do {
      hadIdentity = try Identity.current(spool.store.directory) != nil
      try HashKeyFile.remove(spool.store.directory)
      try Identity.remove(spool.store.directory)
    } catch { throw .file(error) }
    do {
      try spool.store.database.transaction { () throws(SQLiteError) in
        try spool.store.database.execute(
          "UPDATE grants SET closed_ms = \(time) WHERE closed_ms IS NULL")
        try spool.store.database.raiseEpoch()
      }
      let id = Hexadecimal.text(Random.bytes(16))
      try ledger.database.transaction { () throws(SQLiteError) in
        for mark in [Ledger.Mark.inode, .machine, .identity, .spoolEpoch, .spoolNewest] {
          try ledger.remove(mark)
        }
        try ledger.set(.pair, id)
        try ledger.set(.wait, LedgerFacts.Wait.copied.name)
        try ledger.appendInTransaction(.databasesCopied, atMilliseconds: time) {
          $0.member("reason", reason)
        }
        if hadIdentity {
          try ledger.appendInTransaction(.identityRemoved, atMilliseconds: time) { _ in }
        }
      }
      try remember(id, ledger, spool.store.database, spool.store.directory, machineFile)
    } catch { throw .database(error) }
  }

  private static func inodeText(_ path: String) -> String? {
    ((try? FileState.of(path)) ?? nil).map { String($0.inode) }
  }

  private static func machineDigest(_ path: String, salt: String) -> String? {
    guard let bytes = try? FileDescriptor.open(path, .readOnly).readAll(limitBytes: 256),
      !bytes.isEmpty
    else { return nil }
    return SHA256(of: Array(salt.utf8) + bytes).description
  }

  private static func digest(_ pseudonym: String) -> String {
    SHA256(of: Array(pseudonym.utf8)).description
  }
}

extension Database {
  struct PairState {
    let pair: String?
    let epoch: Int64
    let newest: Int64
    let ledgerNumber: Int64
  }

  /// What the spool knows of the pair.
  func pairState() throws(SQLiteError) -> PairState {
    var query = try prepare(
      """
      SELECT (SELECT value FROM upload_state WHERE key = 'pair'),
        coalesce((SELECT value FROM upload_state WHERE key = 'epoch'), 0),
        coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'batches'), 0),
        coalesce((SELECT value FROM upload_state WHERE key = 'ledger_number'), 0)
      """)
    guard try query.step() else {
      return PairState(pair: nil, epoch: 0, newest: 0, ledgerNumber: 0)
    }
    return PairState(
      pair: query.isNull(0) ? nil : query.text(0), epoch: query.integer(1),
      newest: query.integer(2), ledgerNumber: query.integer(3))
  }

  /// One more change of the spool's grants.
  func raiseEpoch() throws(SQLiteError) {
    try execute(
      """
      INSERT INTO upload_state VALUES ('epoch', 1) ON CONFLICT (key) DO UPDATE SET value = value + 1
      """)
  }

  fileprivate func remember(pair: String, ledgerNumber: Int64) throws(SQLiteError) {
    let known = try pairState()
    guard known.pair != pair || known.ledgerNumber != ledgerNumber else { return }
    var statement = try prepare(
      "INSERT OR REPLACE INTO upload_state VALUES ('pair', ?), ('ledger_number', ?)")
    statement.bind(pair)
    statement.bind(ledgerNumber)
    try statement.run()
  }
}
