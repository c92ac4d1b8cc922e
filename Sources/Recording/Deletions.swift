package import SQLite
internal import Telemetry

/// What has been removed from a database, and what is still owed.
enum Deletions {
  static func all(_ database: borrowing Database) throws(SQLiteError) -> [Deletion] {
    var rows = try database.prepare(
      "SELECT source, reason, batches, readings, recorded_ms, done_ms FROM deletions ORDER BY number"
    )
    var deletions: [Deletion] = []
    while try rows.step() {
      guard let source = DataSource(rawValue: UInt8(clamping: rows.integer(0))) else { continue }
      deletions.append(
        Deletion(
          source: source, reason: rows.text(1), batches: rows.integer(2), readings: rows.integer(3),
          recordedMilliseconds: rows.integer(4), doneMilliseconds: rows.optionalInteger(5)))
    }
    return deletions
  }

  static func areOwed(in database: borrowing Database) throws(SQLiteError) -> Bool {
    try database.integer("SELECT EXISTS (SELECT 1 FROM deletions WHERE done_ms IS NULL)") != 0
  }
}

extension Spool {
  /// Whether a recorded deletion waits for its rewrite.
  package func owesDeletion() throws(SQLiteError) -> Bool {
    try Deletions.areOwed(in: store.database)
  }
}

extension History {
  /// Whether a recorded deletion waits for its rewrite.
  package func owesDeletion() throws(SQLiteError) -> Bool {
    try Deletions.areOwed(in: store.database)
  }
}
