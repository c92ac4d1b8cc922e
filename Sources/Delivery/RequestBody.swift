package import Handshake
package import Recording
package import SQLite
internal import Telemetry

/// The body that some batches of one source come to under an agreement: the same bytes whenever it is made.
package struct RequestBody: Sendable {
  /// An ExportMetricsServiceRequest, not compressed.
  package let bytes: [UInt8]
  package let readings: Int64
  /// Batches whose content cannot be read.
  package let damaged: [BatchSummary]

  /// - Parameter batches: of one source and one grant, not empty.
  package init(
    of batches: [BatchSummary], from outbox: borrowing Outbox, _ agreement: Agreement,
    pseudonym: String
  ) throws(SQLiteError) {
    var body = MetricsBody(
      series: try outbox.series(), starts: try outbox.counterStarts(for: batches), agreement)
    var damaged: [BatchSummary] = []
    for batch in batches {
      guard let content = try outbox.content(of: batch) else {
        damaged.append(batch)
        continue
      }
      let base = outbox.timeBase(of: batch)
      body.add(content, boot: base.boot, offsetMilliseconds: base.offsetMilliseconds)
    }
    let resource = MetricsBody.resource(
      pseudonym: pseudonym, facts: try outbox.facts(of: batches[0]), agreement)
    bytes = body.encoded(resource: resource, batches[0].source)
    readings = body.readings
    self.damaged = damaged
  }
}
