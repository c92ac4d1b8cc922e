// ledger.db: the append-only record of what was agreed, revoked, dropped and sent.
//
// Each row's hash is SHA-256 over the hash before it and the row itself:
//
//   hash(0)  = 32 zero bytes
//   hash(n)  = SHA-256( hash(n-1) || "n\nat_ms\nkind\ndetail" )
//
// so that a row that was changed, removed or moved shows, and a head that has left the appliance vouches for
// everything before it. Rows hold counts, digests and random identifiers: no attribute values, no kernel
// text, no names of people. Both programs append, each in one transaction that reads the head it builds on.
// What kinds of rows there are: LedgerEvent. Who checks the chain, and what becomes of its oldest rows: LedgerChain.

internal import Digest
package import Handshake
package import JSON
internal import Linux
package import SQLite
internal import Telemetry

package struct Ledger: ~Copyable {
  let database: Database
  /// The fingerprint of the agreement that the rows to come belong to; each names it.
  package var agreement: [UInt8] = []
  /// How many rows a checkpoint leaves at least, and how many it removes.
  var rowsKept = Limits.ledgerRowsKept
  var rowsPerCheckpoint = Limits.ledgerRowsPerCheckpoint

  package static func open(
    _ directory: StateDirectory, busyMilliseconds: Int32
  ) throws(RecordingError) -> Ledger {
    let database = try Store.openForWriting(
      directory.ledger, .ledger, in: directory, busyMilliseconds: busyMilliseconds)
    // What is removed leaves no bytes: see LedgerNames.
    do { try database.execute("PRAGMA secure_delete = ON") } catch { throw .database(error) }
    return Ledger(database: database)
  }

  /// Opens the ledger for looking at, or returns nil when there is none.
  package static func openForReading(
    _ directory: StateDirectory
  ) throws(RecordingError) -> Ledger? {
    guard let database = try Store.openForReading(directory.ledger, .ledger, in: directory) else {
      return nil
    }
    return Ledger(database: database)
  }

  init(database: consuming Database) {
    inode = Self.inode(database.path)
    self.database = database
  }

  /// The file as it was when it was opened.
  private let inode: UInt64?

  /// Whether the path still leads to the open file: rows in a file without a name are lost.
  package var isInPlace: Bool { inode == Self.inode(database.path) }

  private static func inode(_ path: String) -> UInt64? { ((try? FileState.of(path)) ?? nil)?.inode }

  /// Forgets what only an entry needs.
  package func releaseUnusedMemory() { database.releaseUnusedMemory() }

  /// Appends a row; `detail` writes the members of its JSON object. Names of people and suppliers enter only as
  /// `digest(ofName:)`.
  package func append(
    _ event: Event, atMilliseconds time: Int64, _ detail: (inout JSONWriter) -> Void
  ) throws(SQLiteError) {
    try database.transaction { () throws(SQLiteError) in
      try appendInTransaction(event, atMilliseconds: time, detail)
    }
  }

  /// As above, unless the newest row about `topic` told the same `fact`: what a crash left half done, or a start
  /// finds as it was, is told once.
  package func append(
    _ event: Event, about topic: Mark, _ fact: String, atMilliseconds time: Int64,
    _ detail: (inout JSONWriter) -> Void
  ) throws(SQLiteError) {
    guard try !hasTold(topic, fact) else { return }
    try database.transaction { () throws(SQLiteError) in
      try appendInTransaction(event, atMilliseconds: time, detail)
      try set(topic, fact)
    }
  }

  /// Whether the newest row about `topic` tells this.
  package func hasTold(_ topic: Mark, _ fact: String) throws(SQLiteError) -> Bool {
    try text(topic) == fact
  }

  /// As the first, as a part of the caller's transaction.
  func appendInTransaction(
    _ event: Event, atMilliseconds time: Int64, _ detail: (inout JSONWriter) -> Void
  ) throws(SQLiteError) {
    try insert(event, time, detail)
    try removeOldest(time)
  }

  func insert(
    _ event: Event, _ time: Int64, _ detail: (inout JSONWriter) -> Void
  ) throws(SQLiteError) {
    var writer = JSONWriter()
    writer.object { object in
      if !agreement.isEmpty { object.member("agreement", Hexadecimal.text(agreement)) }
      detail(&object)
    }
    let (newest, previous) = try head()
    let row = LedgerRow(newest &+ 1, time, event.rawValue, writer.text, hash: [])
    var insertion = try database.prepare("INSERT INTO ledger VALUES (?, ?, ?, ?, ?)")
    insertion.bind(row.number)
    insertion.bind(row.atMilliseconds)
    insertion.bind(row.kind)
    insertion.bind(row.detail)
    insertion.bind(row.hash(after: previous))
    try insertion.run()
  }

  /// Whether the answer to a delivery is written down already. Looks from the newest row backwards; a checkpoint
  /// knows the newest upload of those that it stands for.
  package func holdsUpload(_ delivery: String) throws(SQLiteError) -> Bool {
    var query = try database.prepare(
      "SELECT 1 FROM ledger WHERE kind IN (?, ?) AND instr(detail, ?) ORDER BY number DESC LIMIT 1")
    query.bind(Event.upload.rawValue)
    query.bind(Event.checkpoint.rawValue)
    query.bind(delivery)
    return try query.step()
  }

  /// When something was last accepted, Unix milliseconds of the wall clock; nil when no row that is still there says so.
  /// Unlike the spool the ledger remembers it also after a revocation, or the loss of the spool.
  package static func lastAcceptedMilliseconds(
    _ directory: StateDirectory
  ) throws(RecordingError) -> Int64? {
    guard let ledger = try openForReading(directory) else { return nil }
    do {
      var query = try ledger.database.prepare(
        "SELECT at_ms FROM ledger WHERE kind = ? AND instr(detail, ?) ORDER BY number DESC LIMIT 1")
      query.bind(Event.upload.rawValue)
      query.bind("\"outcome\":\"\(DeliveryOutcome.accepted.rawValue)\"")
      return try query.step() ? query.integer(0) : nil
    } catch { throw .database(error) }
  }

  /// Whether the present pseudonym was made in a row that is still there, and no request with readings has left since.
  package func hasSentNothingUnderThePseudonym() throws(SQLiteError) -> Bool {
    var query = try database.prepare(
      """
      SELECT 1 FROM ledger WHERE kind = ?1
        AND NOT EXISTS (SELECT 1 FROM ledger AS later WHERE later.number > ledger.number AND later.kind IN (?1, ?2, ?3))
      """)
    query.bind(Event.identityCreated.rawValue)
    query.bind(Event.upload.rawValue)
    query.bind(Event.uploadTried.rawValue)
    return try query.step()
  }

  /// The number and the hash of the newest row.
  package func head() throws(SQLiteError) -> (number: Int64, hash: [UInt8]) {
    var query = try database.prepare("SELECT number, hash FROM ledger ORDER BY number DESC LIMIT 1")
    guard try query.step() else { return (0, Self.zeros) }
    return (query.integer(0), query.blob(1))
  }
}

