package import SQLite
package import Telemetry

/// How much of one source a database holds in one state.
package struct RecordTotal: Equatable, Sendable {
  package let source: DataSource
  package let state: BatchState
  package let batches: Int64
  package let readings: Int64
  package let bytes: Int64
}

/// What `accord status` says of a database, from the totals that its triggers keep.
package struct RecordSummary: Equatable, Sendable {
  package let totals: [RecordTotal]
  package let deletions: [Deletion]
  package let gaps: [Gap]

  /// Reads history.db, nil when nothing was ever recorded.
  package static func ofHistory(_ directory: StateDirectory) throws(RecordingError)
    -> RecordSummary?
  {
    guard let database = try Store.openForReading(directory.history, .history, in: directory) else {
      return nil
    }
    do { return try RecordSummary(database) } catch { throw .database(error) }
  }

  package static func ofSpool(_ outbox: borrowing Outbox) throws(SQLiteError) -> RecordSummary {
    try RecordSummary(outbox.database)
  }

  private init(_ database: borrowing Database) throws(SQLiteError) {
    var totals: [RecordTotal] = []
    var rows = try database.prepare(
      "SELECT source, state, batches, readings, bytes FROM totals WHERE batches > 0 ORDER BY source, state"
    )
    while try rows.step() {
      guard let source = DataSource(rawValue: UInt8(clamping: rows.integer(0))),
        let state = BatchState(rawValue: rows.integer(1))
      else { continue }
      totals.append(
        RecordTotal(
          source: source, state: state, batches: rows.integer(2), readings: rows.integer(3),
          bytes: rows.integer(4)))
    }
    self.totals = totals
    deletions = try Deletions.all(database)
    gaps = try Gaps.all(database)
  }
}
