// history.db as a command sees it: what the flight recorder holds, batch by batch, in the order of time.

internal import Linux
internal import SQLite
package import Telemetry

/// A batch of the history without its readings.
package struct HistoryBatch: Equatable, Sendable {
  package let number: Int64
  package let source: DataSource
  /// The number of the boot in which it was taken: it rises from boot to boot.
  package let boot: Int64
  /// Wall clock minus boot clock, as far as the clock can be trusted.
  package let offsetMilliseconds: Int64
  package let isTimeTrusted: Bool
  /// Unix milliseconds.
  package let firstMilliseconds: Int64
  package let lastMilliseconds: Int64
  package let readings: Int64
  let facts: Int64?

  /// Whether slow facts were kept with it.
  package var hasFacts: Bool { facts != nil }
}

/// What became of a batch's readings on the way out.
package enum BatchReadings: Sendable {
  case content(BatchContent)
  /// They cannot be read.
  case damaged
  /// Nobody asked for them.
  case notRead
}

package struct HistoryReader: ~Copyable {
  private let database: Database
  /// The dictionary of the series, by number. A column whose series is not in it was withdrawn, and is not shown.
  package let series: [Int64: RecordedSeries]

  /// Opens the history for looking at, or returns nil when nothing was ever recorded.
  package static func open(_ directory: StateDirectory) throws(RecordingError) -> HistoryReader? {
    guard let database = try Store.openForReading(directory.history, .history, in: directory) else {
      return nil
    }
    do { return try HistoryReader(database) } catch { throw .database(error) }
  }

  private init(_ database: consuming Database) throws(SQLiteError) {
    series = try SeriesDictionary.all(database)
    self.database = database
  }

  /// What was recorded of `sources` and ends at or after `sinceMilliseconds` (Unix), in the order in which it was
  /// recorded: the batches of one time follow each other, a source each.
  package func batches(
    of sources: Set<DataSource>, sinceMilliseconds: Int64
  ) throws(RecordingError) -> [HistoryBatch] {
    do {
      var rows = try database.prepare(
        """
        \(Self.columns) \(Self.tables) WHERE b.source IN (\(Self.list(sources))) AND b.last_ms + offset >= ?
        ORDER BY b.number
        """)
      rows.bind(sinceMilliseconds)
      var batches: [HistoryBatch] = []
      while try rows.step() {
        if let batch = Self.batch(rows) { batches.append(batch) }
      }
      return batches
    } catch { throw .database(error) }
  }

  private static let offset =
    "CASE WHEN b.is_synchronised THEN b.offset_ms ELSE coalesce(o.trusted_offset_ms, b.offset_ms) END"
  private static let columns = """
    SELECT b.number, b.source, b.boot, \(offset) AS offset, b.is_synchronised OR o.trusted_offset_ms IS NOT NULL,
      b.first_ms, b.last_ms, b.readings, b.facts
    """
  private static let tables = "FROM live AS b JOIN boots AS o ON o.number = b.boot"

  private static func list(_ sources: Set<DataSource>) -> String {
    sources.map { String($0.rawValue) }.sorted().joined(separator: ", ")
  }

  private static func batch(_ row: borrowing Statement) -> HistoryBatch? {
    guard let source = DataSource(rawValue: UInt8(clamping: row.integer(1))) else { return nil }
    let offset = row.integer(3)
    return HistoryBatch(
      number: row.integer(0), source: source, boot: row.integer(2), offsetMilliseconds: offset,
      isTimeTrusted: row.integer(4) != 0, firstMilliseconds: row.integer(5) + offset,
      lastMilliseconds: row.integer(6) + offset, readings: row.integer(7),
      facts: row.optionalInteger(8))
  }

  /// When the oldest and the newest reading of `sources` were taken, in Unix milliseconds; nil when there are none.
  /// Without the batches that begin after `last`.
  package func extent(
    of sources: Set<DataSource>, beginningUntil last: Int64 = .max
  ) throws(RecordingError) -> ClosedRange<Int64>? {
    do {
      var query = try database.prepare(
        """
        SELECT min(b.first_ms + \(Self.offset)), max(b.last_ms + \(Self.offset)) \(Self.tables)
        WHERE b.source IN (\(Self.list(sources))) AND b.first_ms + \(Self.offset) <= ?
        """)
      query.bind(last)
      guard try query.step(), let first = query.optionalInteger(0),
        let last = query.optionalInteger(1)
      else { return nil }
      return first...max(first, last)
    } catch { throw .database(error) }
  }

  /// How many batches of `sources` end before a moment (Unix milliseconds).
  package func batchCount(
    of sources: Set<DataSource>, before milliseconds: Int64
  ) throws(RecordingError) -> Int64 {
    try batchCount(of: sources, "b.last_ms + \(Self.offset) < ?", milliseconds)
  }

  /// How many batches of `sources` begin after a moment (Unix milliseconds).
  package func batchCount(
    of sources: Set<DataSource>, after milliseconds: Int64
  ) throws(RecordingError) -> Int64 {
    try batchCount(of: sources, "b.first_ms + \(Self.offset) > ?", milliseconds)
  }

  private func batchCount(
    of sources: Set<DataSource>, _ condition: String, _ milliseconds: Int64
  ) throws(RecordingError) -> Int64 {
    do {
      var query = try database.prepare(
        "SELECT count(*) \(Self.tables) WHERE b.source IN (\(Self.list(sources))) AND \(condition)")
      query.bind(milliseconds)
      return try query.step() ? query.integer(0) : 0
    } catch { throw .database(error) }
  }

  /// Hands on every batch of `sources` that ends at or after `sinceMilliseconds` (Unix), in the order in which it was
  /// recorded, each read and decoded once. In lots, so that no reader keeps the writer's log from being cut for long.
  ///
  /// - Parameter isWanted: whether the readings of a source are wanted; without them a batch costs next to nothing.
  package func forEachBatch(
    of sources: Set<DataSource>, sinceMilliseconds: Int64,
    withReadings isWanted: (DataSource) -> Bool,
    _ body: (HistoryBatch, BatchReadings) -> Void
  ) throws(RecordingError) {
    var last: Int64 = -1
    do {
      while true {
        var rows = try database.prepare(
          """
          \(Self.columns), b.columns \(Self.tables)
          WHERE b.source IN (\(Self.list(sources))) AND b.number > ? AND b.last_ms + offset >= ?
          ORDER BY b.number LIMIT \(Self.batchesPerLot)
          """)
        rows.bind(last)
        rows.bind(sinceMilliseconds)
        var count = 0
        while try rows.step() {
          count += 1
          last = rows.integer(0)
          guard let batch = Self.batch(rows) else { continue }
          guard isWanted(batch.source) else {
            body(batch, .notRead)
            continue
          }
          let content = SealedBatch.content(rows.blob(9))
          body(batch, content.map(BatchReadings.content) ?? .damaged)
        }
        if count < Self.batchesPerLot { return }
      }
    } catch { throw .database(error) }
  }

  /// Three hours of one source: 50 ms.
  private static let batchesPerLot = 200

  /// The readings of a batch, nil when they are damaged or were removed meanwhile. Its ticks are of the boot clock: the
  /// batch's `offsetMilliseconds` makes Unix time of them.
  package func content(of batch: HistoryBatch) throws(RecordingError) -> BatchContent? {
    do {
      var query = try database.prepare("SELECT columns FROM live WHERE number = ?")
      query.bind(batch.number)
      guard try query.step() else { return nil }
      return SealedBatch.content(query.blob(0))
    } catch { throw .database(error) }
  }

  /// The slow facts that were kept with a batch.
  package func facts(of batch: HistoryBatch) throws(RecordingError) -> [Fact] {
    guard let number = batch.facts else { return [] }
    do {
      var query = try database.prepare("SELECT content FROM facts WHERE number = ?")
      query.bind(number)
      guard try query.step(), let attributes = AttributeText.decode(query.text(0)) else {
        return []
      }
      return attributes.map { Fact(name: $0.key, value: $0.value) }
    } catch { throw .database(error) }
  }
}
