// Learning the time from the receiver, and telling it what came.

internal import Compression
internal import Digest
internal import HTTPS
internal import Handshake
internal import Linux
internal import OTLP
internal import Recording
internal import SQLite
internal import Telemetry

extension Uploader {
  /// Sends an empty request, which every OTLP receiver accepts, for the date of its answer. Returns nil when
  /// the time is known now, or why it is not.
  func askForTime(_ recipient: Grant.Recipient) throws(SQLiteError) -> UploadResult? {
    let result = post([], to: "/v1/metrics", recipient, watch.agreement)
    if result == .stopped { return result }
    if try outbox.isTimeTrusted(boot: boot) {
      report.notes.append(
        "this machine's clock is not synchronised: the receiver was asked for the time first")
      return nil
    }
    // Every other answer ends the run: asking again at once would go on for ever.
    switch result {
    case .retryLater, .notTheSupplier: return result
    case .accepted, .failedThere, .tooLarge, .refused, .stopped:
      return .retryLater(
        reason: "this machine's clock is not synchronised, and the receiver's answer has no date",
        afterMilliseconds: nil)
    }
  }

  /// Takes the date of an answer over verified TLS for the time, when nothing else keeps the clock right. A
  /// clock that agrees with it to a few seconds is believed to the millisecond.
  func learnTime(_ response: Response) {
    guard let seconds = response.dateUnixSeconds else { return }
    let (wall, bootTime) = (clock.wallTimeMilliseconds, clock.bootTimeMilliseconds)
    let isClose = abs(seconds * 1000 - wall) <= Limits.clockDifferenceMillisecondsMax
    let now = clock.isSynchronised || isClose ? wall : seconds * 1000
    try? ledger.remember(
      TrustedMoment(boot: boot, bootTimeMilliseconds: bootTime, unixMilliseconds: now))
    guard !clock.isSynchronised else { return }
    try? outbox.trustTime(boot: boot, offsetMilliseconds: now - bootTime)
  }

  /// Tells the supplier which batches the accepted requests held. When that fails, the readings are there all
  /// the same, and the next run tells it. Returns the answer, nil when there was nothing to tell.
  func announceDeliveries() throws(SQLiteError) -> UploadResult? {
    lookAtAgreement()
    let agreement = watch.agreement
    let sources = DataSource.allCases.filter {
      agreement.terms(of: $0).decision.verdict == .share
    }
    guard let recipient = agreement.offer?.recipient, !sources.isEmpty,
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
    let result = post(compressor.compress(body), to: "/v1/logs", recipient, agreement)
    switch result {
    case .accepted: try outbox.markAnnounced(deliveries)
    case .tooLarge(let reason), .refused(let reason):
      // The same words would not be taken the next time either.
      try outbox.markAnnounced(deliveries)
      noteSilence(reason)
    case .retryLater(let reason, _), .notTheSupplier(let reason), .failedThere(let reason):
      noteSilence(reason)
    case .stopped: break
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
