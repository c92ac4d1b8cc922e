// What the history of this boot held some time ago, for whoever wants to know by how much a counter rose since.

package import Linux
internal import SQLite
package import Telemetry

package struct EarlierReadings: Sendable {
  package struct Reading: Sendable {
    package let key: SeriesKey
    /// The kernel's integer: the value is `reading / 10^decimals` of the unit.
    package let value: Int64
    package let decimals: Int
  }

  /// Milliseconds of this boot's clock.
  package let bootTimeMilliseconds: Int64
  package let readings: [Reading]

  /// The oldest readings of a source of this boot that are not older than so many milliseconds before the boot clock's
  /// `now`; nil when there are none. Goes back from the newest batch, and reads one batch's columns.
  package static func of(
    _ source: DataSource, notOlderThan milliseconds: Int64, clock: any Clock,
    _ directory: StateDirectory
  ) throws(RecordingError) -> EarlierReadings? {
    guard let database = try Store.openForReading(directory.history, .history, in: directory),
      let boot = try? clock.bootID()
    else { return nil }
    do {
      let since = clock.bootTimeMilliseconds - milliseconds
      var rows = try database.prepare(
        """
        SELECT b.number, b.last_ms, o.id = ? FROM live AS b JOIN boots AS o ON o.number = b.boot
        WHERE b.source = \(source.rawValue) ORDER BY b.number DESC
        """)
      rows.bind(boot)
      var oldest: Int64?
      while try rows.step(), rows.integer(1) >= since, rows.integer(2) != 0 {
        oldest = rows.integer(0)
      }
      guard let oldest else { return nil }
      var query = try database.prepare("SELECT columns FROM live WHERE number = ?")
      query.bind(oldest)
      guard try query.step(), let content = SealedBatch.content(query.blob(0)) else { return nil }
      return EarlierReadings(content, try SeriesDictionary.all(database), since: since)
    } catch { throw .database(error) }
  }

  private init?(_ content: BatchContent, _ dictionary: [Int64: RecordedSeries], since: Int64) {
    guard let tick = content.ticks.firstIndex(where: { $0 >= since }) else { return nil }
    bootTimeMilliseconds = content.ticks[tick]
    readings = content.columns.compactMap { column in
      guard let series = dictionary[column.series], tick < column.values.count,
        let value = column.values[tick]
      else { return nil }
      return Reading(
        key: SeriesKey(series.signal, series.attributes), value: value, decimals: series.decimals)
    }
  }
}
