// How the ledger stays bounded without breaking its chain: see LedgerChain.

internal import Digest
internal import JSON
internal import SQLite

extension Ledger {
  struct Checkpoint {
    let number: Int64
    /// The last row that was removed, and its hash.
    let through: Int64
    let hash: [UInt8]
    /// The newest delivery among the removed: its ledger row may not be marked in the spool yet.
    let upload: String?
  }

  func newestCheckpoint() throws(SQLiteError) -> Checkpoint? {
    var query = try database.prepare(
      """
      SELECT number, detail ->> '$.through', detail ->> '$.hash', detail ->> '$.upload' FROM
        (SELECT number, \(Self.validDetail) AS detail FROM ledger
          WHERE kind = 'checkpoint' ORDER BY number DESC LIMIT 1)
      """)
    guard try query.step() else { return nil }
    return Checkpoint(
      number: query.integer(0), through: query.integer(1),
      hash: Hexadecimal.bytes(query.text(2)) ?? [], upload: query.isNull(3) ? nil : query.text(3))
  }

  /// Removes a lot of the oldest rows when there are more than are kept, and appends the checkpoint that stands for
  /// them. Runs inside the caller's transaction.
  func removeOldest(_ time: Int64) throws(SQLiteError) {
    let first = try database.integer("SELECT min(number) FROM ledger")
    guard try head().number &- first >= rowsKept + rowsPerCheckpoint else { return }
    let through = first &+ rowsPerCheckpoint - 1
    var last = try database.prepare("SELECT hash FROM ledger WHERE number = ?")
    last.bind(through)
    // What somebody else has removed is not vouched for.
    guard try last.step() else { return }
    let hash = Hexadecimal.text(last.blob(0))
    last.reset()
    let earlier = first > 1 ? try newestCheckpoint() : nil
    let counts = try removedCounts(through, earlier)
    let upload = try newestUpload(through) ?? earlier?.upload
    try insert(.checkpoint, time) { detail in
      detail.member("through", through)
      detail.member("hash", hash)
      detail.object("counts") { list in for (kind, count) in counts { list.member(kind, count) } }
      if let upload { detail.member("upload", upload) }
    }
    try database.execute("DELETE FROM ledger WHERE number <= \(through)")
  }

  /// The rows up to `through` and those that were removed before, by kind.
  private func removedCounts(
    _ through: Int64, _ earlier: Checkpoint?
  ) throws(SQLiteError) -> [(kind: String, count: Int64)] {
    var rows = try database.prepare(
      """
      SELECT kind, sum(number) FROM (
        SELECT kind, count(*) AS number FROM ledger WHERE number <= ?1 GROUP BY kind
        UNION ALL SELECT key, value FROM json_each(
          (SELECT \(Self.validDetail) FROM ledger WHERE number = ?2), '$.counts'))
      GROUP BY kind ORDER BY kind
      """)
    rows.bind(through)
    rows.bind(earlier?.number)
    var counts: [(kind: String, count: Int64)] = []
    while try rows.step() { counts.append((rows.text(0), rows.integer(1))) }
    return counts
  }

  private func newestUpload(_ through: Int64) throws(SQLiteError) -> String? {
    var query = try database.prepare(
      """
      SELECT \(Self.validDetail) ->> '$.delivery' FROM ledger WHERE kind = 'upload' AND number <= ?
      ORDER BY number DESC LIMIT 1
      """)
    query.bind(through)
    guard try query.step(), !query.isNull(0) else { return nil }
    return query.text(0)
  }

  private static let validDetail = "(CASE WHEN json_valid(detail) THEN detail ELSE '{}' END)"
}
