// The times that leave: which offset a batch's stamps get, and where a counter begins.

package import SQLite
internal import Telemetry

/// A beginning of a counter as it leaves. See `Baselines`.
package struct CounterStart: Equatable, Sendable {
  package let boot: Int64
  /// Milliseconds of that boot's clock.
  package let sinceMilliseconds: Int64
  package let value: Int64
  /// Unix milliseconds; the same for every point that is ever counted from here, because a start time that
  /// moves is a reset to the receiver.
  package let startUnixMilliseconds: Int64
}

extension Outbox {
  /// Fixes the start times that were not fixed yet, by the offsets of these batches. They never change again.
  package func fixCounterStarts(for batches: [BatchSummary]) throws(SQLiteError) {
    for batch in batches {
      try database.execute(
        """
        UPDATE baselines SET start_unix_ms = since_ms + \(batch.offsetMilliseconds)
        WHERE "grant" = \(batch.grant) AND boot = \(batch.boot) AND start_unix_ms IS NULL
        """)
    }
  }

  /// The beginnings of every counter of the batches' grant, by series, oldest first.
  package func counterStarts(
    for batches: [BatchSummary]
  ) throws(SQLiteError) -> [Int64: [CounterStart]] {
    let offsets = Dictionary(
      batches.map { ($0.boot, $0.offsetMilliseconds) }, uniquingKeysWith: { first, _ in first })
    var rows = try database.prepare(
      """
      SELECT series, boot, since_ms, value, start_unix_ms FROM baselines
      WHERE "grant" = ? ORDER BY series, boot, since_ms
      """)
    rows.bind(batches.first?.grant ?? 0)
    var starts: [Int64: [CounterStart]] = [:]
    while try rows.step() {
      let (boot, since) = (rows.integer(1), rows.integer(2))
      guard let start = rows.optionalInteger(4) ?? offsets[boot].map({ since + $0 }) else {
        continue
      }
      starts[rows.integer(0), default: []].append(
        CounterStart(
          boot: boot, sinceMilliseconds: since, value: rows.integer(3), startUnixMilliseconds: start
        ))
    }
    return starts
  }

  /// The boot to which a batch's stamps belong, and their offset to Unix time.
  package func timeBase(of batch: BatchSummary) -> (boot: Int64, offsetMilliseconds: Int64) {
    (batch.boot, batch.offsetMilliseconds)
  }

  /// Whether somebody vouched for the clock of this boot.
  package func isTimeTrusted(boot: String) throws(SQLiteError) -> Bool {
    var query = try database.prepare("SELECT trusted_offset_ms IS NOT NULL FROM boots WHERE id = ?")
    query.bind(boot)
    return try query.step() && query.integer(0) != 0
  }

  /// Corrects the one number by which all batches of a boot are stamped, unless it has been used already.
  package func trustTime(boot: String, offsetMilliseconds: Int64) throws(SQLiteError) {
    try Reference.trust(boot, offsetMilliseconds: offsetMilliseconds, in: database)
  }

  /// Sets the pending batches of earlier boots aside for whose clock nobody ever vouched, and counts them as gaps:
  /// they will never leave. Returns how many.
  package func setAsideTimeless(
    currentBoot: String, nowMilliseconds: Int64
  ) throws(SQLiteError) -> Int64 {
    let timeless = """
      state = 0 AND NOT is_synchronised AND boot IN (
        SELECT number FROM boots WHERE trusted_offset_ms IS NULL AND id != ?)
      """
    return try database.transaction { () throws(SQLiteError) in
      var gaps = try database.prepare(
        """
        INSERT INTO gaps (source, reason, batches, readings, recorded_ms)
        SELECT source, 'time-unknown', count(*), sum(readings), \(nowMilliseconds) FROM batches
        WHERE \(timeless) GROUP BY source
        """)
      gaps.bind(currentBoot)
      try gaps.run()
      guard database.changedRows > 0 else { return 0 }
      var update = try database.prepare(
        "UPDATE batches SET state = \(BatchState.timeUnknown.rawValue) WHERE \(timeless)")
      update.bind(currentBoot)
      try update.run()
      return database.changedRows
    }
  }

  /// Why the last run ended before everything was delivered, nil when it did not.
  package func lastFailure() throws(SQLiteError) -> String? {
    var query = try database.prepare("SELECT value FROM upload_state WHERE key = 'failure'")
    guard try query.step() else { return nil }
    return query.text(0)
  }

  /// Since when every run ended so, Unix milliseconds of the wall clock; nil when the last did not.
  package func failingSinceMilliseconds() throws(SQLiteError) -> Int64? {
    try uploadState("failing_since_ms")
  }

  package func setLastFailure(
    _ reason: String?, atMilliseconds time: Int64
  ) throws(SQLiteError) {
    let before = try lastFailure()
    guard reason != before else { return }
    try database.execute("DELETE FROM upload_state WHERE key = 'failure'")
    guard let reason else {
      return try database.execute("DELETE FROM upload_state WHERE key = 'failing_since_ms'")
    }
    if before == nil { try setUploadState("failing_since_ms", time) }
    var insertion = try database.prepare("INSERT INTO upload_state VALUES ('failure', ?)")
    insertion.bind(reason)
    try insertion.run()
  }

  /// A number that outlives the process: when to try again, and how often it failed.
  package func uploadState(_ key: String) throws(SQLiteError) -> Int64? {
    var query = try database.prepare("SELECT value FROM upload_state WHERE key = ?")
    query.bind(key)
    return try query.step() ? query.integer(0) : nil
  }

  package func setUploadState(_ key: String, _ value: Int64) throws(SQLiteError) {
    var statement = try database.prepare(
      "INSERT INTO upload_state VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    )
    statement.bind(key)
    statement.bind(value)
    try statement.run()
  }
}