// MARK: what both programs must agree on

extension Ledger {
  /// The fingerprint of an agreement. The nonce in it is made when the agreement is first seen, and kept.
  package func fingerprint(
    of agreement: Agreement, nonce: () -> [UInt8]
  ) throws(SQLiteError) -> [UInt8] {
    let content = agreement.contentDigest.bytes
    return try database.transaction { () throws(SQLiteError) in
      if let known = try knownFingerprint(of: agreement) { return known }
      let nonce = nonce()
      let fingerprint = agreement.fingerprint(nonce: nonce).bytes
      var insertion = try database.prepare(
        "INSERT INTO agreements (content, nonce, fingerprint) VALUES (?, ?, ?)")
      insertion.bind(content)
      insertion.bind(nonce)
      insertion.bind(fingerprint)
      try insertion.run()
      return fingerprint
    }
  }

  /// The fingerprint of an agreement that was seen before; nil of another.
  package func knownFingerprint(of agreement: Agreement) throws(SQLiteError) -> [UInt8]? {
    var query = try database.prepare("SELECT fingerprint FROM agreements WHERE content = ?")
    query.bind(agreement.contentDigest.bytes)
    return try query.step() ? query.blob(0) : nil
  }

  /// Remembers the latest moment at which somebody vouched for the time. An earlier one changes nothing.
  package func remember(_ moment: TrustedMoment) throws(SQLiteError) {
    var statement = try database.prepare(
      """
      INSERT INTO trusted_time VALUES (1, ?, ?, ?) ON CONFLICT (number) DO UPDATE
      SET boot = excluded.boot, boot_ms = excluded.boot_ms, unix_ms = excluded.unix_ms
      WHERE excluded.unix_ms > unix_ms
      """)
    statement.bind(moment.boot)
    statement.bind(moment.bootTimeMilliseconds)
    statement.bind(moment.unixMilliseconds)
    try statement.run()
  }

  /// As below, for a program that only looks; nil when nothing was ever recorded.
  package static func trustedMoment(
    _ directory: StateDirectory
  ) throws(RecordingError) -> TrustedMoment? {
    guard let ledger = try openForReading(directory) else { return nil }
    do { return try ledger.trustedMoment() } catch { throw .database(error) }
  }

  package func trustedMoment() throws(SQLiteError) -> TrustedMoment? {
    var query = try database.prepare("SELECT boot, boot_ms, unix_ms FROM trusted_time")
    guard try query.step() else { return nil }
    return TrustedMoment(
      boot: query.text(0), bootTimeMilliseconds: query.integer(1),
      unixMilliseconds: query.integer(2))
  }
}
