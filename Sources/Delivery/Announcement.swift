// The last request of a run: the event that tells the supplier what came.

internal import Compression
internal import Handshake
internal import Linux
internal import OTLP
internal import Recording
internal import SQLite
internal import Telemetry

extension Uploader {
  /// Tells the supplier which batches the accepted requests held. When that fails, the readings are there all
  /// the same, and the next run tells it. Returns the answer, nil when there was nothing to tell.
  func announceDeliveries() throws(SQLiteError) -> UploadResult? {
    lookAtAgreement()
    let agreement = watch.agreement
    let sources = DataSource.allCases.filter {
      agreement.terms(of: $0).decision.verdict == .share
    }
    guard UploadRefusal(agreement, "") == nil, let recipient = agreement.offer?.recipient,
      let pseudonym = (try? Identity.current(directory)) ?? nil
    else { return nil }
    let deliveries = try outbox.unannouncedDeliveries(by: recipient, of: sources)
    let records = try records(of: deliveries)
    guard !records.isEmpty else {
      try outbox.markAnnounced(deliveries)
      return nil
    }
    let body = LogsRequest.encode(
      resource: MetricsBody.resource(pseudonym: pseudonym, facts: [], agreement),
      scopes: [LogScope(name: "accord", version: AgentVersion.text, records: records)],
      schemaURL: Catalog.schemaURL)
    let result = try post(compressor.compress(body), to: "/v1/logs", recipient, agreement)
    switch result {
    case .accepted: try outbox.markAnnounced(deliveries)
    case .tooLarge(let reason), .refused(let reason):
      // The same words would not be taken the next time either.
      try outbox.markAnnounced(deliveries)
      noteSilence(reason)
    case .retryLater(let reason, _), .notTheSupplier(let reason), .failedThere(let reason):
      noteSilence(reason)
    case .stopped, .overQuota: break
    }
    return result
  }

  private func noteSilence(_ reason: String) {
    report.notes.append("the readings arrived, but not the event that lists them: \(reason)")
  }

  /// An event for each delivery of which a batch is left to name.
  private func records(of deliveries: [Delivery]) throws(SQLiteError) -> [LogRecord] {
    guard !deliveries.isEmpty else { return [] }
    let head = try ledger.head()
    var records: [LogRecord] = []
    for delivery in deliveries {
      let batches = try outbox.batches(of: delivery)
      if batches.isEmpty { continue }
      records.append(
        DeliveryEvent.record(
          of: delivery, batches: batches, head: head, timeMilliseconds: delivery.triedMilliseconds))
    }
    return records
  }
}
