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
    let list = sources.map { String($0.rawValue) }.sorted().joined(separator: ", ")
    do {
      var rows = try database.prepare(
        """
        SELECT b.number, b.source, b.boot,
          CASE WHEN b.is_synchronised THEN b.offset_ms ELSE coalesce(o.trusted_offset_ms, b.offset_ms) END
            AS offset,
          b.is_synchronised OR o.trusted_offset_ms IS NOT NULL, b.first_ms, b.last_ms, b.readings, b.facts
        FROM live AS b JOIN boots AS o ON o.number = b.boot
        WHERE b.source IN (\(list)) AND b.last_ms + offset >= ? ORDER BY b.number
        """)
      rows.bind(sinceMilliseconds)
      var batches: [HistoryBatch] = []
      while try rows.step() {
        guard let source = DataSource(rawValue: UInt8(clamping: rows.integer(1))) else { continue }
        let offset = rows.integer(3)
        batches.append(
          HistoryBatch(
            number: rows.integer(0), source: source, boot: rows.integer(2),
            offsetMilliseconds: offset, isTimeTrusted: rows.integer(4) != 0,
            firstMilliseconds: rows.integer(5) + offset, lastMilliseconds: rows.integer(6) + offset,
            readings: rows.integer(7), facts: rows.optionalInteger(8)))
      }
      return batches
    } catch { throw .database(error) }
  }

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
