// One request of a run: which batches, which body, and what its answer does to the spool.

internal import Compression
internal import Configuration
internal import HTTPS
internal import Handshake
internal import Linux
internal import OTLP
internal import Recording
internal import SQLite
internal import Telemetry

extension Uploader {
  /// How often a request may fail inside the receiver, while that accepts others, before its batches are set
  /// aside.
  private static let failuresMax: Int64 = 8

  /// Sends the oldest batches of a source that may leave, and commits the answer. Returns nil when none is
  /// left for this run.
  func deliverNext(
    _ source: DataSource, batchesMax: Int
  ) throws(SQLiteError) -> (batches: Int, result: UploadResult)? {
    let agreement = watch.agreement
    // Another revision may have been accepted since the run began, and the agent has not kept it yet.
    if UploadRefusal(agreement, "") != nil { return nil }
    let terms = agreement.terms(of: source)
    guard terms.decision.verdict == .share, let resolution = terms.resolutionMilliseconds,
      case .open(let recipient) = agreement.grantIntent(for: source)
    else { return nil }
    let fingerprint = try ledger.fingerprint(of: agreement) { Random.bytes(32) }
    while true {
      // Of a grant with somebody else, which accordd has not closed yet, nothing goes to this receiver.
      var waiting = try outbox.pending(
        source, for: recipient, after: cursors[source] ?? 0, limit: batchesMax)
      guard let first = waiting.first else { return nil }
      guard first.isTimeTrusted else {
        // The answer to an empty request says what time it is; then the same batches are looked at again.
        if let failure = try askForTime(recipient) { return (0, failure) }
        if lookAtAgreement() { return (0, .stopped) }
        continue
      }
      waiting = try group(waiting, resolution, fingerprint)
      guard !waiting.isEmpty else {
        cursors[source] = first.number
        continue
      }
      guard let result = try deliver(waiting, of: source, agreement, fingerprint, recipient) else {
        continue
      }
      return (waiting.count, result)
    }
  }

  /// The batches that go together: those of an unfinished delivery exactly as they went before, otherwise the
  /// longest run with the same grant and the same facts. Empty when the first may not leave.
  private func group(
    _ waiting: [BatchSummary], _ resolution: Int64, _ fingerprint: [UInt8]
  ) throws(SQLiteError) -> [BatchSummary] {
    let first = waiting[0]
    if let number = first.delivery, let delivery = try outbox.delivery(number) {
      let batches = try outbox.batches(of: delivery).filter { $0.state == .pending }
      let isSame = delivery.fingerprint == fingerprint && delivery.batches == Int64(batches.count)
      if isSame, batches.count <= waiting.count { return batches }
      try outbox.abandon(delivery)
    }
    var readings: Int64 = 0
    return Array(
      waiting.prefix { batch in
        readings += batch.readings
        // Finer than what is agreed by now stays here.
        return batch.grant == first.grant && batch.facts == first.facts
          && batch.delivery == first.delivery && batch.isTimeTrusted
          && batch.resolutionMilliseconds >= resolution
          && (batch.number == first.number || readings <= Self.readingsPerRequestMax)
      })
  }

  /// A point takes about 95 bytes before compression, with its attributes and both times.
  private static let readingsPerRequestMax = Int64(Limits.requestRawBytesMax / 100)

  /// Sends one group. Returns nil when the agreement leaves nothing of it.
  private func deliver(
    _ batches: [BatchSummary], of source: DataSource, _ agreement: Agreement,
    _ fingerprint: [UInt8], _ recipient: Grant.Recipient
  ) throws(SQLiteError) -> UploadResult? {
    guard let pseudonym = (try? Identity.current(directory)) ?? nil else {
      return .notTheSupplier(
        reason: "there is no pseudonym at \(directory.identity); restart accordd")
    }
    try outbox.fixCounterStarts(for: batches)
    let body = try RequestBody(of: batches, from: outbox, agreement, pseudonym: pseudonym)
    if !body.damaged.isEmpty {
      try outbox.giveUp(body.damaged, nowMilliseconds: clock.wallTimeMilliseconds)
      report.notes.append(
        "\(body.damaged.count) damaged batches were removed, and counted as a gap")
      return nil
    }
    guard body.readings > 0 else {
      cursors[source] = batches[batches.count - 1].number
      return nil
    }
    let compressed = compressor.compress(body.bytes)
    let isTooLarge =
      body.bytes.count > Limits.requestRawBytesMax || compressed.count > Limits.requestBytesMax
    if isTooLarge, batches.count > 1 {
      return .tooLarge(reason: "more than one request may hold")
    }
    if let quota = try quota() {
      let bytes = connection.bytes(sending: compressed)
      // A smaller request may fit. One that may have arrived is repeated as it was, or not at all.
      if batches.count > 1, batches[0].delivery == nil, !quota.holds(bytes) {
        return .tooLarge(reason: "more than the daily quota holds")
      }
      guard quota.allows(bytes) else {
        return .overQuota(untilMilliseconds: quota.nextDayMilliseconds)
      }
    }
    let delivery = try begin(batches, fingerprint, compressed, readings: body.readings)
    let result = try post(compressed, to: "/v1/metrics", recipient, agreement)
    try commit(result, delivery.number, source, last: batches[batches.count - 1].number)
    return result
  }

