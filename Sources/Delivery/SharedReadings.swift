// Every reading as it leaves, for the customer to look at: counters counted from their grant, stamped as the receiver
// gets them. The same code as that of the request makes them (MetricsBody), and for what was accepted the body is made
// once more and its digest compared with that of the one that left.

internal import Compression
package import Handshake
package import Recording
package import SQLite
package import Telemetry

/// One point of one series.
package struct SharedReading: Sendable {
  package let series: RecordedSeries
  /// The minimum and the maximum of a counter or gauge are gauges.
  package var instrument: Instrument { series.isExtreme ? .gauge : series.instrument }
  /// When a counter was zero, Unix time in nanoseconds; nil for what is no counter.
  package let startUnixNanoseconds: UInt64?
  package let timeUnixNanoseconds: UInt64
  /// Times ten to the series' decimal places.
  package let value: Int64
}

package struct SharedReadings: Sendable {
  /// The readings of one batch and the facts that go with it.
  package struct Batch: Sendable {
    package let facts: [Fact]
    package let readings: [SharedReading]
  }

  private let series: [Int64: RecordedSeries]
  private let agreement: Agreement

  /// - Parameter agreement: that of this moment, which decides about what has not left yet.
  package init(_ outbox: borrowing Outbox, _ agreement: Agreement) throws(SQLiteError) {
    series = try outbox.series()
    self.agreement = agreement
  }

  /// What leaves of `batch`, or has left of it; nil when it is damaged.
  ///
  /// - Parameter isVerified: its delivery is whole, so that the agreement of this moment picks exactly what left. Of
  ///   another that has left everything is shown that is still kept.
  package func readings(
    of batch: BatchSummary, isVerified: Bool, from outbox: borrowing Outbox
  ) throws(SQLiteError) -> Batch? {
    guard let content = try outbox.content(of: batch) else { return nil }
    let starts = try outbox.counterStarts(for: [batch])
    let showsAll = !isVerified && (batch.state == .sent || batch.state == .refused)
    var body =
      showsAll
      ? MetricsBody(ofWhatHasLeft: series, starts: starts, agreement)
      : MetricsBody(series: series, starts: starts, agreement)
    let base = outbox.timeBase(of: batch)
    body.add(content, boot: base.boot, offsetMilliseconds: base.offsetMilliseconds)
    let facts = try outbox.facts(of: batch)
    return Batch(
      facts: showsAll ? facts : facts.filter(agreement.shares), readings: body.shared())
  }

  /// Whether what is kept of a delivery still comes to the very bytes that left. It does not when the agreement has
  /// become narrower since, and part of it was removed here; nor when parts of it can no longer be read.
  package func isWhole(
    _ delivery: Delivery, in outbox: borrowing Outbox, pseudonym: String
  ) throws(SQLiteError) -> Bool {
    let batches = try outbox.batches(of: delivery)
    guard !batches.isEmpty else { return false }
    let body = try RequestBody(of: batches, from: outbox, agreement, pseudonym: pseudonym)
    var compressor = Compressor(.gzip)
    return outbox.isRepeat(compressor.compress(body.bytes), of: delivery)
  }
}
