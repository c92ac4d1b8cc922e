// When the batches of the spool came and went, for charts: no readings are touched.

package import SQLite
package import Telemetry

/// A batch of the spool between its sealing and the answer to it.
package struct SpoolSpan: Equatable, Sendable {
  package let source: DataSource
  package let state: BatchState
  /// When it was sealed, Unix milliseconds as far as the clock can be trusted.
  package let sealedMilliseconds: Int64
  /// When its delivery was last tried; nil when there is none, or the spool has forgotten it.
  package let triedMilliseconds: Int64?
  package let readings: Int64
  /// As it is kept: columns, deflated.
  package let bytes: Int64
}

extension Outbox {
  /// Every batch that ends at or after `sinceMilliseconds` or still waits, in the order in which it was sealed.
  package func forEachSpan(
    sinceMilliseconds: Int64, _ body: (SpoolSpan) -> Void
  ) throws(SQLiteError) {
    var rows = try database.prepare(
      """
      SELECT b.source, b.state, b.last_ms
          + CASE WHEN b.is_synchronised THEN b.offset_ms ELSE coalesce(o.trusted_offset_ms, b.offset_ms) END AS sealed,
        d.tried_ms, b.readings, length(b.columns)
      FROM live AS b JOIN boots AS o ON o.number = b.boot LEFT JOIN deliveries AS d ON d.number = b.delivery
      WHERE b.state = 0 OR sealed >= ?1 OR d.tried_ms >= ?1 ORDER BY b.number
      """)
    rows.bind(sinceMilliseconds)
    while try rows.step() {
      guard let source = DataSource(rawValue: UInt8(clamping: rows.integer(0))),
        let state = BatchState(rawValue: rows.integer(1))
      else { continue }
      body(
        SpoolSpan(
          source: source, state: state, sealedMilliseconds: rows.integer(2),
          triedMilliseconds: rows.optionalInteger(3), readings: rows.integer(4),
          bytes: rows.integer(5)))
    }
  }
}
