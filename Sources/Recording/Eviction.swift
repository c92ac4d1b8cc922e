// Keeping a database within its quota.
//
// What was sent goes first, then the oldest of the least valuable source. Batches go in lots of an hour, so
// that a full database does not pay for an eviction at every seal. Each eviction leaves a gap that says how
// much went; what is in flight is never touched.

internal import Handshake
internal import Linux
internal import SQLite
internal import Telemetry

extension RecordStore {
  /// Sources from the least to the most valuable to the supplier: product facts explain all the rest.
  private static let leastValuableFirst: [DataSource] = DataSource.allCases.reversed()
  private static let lotMilliseconds: Int64 = 3_600_000

  /// Removes whole lots until the content fits the quota. Runs inside the caller's transaction.
  ///
  /// - Parameter states: which batches may go, in this order.
  func evict(states: [BatchState]) throws(SQLiteError) {
    while try database.integer(Self.bytes) > quotaBytes {
      guard let victim = try nextLot(states) else { return }
      try remove(victim)
    }
  }

  /// What the file takes once its free pages are used again. Counting the batches is not enough: between
  /// those that stay, the ones that went leave pages half empty (1.7 times the quota, measured).
  private static let bytes =
    "SELECT 1024 * (page_count - freelist_count) FROM pragma_page_count, pragma_freelist_count"

  private struct Lot {
    let source: DataSource
    let state: BatchState
    let boot: Int64
    let untilMilliseconds: Int64
  }

  private func nextLot(_ states: [BatchState]) throws(SQLiteError) -> Lot? {
    for state in states {
      for source in Self.leastValuableFirst {
        var oldest = try database.prepare(
          """
          SELECT boot, first_ms FROM batches
          WHERE source = ? AND state = ? ORDER BY number LIMIT 1
          """)
        oldest.bind(Int64(source.rawValue))
        oldest.bind(state.rawValue)
        guard try oldest.step() else { continue }
        return Lot(
          source: source, state: state, boot: oldest.integer(0),
          untilMilliseconds: oldest.integer(1) + Self.lotMilliseconds)
      }
    }
    return nil
  }

  private func remove(_ lot: Lot) throws(SQLiteError) {
    let which = "source = ? AND state = ? AND boot = ? AND first_ms < ?"
    // What left is no gap, and what will never leave is one already.
    if lot.state != .sent, lot.state != .timeUnknown {
      var gap = try database.prepare(
        """
        INSERT INTO gaps (source, reason, batches, readings, recorded_ms)
        SELECT ?, 'quota', count(*), sum(readings), CAST(1000 * unixepoch() AS INTEGER)
        FROM batches WHERE \(which)
        """)
      gap.bind(Int64(lot.source.rawValue))
      bind(lot, to: &gap)
      try gap.run()
    }
    var deletion = try database.prepare("DELETE FROM batches WHERE \(which)")
    bind(lot, to: &deletion)
    try deletion.run()
  }

  private func bind(_ lot: Lot, to statement: inout Statement) {
    statement.bind(Int64(lot.source.rawValue))
    statement.bind(lot.state.rawValue)
    statement.bind(lot.boot)
    statement.bind(lot.untilMilliseconds)
  }
}
