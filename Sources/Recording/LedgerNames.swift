// The names in the ledger: suppliers, addresses, and whoever accepted an offer.
//
// The chain holds a digest of each, SHA-256 over a random salt and the name, cut to 32 digits. The name itself lies in
// a table beside the chain, from which it can be erased without breaking anything: then, and once the salt is gone,
// the digest says nothing to anybody. After a full revocation both are erased and a new salt is made, so that a new
// agreement with the same supplier cannot be told from one with another.
//
// Erasing leaves no bytes: pages that go are overwritten (`secure_delete`), and the write-ahead log, which still has
// the names, is cut to nothing. A reader may be in its way; then that is owed, and done with a later seal.

internal import Digest
internal import Linux
package import SQLite
internal import Telemetry

extension Ledger {
  /// How the chain refers to a name.
  package func digest(ofName name: String) throws(SQLiteError) -> String {
    try database.transaction { () throws(SQLiteError) in
      let digest = Hexadecimal.text(
        Array(SHA256(of: try salt() + Array(name.utf8)).bytes.prefix(16)))
      var insertion = try database.prepare(
        "INSERT OR IGNORE INTO names (digest, name) VALUES (?, ?)")
      insertion.bind(digest)
      insertion.bind(name)
      try insertion.run()
      if database.changedRows > 0 {
        try database.execute(
          "DELETE FROM names WHERE number <= \(database.lastInsertedRow - Limits.ledgerNamesMax)")
      }
      return digest
    }
  }

  private func salt() throws(SQLiteError) -> [UInt8] {
    if let kept = try text(.salt), let bytes = Hexadecimal.bytes(kept) { return bytes }
    let bytes = Random.bytes(32)
    try set(.salt, Hexadecimal.text(bytes))
    return bytes
  }

  /// The names that are still kept, by digest.
  package func names() throws(SQLiteError) -> [String: String] {
    var rows = try database.prepare("SELECT digest, name FROM names")
    var names: [String: String] = [:]
    while try rows.step() { names[rows.text(0)] = rows.text(1) }
    return names
  }

  package func hasNames() throws(SQLiteError) -> Bool {
    try database.integer("SELECT EXISTS (SELECT 1 FROM names)") != 0
  }

  /// Erases every name and the salt. The chain stays as it is.
  package func eraseNames() throws(SQLiteError) {
    try database.transaction { () throws(SQLiteError) in
      try database.execute("DELETE FROM names")
      try remove(.salt)
      try set(.erasing, 1)
    }
    try finishErasing()
  }

  /// Goes on with what a reader kept from being erased, if anything.
  package func finishErasing() throws(SQLiteError) {
    guard try integer(.erasing) != nil else { return }
    // The first column: whether somebody was in the way.
    guard try database.integer("PRAGMA wal_checkpoint(TRUNCATE)") == 0 else { return }
    try remove(.erasing)
  }
}