  /// Writes down that a body is about to leave: as the repeat of an earlier attempt if it has the same bytes,
  /// which another version of this program may not make.
  private func begin(
    _ batches: [BatchSummary], _ fingerprint: [UInt8], _ body: [UInt8], readings: Int64
  ) throws(SQLiteError) -> Delivery {
    let now = clock.wallTimeMilliseconds
    if let number = batches[0].delivery, let earlier = try outbox.delivery(number) {
      if outbox.isRepeat(body, of: earlier) {
        try outbox.noteRepeat(earlier, nowMilliseconds: now)
        return earlier
      }
      try outbox.abandon(earlier)
    }
    return try outbox.beginDelivery(
      of: batches, fingerprint: fingerprint, body: body, readings: readings, nowMilliseconds: now)
  }

  /// What an answer does to the spool.
  private func commit(
    _ result: UploadResult, _ number: Int64, _ source: DataSource, last: Int64
  ) throws(SQLiteError) {
    guard let delivery = try outbox.delivery(number) else { return }
    let batches = try outbox.batches(of: delivery)
    switch result {
    case .accepted(let rejected, let message):
      // A receiver may claim any number; no more can be lost than was sent.
      let rejected = min(rejected, delivery.readings)
      try outbox.finish(
        delivery, .accepted, status: attempt.status, rejected: rejected, message: message)
      count(delivery, of: source, rejected: rejected)
      if rejected > 0 {
        report.notes.append("the receiver did not keep \(rejected) readings: \(message)")
      } else if !message.isEmpty {
        report.notes.append("the receiver kept all readings and says: \(message)")
      }
    case .refused where delivery.batches > 1, .tooLarge where delivery.batches > 1:
      try outbox.abandon(delivery)
    case .refused(let reason), .tooLarge(let reason): try setAside(delivery, reason)
    case .failedThere(let reason):
      cursors[source] = last
      try outbox.noteAnswer(delivery, message: reason, isFailure: true)
      report.notes.append(reason)
      // Only if it is this request: a receiver that fails over all of them is not well.
      if delivery.failures + 1 >= Self.failuresMax, try outbox.hasAcceptance(after: delivery) {
        try setAside(delivery, reason)
      }
    case .retryLater(let reason, _), .notTheSupplier(let reason):
      try outbox.noteAnswer(delivery, message: reason)
    case .stopped:
      report.notes.append(
        "the agreement changed during the transfer, and the connection was closed")
    case .overQuota: break
    }
    if let ended = try outbox.delivery(number), ended.outcome != .trying {
      try record(ended, batches)
    } else if attempt.hasLeft {
      try append(.uploadTried, delivery, batches, status: attempt.status)
    }
  }

  private func setAside(_ delivery: Delivery, _ message: String) throws(SQLiteError) {
    try outbox.finish(delivery, .refused, status: attempt.status, message: message)
    report.notes.append(
      "\(delivery.batches) batches were set aside, because the receiver refused them: \(message)")
  }

  /// Posts one body to the receiver that the agreement names.
  func post(
    _ body: [UInt8], to path: String, _ recipient: Grant.Recipient, _ agreement: Agreement
  ) throws(SQLiteError) -> UploadResult {
    attempt = Attempt()
    let request: Request
    do {
      request = try connection.request(
        to: recipient.endpoint + path, bodyBytes: body.count,
        caFile: agreement.offer?.certificatePath(in: locations.configuration))
    } catch { return .notTheSupplier(reason: "\(error)") }
    let bytes = connection.bytes(sending: body)
    if var quota = try quota() {
      guard quota.allows(bytes) else {
        return .overQuota(untilMilliseconds: quota.nextDayMilliseconds)
      }
      quota.add(bytes)
      try save(quota)
    }
    let failure: HTTPSError
    do {
      let response = try send(request, body) { self.mayGoOn() }
      attempt = Attempt(status: Int64(response.status), hasLeft: true)
      learnTime(response)
      return UploadResult(response, nowMilliseconds: clock.wallTimeMilliseconds)
    } catch { failure = error }
    attempt.hasLeft = !failure.isBeforeRequest
    if failure.isBeforeRequest, var quota = try quota() {
      quota.giveBack(bytes)
      try save(quota)
    }
    return UploadResult(failure)
  }
}
