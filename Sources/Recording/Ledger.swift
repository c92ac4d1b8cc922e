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

internal import Digest
package import Handshake
package import JSON
package import SQLite
internal import Telemetry

package struct Ledger: ~Copyable {
  let database: Database

  package static func open(
    _ directory: StateDirectory, busyMilliseconds: Int32
  ) throws(RecordingError) -> Ledger {
    Ledger(
      database: try Store.openForWriting(
        directory.ledger, .ledger, in: directory, busyMilliseconds: busyMilliseconds))
  }

  init(database: consuming Database) { self.database = database }

  /// Forgets what only an entry needs.
  package func releaseUnusedMemory() { database.releaseUnusedMemory() }

  package enum Event: String, Sendable {
    case agreementChanged = "agreement-changed"
    case offerAccepted = "offer-accepted"
    case grantOpened = "grant-opened"
    case grantClosed = "grant-closed"
    case deletionRecorded = "deletion-recorded"
    case deletionDone = "deletion-done"
    case readingsLost = "readings-lost"
    case databaseSetAside = "database-set-aside"
    case databasesCopied = "databases-copied"
    case identityCreated = "identity-created"
    case identityRemoved = "identity-removed"
    case upload = "upload"
    case deletionAsked = "deletion-asked"
  }

  /// Appends a row; `detail` writes the members of its JSON object.
  package func append(
    _ event: Event, atMilliseconds time: Int64, _ detail: (inout JSONWriter) -> Void
  ) throws(SQLiteError) {
    try database.transaction { () throws(SQLiteError) in
      try appendInTransaction(event, atMilliseconds: time, detail)
    }
  }

  /// As above, as a part of the caller's transaction.
  func appendInTransaction(
    _ event: Event, atMilliseconds time: Int64, _ detail: (inout JSONWriter) -> Void
  ) throws(SQLiteError) {
    var writer = JSONWriter()
    writer.object(detail)
    let text = writer.text
    let (number, previous) = try head()
    var insertion = try database.prepare("INSERT INTO ledger VALUES (?, ?, ?, ?, ?)")
    insertion.bind(number + 1)
    insertion.bind(time)
    insertion.bind(event.rawValue)
    insertion.bind(text)
    insertion.bind(
      Self.hash(previous, number + 1, time, Array(event.rawValue.utf8), Array(text.utf8)))
    try insertion.run()
  }

  /// Whether the answer to a delivery is written down already. Looks from the newest row backwards.
  package func holdsUpload(_ delivery: String) throws(SQLiteError) -> Bool {
    var query = try database.prepare(
      "SELECT 1 FROM ledger WHERE kind = ? AND instr(detail, ?) ORDER BY number DESC LIMIT 1")
    query.bind(Event.upload.rawValue)
    query.bind(delivery)
    return try query.step()
  }

  /// The number and the hash of the newest row.
  package func head() throws(SQLiteError) -> (number: Int64, hash: [UInt8]) {
    var query = try database.prepare("SELECT number, hash FROM ledger ORDER BY number DESC LIMIT 1")
    guard try query.step() else { return (0, [UInt8](repeating: 0, count: 32)) }
    return (query.integer(0), query.blob(1))
  }

  /// The number of the first row that does not follow from the one before it, nil when the chain holds.
  package func firstBrokenRow() throws(SQLiteError) -> Int64? {
    var rows = try database.prepare(
      "SELECT number, at_ms, kind, detail, hash FROM ledger ORDER BY number")
    var (number, hash): (Int64, [UInt8]) = (0, [UInt8](repeating: 0, count: 32))
    while try rows.step() {
      number += 1
      // The bytes, not the text: reading as text would stop at a zero and mend what is no UTF-8.
      hash = Self.hash(hash, rows.integer(0), rows.integer(1), rows.blob(2), rows.blob(3))
      guard rows.integer(0) == number, rows.blob(4) == hash else { return number }
    }
    return nil
  }

  private static func hash(
    _ previous: [UInt8], _ number: Int64, _ time: Int64, _ kind: [UInt8], _ detail: [UInt8]
  ) -> [UInt8] {
    let newline = UInt8(ascii: "\n")
    return SHA256(
      of: previous + Array("\(number)\n\(time)\n".utf8) + kind + [newline] + detail
    ).bytes
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
      var query = try database.prepare("SELECT fingerprint FROM agreements WHERE content = ?")
      query.bind(content)
      if try query.step() { return query.blob(0) }
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
    guard let database = try Store.openForReading(directory.ledger, .ledger, in: directory) else {
      return nil
    }
    do { return try Ledger(database: database).trustedMoment() } catch { throw .database(error) }
  }

  package func trustedMoment() throws(SQLiteError) -> TrustedMoment? {
    var query = try database.prepare("SELECT boot, boot_ms, unix_ms FROM trusted_time")
    guard try query.step() else { return nil }
    return TrustedMoment(
      boot: query.text(0), bootTimeMilliseconds: query.integer(1),
      unixMilliseconds: query.integer(2))
  }
}
