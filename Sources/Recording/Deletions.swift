// What has been removed from a database, and what is still owed. A deletion is recorded in one small transaction: from
// that commit on nothing that it covers is read, shown or sent, by either program. The bytes go with the rewrite that
// follows.
//
// There are three kinds. A source that is no longer agreed takes its batches with it. So does a coarser [resolution]
// with what is pending and finer. A withheld signal or a tightened redaction changes the dictionaries at once, so that
// the columns of what was withdrawn have no name any more, and the rewrite cuts them out of their batches.

package import SQLite
package import Telemetry

/// What a narrower agreement removes, or removed.
package struct Deletion: Equatable, Sendable {
  package let source: DataSource
  /// The line that says so.
  package let reason: String
  /// Batches stay, without the columns that were withdrawn.
  package let isPartial: Bool
  /// Series that were withdrawn.
  package let series: Int64
  /// Series and sets of facts that go on under other attributes.
  package let redacted: Int64
  /// Batches removed. Of a partial deletion this and the next two are known when it is done.
  package let batches: Int64
  package let recut: Int64
  package let readings: Int64
  package let recordedMilliseconds: Int64
  /// Nil while the bytes are still owed.
  package let doneMilliseconds: Int64?
}

extension Deletion {
  init(
    _ source: DataSource, _ reason: String, batches: Int64 = 0, readings: Int64 = 0,
    series: Int64 = 0, redacted: Int64 = 0, isPartial: Bool = false, at time: Int64
  ) {
    self.init(
      source: source, reason: reason, isPartial: isPartial, series: series, redacted: redacted,
      batches: batches, recut: 0, readings: readings, recordedMilliseconds: time,
      doneMilliseconds: nil)
  }
}

enum Deletions {
  static func all(
    _ database: borrowing Database, condition: String = ""
  ) throws(SQLiteError) -> [Deletion] {
    var rows = try database.prepare(
      """
      SELECT source, reason, is_partial, series, redacted, batches, recut, readings, recorded_ms, done_ms
      FROM deletions \(condition) ORDER BY number
      """)
    var deletions: [Deletion] = []
    while try rows.step() {
      guard let source = DataSource(rawValue: UInt8(clamping: rows.integer(0))) else { continue }
      deletions.append(
        Deletion(
          source: source, reason: rows.text(1), isPartial: rows.integer(2) != 0,
          series: rows.integer(3), redacted: rows.integer(4), batches: rows.integer(5),
          recut: rows.integer(6), readings: rows.integer(7), recordedMilliseconds: rows.integer(8),
          doneMilliseconds: rows.optionalInteger(9)))
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

  /// What was done at this moment.
  package func deletions(doneAtMilliseconds time: Int64) throws(SQLiteError) -> [Deletion] {
    try Deletions.all(store.database, condition: "WHERE done_ms = \(time)")
  }
}

extension History {
  /// Whether a recorded deletion waits for its rewrite.
  package func owesDeletion() throws(SQLiteError) -> Bool {
    try Deletions.areOwed(in: store.database)
  }

  /// What was done at this moment.
  package func deletions(doneAtMilliseconds time: Int64) throws(SQLiteError) -> [Deletion] {
    try Deletions.all(store.database, condition: "WHERE done_ms = \(time)")
  }
}

extension RecordStore {
  /// Records the deletion of everything of a source. Returns nil when there is nothing.
  ///
  /// - Parameters:
  ///   - extraCondition: which of the source's batches.
  ///   - remains: what may be left of the source when all its batches were evicted: a table and a condition.
  func recordDeletion(
    of source: DataSource, reason: String, extraCondition: String = "", remains: String,
    nowMilliseconds: Int64
  ) throws(SQLiteError) -> Deletion? {
    try database.transaction { () throws(SQLiteError) in
      var query = try database.prepare(
        """
        SELECT count(*), coalesce(sum(readings), 0), coalesce(max(number), 0),
          EXISTS (SELECT 1 FROM \(remains) AND source = ?1) AND NOT EXISTS (
            SELECT 1 FROM deletions WHERE source = ?1 AND done_ms IS NULL AND NOT is_partial)
        FROM live WHERE source = ?1 \(extraCondition)
        """)
      query.bind(Int64(source.rawValue))
      guard try query.step(), query.integer(0) > 0 || query.integer(3) != 0 else { return nil }
      let deletion = Deletion(
        source, reason, batches: query.integer(0), readings: query.integer(1), at: nowMilliseconds)
      try record(deletion, upTo: query.integer(2))
      return deletion
    }
  }

  /// Writes a deletion down. Runs inside the caller's transaction.
  func record(
    _ deletion: Deletion, upTo number: Int64, finerThanMilliseconds: Int64? = nil
  ) throws(SQLiteError) {
    var insertion = try database.prepare(
      """
      INSERT INTO deletions (source, up_to, finer_than_ms, is_partial, reason, series, redacted, batches, recut,
        readings, recorded_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)
      """)
    insertion.bind(Int64(deletion.source.rawValue))
    insertion.bind(number)
    insertion.bind(finerThanMilliseconds)
    insertion.bind(deletion.isPartial ? 1 : 0)
    insertion.bind(deletion.reason)
    insertion.bind(deletion.series)
    insertion.bind(deletion.redacted)
    insertion.bind(deletion.batches)
    insertion.bind(deletion.readings)
    insertion.bind(deletion.recordedMilliseconds)
    try insertion.run()
  }

  var newestBatch: Int64 {
    get throws(SQLiteError) {
      try database.integer("SELECT coalesce(max(number), 0) FROM batches")
    }
  }
}
