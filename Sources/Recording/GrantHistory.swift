package import SQLite
package import Telemetry

/// When a source was shared, and until when.
package struct GrantSpan: Equatable, Sendable {
  package let source: DataSource
  /// Unix milliseconds by the machine's clock of that moment.
  package let openedMilliseconds: Int64
  /// Nil while it is shared.
  package let closedMilliseconds: Int64?
}

extension Outbox {
  /// Every grant that the spool remembers, oldest first.
  package func grantSpans() throws(SQLiteError) -> [GrantSpan] {
    var rows = try database.prepare(
      "SELECT source, opened_ms, closed_ms FROM grants ORDER BY number")
    var spans: [GrantSpan] = []
    while try rows.step() {
      guard let source = DataSource(rawValue: UInt8(clamping: rows.integer(0))) else { continue }
      spans.append(
        GrantSpan(
          source: source, openedMilliseconds: rows.integer(1),
          closedMilliseconds: rows.optionalInteger(2)))
    }
    return spans
  }
}
