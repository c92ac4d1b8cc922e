// Rule 8: counters do not tell the past.
//
// A kernel counter holds everything since boot. What leaves is what it grew by since the grant began:
//
// - its value minus the value in the grant's first sealed reading, with that reading's time as start time;
// - after a boot inside the grant, the kernel's own value, which began at zero with that boot;
// - after the counter fell (a driver was loaded again, 32 bits wrapped, the kernel corrected iowait), what it
//   grew by since the first reading after the fall. A fall is not always a fall to zero, and taking it for
//   one would send the whole counter.
//
// A baseline is one such beginning. Gaps and restarts of the agent make none: the baselines stand in the
// spool, and the last values are found again in its newest batches.

internal import SQLite
internal import Telemetry

/// From where a counter is counted within one boot.
package struct Baseline: Equatable, Sendable {
  /// Milliseconds of the boot clock.
  package let sinceMilliseconds: Int64
  package let value: Int64
}

struct Baselines {
  private struct Key: Hashable {
    let grant: Int64
    let series: Int64
  }

  private struct State {
    var boot: Int64
    /// The last value seen in this boot, nil when only a baseline is known.
    var last: Int64?
  }

  private var states: [Key: State] = [:]

  /// What the spool remembers of the grants that are open.
  init(_ database: borrowing Database) throws(SQLiteError) {
    var rows = try database.prepare(
      """
      SELECT "grant", series, boot, value FROM baselines
      WHERE "grant" IN (SELECT number FROM grants WHERE closed_ms IS NULL)
      ORDER BY boot, since_ms
      """)
    while try rows.step() {
      // The counter was never below its baseline, or there would be a later one.
      states[Key(grant: rows.integer(0), series: rows.integer(1))] = State(
        boot: rows.integer(2), last: rows.integer(3))
    }
    try readLastValues(database)
  }

  /// The newest batches of each open grant hold the values at which the agent stopped. They are looked through from
  /// the end until every counter was met, and not through the whole file: a counter that was silent for so long has
  /// its baselines.
  private mutating func readLastValues(_ database: borrowing Database) throws(SQLiteError) {
    var rows = try database.prepare(
      """
      SELECT b."grant", b.boot, b.columns FROM batches AS b JOIN grants AS g ON g.number = b."grant"
      WHERE g.closed_ms IS NULL
        AND b.number > (SELECT max(number) FROM batches) - \(Limits.lastValuesBatchesMax)
      ORDER BY b.number DESC
      """)
    var missing = Set(states.keys)
    while !missing.isEmpty, try rows.step() {
      let grant = rows.integer(0)
      // A counter that went on in a later boot is not looked for in earlier ones.
      missing = missing.filter { $0.grant != grant || states[$0]!.boot <= rows.integer(1) }
      guard missing.contains(where: { $0.grant == grant }),
        let content = SealedBatch.content(rows.blob(2))
      else { continue }
      for column in content.columns {
        let key = Key(grant: grant, series: column.series)
        guard missing.contains(key), states[key]?.boot == rows.integer(1),
          let last = column.values.last(where: { $0 != nil })
        else { continue }
        states[key]?.last = last
        missing.remove(key)
      }
    }
  }

  /// Writes down the beginnings that the counters of a new batch show.
  mutating func observe(
    _ counters: BatchContent, grant: Int64, boot: Int64, in database: borrowing Database
  ) throws(SQLiteError) {
    for column in counters.columns {
      let key = Key(grant: grant, series: column.series)
      for (tick, value) in zip(counters.ticks, column.values) {
        guard let value else { continue }
        if let baseline = beginning(states[key], value, tick, boot) {
          try insert(baseline, key, boot, database)
        }
        states[key] = State(boot: boot, last: value)
      }
    }
  }

  private func beginning(
    _ state: State?, _ value: Int64, _ tick: Int64, _ boot: Int64
  ) -> Baseline? {
    guard let state else { return Baseline(sinceMilliseconds: tick, value: value) }
    if state.boot != boot { return Baseline(sinceMilliseconds: 0, value: 0) }
    if let last = state.last, value < last {
      return Baseline(sinceMilliseconds: tick, value: value)
    }
    return nil
  }

  private func insert(
    _ baseline: Baseline, _ key: Key, _ boot: Int64, _ database: borrowing Database
  ) throws(SQLiteError) {
    var insertion = try database.prepare(
      """
      INSERT OR IGNORE INTO baselines ("grant", series, boot, since_ms, value) VALUES (?, ?, ?, ?, ?)
      """)
    insertion.bind(key.grant)
    insertion.bind(key.series)
    insertion.bind(boot)
    insertion.bind(baseline.sinceMilliseconds)
    insertion.bind(baseline.value)
    try insertion.run()
  }
}
