// What was lost to a bound is written down where it happens, in the transaction that removes it. Its ledger row comes
// with the next seal: the ledger is another database, and the program that delivers loses batches as well.

internal import JSON
package import SQLite
package import Telemetry

/// What was lost to a bound, as a counted gap.
package struct Gap: Equatable, Sendable {
  package let source: DataSource
  /// "quota", "damaged" or "time-unknown".
  package let reason: String
  package let batches: Int64
  package let readings: Int64
  package let recordedMilliseconds: Int64
  let number: Int64
}

enum Gaps {
  static func all(
    _ database: borrowing Database, _ condition: String = "true"
  ) throws(SQLiteError) -> [Gap] {
    var rows = try database.prepare(
      """
      SELECT source, reason, batches, readings, recorded_ms, number FROM gaps WHERE \(condition)
      ORDER BY number
      """)
    var gaps: [Gap] = []
    while try rows.step() {
      guard let source = DataSource(rawValue: UInt8(clamping: rows.integer(0))) else { continue }
      gaps.append(
        Gap(
          source: source, reason: rows.text(1), batches: rows.integer(2), readings: rows.integer(3),
          recordedMilliseconds: rows.integer(4), number: rows.integer(5)))
    }
    return gaps
  }
}

extension Ledger {
  package func recordGaps(
    of history: borrowing History, atMilliseconds time: Int64
  ) throws(SQLiteError) {
    try recordGaps(history.store.database, "history", .historyGap, time)
  }

  package func recordGaps(
    of spool: borrowing Spool, atMilliseconds time: Int64
  ) throws(SQLiteError) {
    try recordGaps(spool.store.database, "spool", .spoolGap, time)
  }

  /// Only accordd does this, so only the newest row can be there without its mark in the other database.
  private func recordGaps(
    _ other: borrowing Database, _ name: String, _ mark: Mark, _ time: Int64
  ) throws(SQLiteError) {
    for gap in try Gaps.all(other, "NOT is_recorded") {
      try append(
        .gap, about: mark, "\(gap.number) \(gap.recordedMilliseconds)",
        atMilliseconds: time
      ) { detail in
        detail.member("database", name)
        detail.member("source", gap.source.name)
        detail.member("reason", gap.reason)
        detail.member("batches", gap.batches)
        detail.member("readings", gap.readings)
      }
      try other.execute("UPDATE gaps SET is_recorded = 1 WHERE number = \(gap.number)")
    }
  }
}
