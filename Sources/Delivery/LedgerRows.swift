// What the delivering program writes into the ledger: what left, and the answer, without the receiver's words.

internal import Digest
internal import JSON
internal import Linux
internal import Recording
internal import SQLite
internal import Telemetry

extension Uploader {
  /// Completes what a crash left between the spool and the ledger.
  func recordUnrecorded() throws(SQLiteError) {
    for delivery in try outbox.unrecordedDeliveries() {
      if try ledger.holdsUpload(delivery.id) {
        try outbox.markRecorded(delivery)
      } else {
        try record(delivery, try outbox.batches(of: delivery))
      }
    }
  }

  /// Writes down that a delivery was answered for good.
  func record(_ delivery: Delivery, _ batches: [BatchSummary]) throws(SQLiteError) {
    try append(.upload, delivery, batches, status: delivery.status)
    try outbox.markRecorded(delivery)
  }

  func append(
    _ event: Ledger.Event, _ delivery: Delivery, _ batches: [BatchSummary], status: Int64?
  ) throws(SQLiteError) {
    let ids = Self.ids(batches)
    try ledger.append(event, atMilliseconds: clock.wallTimeMilliseconds) { detail in
      detail.member("agreement", Hexadecimal.text(delivery.fingerprint))
      detail.member("delivery", delivery.id)
      if let first = batches.first {
        detail.member("source", first.source.name)
        detail.member("grant", first.grantID)
      }
      detail.member("outcome", delivery.outcome.rawValue)
      if let status { detail.member("status", status) }
      detail.array("batches") { list in for id in ids { list.element(id) } }
      detail.member("readings", delivery.readings)
      if delivery.rejected > 0 { detail.member("rejected", delivery.rejected) }
      detail.member("bytes", delivery.bytes)
      detail.member("body_sha256", Hexadecimal.text(delivery.digest))
    }
  }

  /// "3f9a1c2e-17", or "3f9a1c2e-17..31" where the sequence has no hole: a batch a minute would make long rows.
  static func ids(_ batches: [BatchSummary]) -> [String] {
    var ids: [String] = []
    var index = 0
    while index < batches.count {
      var last = index
      while last + 1 < batches.count, batches[last + 1].grant == batches[last].grant,
        batches[last + 1].sequence == batches[last].sequence + 1
      { last += 1 }
      ids.append(batches[index].id + (last > index ? "..\(batches[last].sequence)" : ""))
      index = last + 1
    }
    return ids
  }
}
