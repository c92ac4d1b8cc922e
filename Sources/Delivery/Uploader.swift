// One run of `accord upload`: delivers what the agreement shares, and ends.
//
// In this order:
//  1 the agreement, read anew. Without one that shares something there is no contact at all, DNS included.
//  2 the upload lock: one run at a time, and never while the spool is being rewritten.
//  3 what an earlier run left unsaid: ledger rows of answers that were committed just before a crash.
//  4 the time: batches of a clock that nobody vouched for wait. The `Date` of the receiver's answer over
//    verified TLS vouches for it, so when only such batches wait, an empty request asks.
//  5 request after request, as `UploadSchedule` says. Before each one the agreement is looked at again, and
//    once a second while it is under way: when it became another one, the connection is closed.
//  6 one event that tells the supplier what came.
//
// An answer is committed to the spool first and written to the ledger second; 3 closes the gap between.

internal import Compression
package import Configuration
internal import Digest
internal import HTTPS
internal import Handshake
internal import JSON
package import Linux
internal import OTLP
internal import Recording
internal import SQLite
package import Telemetry

/// What a run did.
package struct UploadReport: Equatable, Sendable {
  /// What one source sent.
  package struct Sent: Equatable, Sendable {
    package let source: DataSource
    package var requests: Int64 = 0
    package var batches: Int64 = 0
    package var readings: Int64 = 0
    /// Compressed, as they went over the wire.
    package var bytes: Int64 = 0
    /// Readings that the receiver took the request for and did not keep.
    package var rejected: Int64 = 0
  }

  package internal(set) var sent: [Sent] = []
  /// What a person should know, a sentence each.
  package internal(set) var notes: [String] = []
  /// Why the run ended before everything was delivered, nil when nothing is left.
  package internal(set) var stopped: String?
}

/// Why a run could not begin.
package enum UploadRefusal: Error, Sendable, CustomStringConvertible {
  /// There is no valid agreement.
  case noAgreement(String)
  /// The agreement shares nothing.
  case nothingShared(String)
  /// Something here is in the way.
  case failed(String)

  package var description: String {
    switch self {
    case .noAgreement(let text), .nothingShared(let text), .failed(let text): text
    }
  }
}

package final class Uploader {
  let locations: Locations
  let directory: StateDirectory
  let clock: any Clock
  let boot: String
  var watch: AgreementWatch
  let ledger: Ledger
  let outbox: Outbox
  var client: Client
  var compressor = Compressor(.gzip)
  var report = UploadReport()
  /// The newest batch of each source that this run has dealt with.
  var cursors: [DataSource: Int64] = [:]
  private let isByHand: Bool
  private var lastLook: Int64 = 0

  /// Delivers what waits.
  ///
  /// - Parameter isByHand: a person wants it now, so an earlier pause is not waited for.
  package static func run(
    _ locations: Locations, clock: any Clock, isByHand: Bool
  ) throws(UploadRefusal) -> UploadReport {
    var watch = AgreementWatch(
      consentPath: locations.consent, offerPath: locations.offer,
      trusting: TrustedOwners(alsoCurrentUser: !locations.isSystem))
    let directory = StateDirectory(locations.state)
    let boot = try translated { () throws(SystemError) in try BootID.current() }
    let moment = (try? Ledger.trustedMoment(directory)) ?? nil
    _ = watch.refresh(
      bootTimeMilliseconds: clock.bootTimeMilliseconds,
      nowMilliseconds: latestTime(moment, clock, boot))
    try refuse(watch.agreement)
    guard try translated({ () throws(SystemError) in try FileState.of(directory.spool) }) != nil
    else {
      return UploadReport(notes: ["nothing was recorded yet: start accordd"])
    }
    let lock = try translated { () throws(SystemError) in
      try LockFile.acquire(directory.uploadLock, .exclusive)
    }
    guard lock != nil else {
      throw .failed(
        "another upload is under way, or accordd is removing what is no longer agreed; "
          + "try again in a moment")
    }
    let report = try begin(locations, directory, clock, boot, watch, isByHand: isByHand)
    _ = consume lock
    return report
  }

  private static func refuse(_ agreement: Agreement) throws(UploadRefusal) {
    if agreement.sharesSomething { return }
    let contact = "; nothing was sent, and nobody was contacted"
    switch agreement.standing {
    case .none: throw .noAgreement("there is no consent at \(agreement.consentFile)\(contact)")
    case .held(let problem): throw .noAgreement("\(problem)\(contact)")
    case .inForce:
      if let problem = agreement.offerProblem { throw .noAgreement("\(problem)\(contact)") }
      throw .nothingShared("\(agreement.consentFile): no source is shared\(contact)")
    }
  }

  private static func begin(
    _ locations: Locations, _ directory: StateDirectory, _ clock: any Clock, _ boot: String,
    _ watch: consuming AgreementWatch, isByHand: Bool
  ) throws(UploadRefusal) -> UploadReport {
    let ledger = try translated { () throws(RecordingError) in
      try Ledger.open(directory, busyMilliseconds: Limits.commandBusyMilliseconds)
    }
    let outbox = try translated { () throws(RecordingError) in
      try Outbox.openForDelivery(directory)
    }
    let client = try translated { () throws(HTTPSError) in
      try Client(
        userAgent: "accord/\(AgentVersion.text) OTel-OTLP-Exporter-Swift/\(AgentVersion.text)")
    }
    guard let outbox else { return UploadReport() }
    let uploader = Uploader(
      locations, directory, clock, boot, watch, ledger, outbox, client, isByHand: isByHand)
    do throws(SQLiteError) {
      try uploader.deliverAll()
    } catch { throw .failed("\(RecordingError.database(error))") }
    return uploader.report
  }

  private static func translated<Value: ~Copyable, Failure: Error & CustomStringConvertible>(
    _ body: () throws(Failure) -> Value
  ) throws(UploadRefusal) -> Value {
    do { return try body() } catch { throw .failed(error.description) }
  }

  private init(
    _ locations: Locations, _ directory: StateDirectory, _ clock: any Clock, _ boot: String,
    _ watch: consuming AgreementWatch, _ ledger: consuming Ledger, _ outbox: consuming Outbox,
    _ client: consuming Client, isByHand: Bool
  ) {
    self.locations = locations
    self.directory = directory
    self.clock = clock
    self.boot = boot
    self.watch = watch
    self.ledger = ledger
    self.outbox = outbox
    self.client = client
    self.isByHand = isByHand
  }
}

extension Uploader {
  private func deliverAll() throws(SQLiteError) {
    try recordUnrecorded()
    if clock.isSynchronised {
      // Batches from before the clock was set, in this boot, are stamped by what it says now.
      try outbox.trustTime(
        boot: boot, offsetMilliseconds: clock.wallTimeMilliseconds - clock.bootTimeMilliseconds)
    }
    let timeless = try outbox.setAsideTimeless(currentBoot: boot)
    if timeless > 0 {
      report.notes.append(
        "\(timeless) batches were set aside: when they were taken will never be known")
    }
    var sources: [DataSource] = []
    for source in DataSource.allCases where try !outbox.pending(source, after: 0, limit: 1).isEmpty
    {
      sources.append(source)
    }
    var schedule = UploadSchedule(
      sources: sources, pause: try savedPause(), isByHand: isByHand,
      nowMilliseconds: clock.wallTimeMilliseconds)
    let before = schedule.pause
    try follow(&schedule)
    if schedule.pause != before { try save(schedule.pause) }
    try announceDeliveries()
  }

  private func follow(_ schedule: inout UploadSchedule) throws(SQLiteError) {
    while true {
      switch schedule.next() {
      case .done: return
      case .stop(let reason):
        report.stopped = reason
        return
      case .wait(let until):
        report.stopped =
          "the receiver is given time until \(CalendarTime.rfc3339(milliseconds: until))"
        return
      case .upload(let source, let batchesMax):
        lookAtAgreement()
        guard let answer = try deliverNext(source, batchesMax: batchesMax) else {
          schedule.exhausted(source)
          continue
        }
        schedule.finished(
          source, batches: answer.batches, answer.result, jitter: Double.random(in: 0...1))
      }
    }
  }

  private func savedPause() throws(SQLiteError) -> UploadSchedule.Pause {
    UploadSchedule.Pause(
      failures: try outbox.uploadState("failures") ?? 0,
      untilMilliseconds: try outbox.uploadState("not_before_ms") ?? 0)
  }

  private func save(_ pause: UploadSchedule.Pause) throws(SQLiteError) {
    try outbox.setUploadState("failures", pause.failures)
    try outbox.setUploadState("not_before_ms", pause.untilMilliseconds)
  }

  /// Reads the agreement again if it moved. Returns whether it is another one.
  @discardableResult
  func lookAtAgreement() -> Bool {
    let now = clock.bootTimeMilliseconds
    lastLook = now
    let moment = (try? ledger.trustedMoment()) ?? nil
    return watch.refresh(
      bootTimeMilliseconds: now, nowMilliseconds: Self.latestTime(moment, clock, boot))
  }

  /// The time by which `until` passes.
  private static func latestTime(
    _ moment: TrustedMoment?, _ clock: any Clock, _ boot: String
  ) -> Int64 {
    TrustedMoment.latest(
      of: moment, wallMilliseconds: clock.wallTimeMilliseconds, boot: boot,
      bootTimeMilliseconds: clock.bootTimeMilliseconds)
  }

  /// Whether a transfer may go on. Looks at the agreement at most once a second.
  func mayGoOn() -> Bool {
    guard clock.bootTimeMilliseconds - lastLook >= 1_000 else { return true }
    return !lookAtAgreement()
  }

  /// Completes what a crash left between the spool and the ledger.
  private func recordUnrecorded() throws(SQLiteError) {
    for delivery in try outbox.unrecordedDeliveries() { try record(delivery) }
  }

  func record(_ delivery: Delivery) throws(SQLiteError) {
    let ids = try outbox.batches(ofDelivery: delivery.number).map(\.id)
    try ledger.append(.upload, atMilliseconds: clock.wallTimeMilliseconds) { detail in
      detail.member("delivery", delivery.id)
      detail.member("outcome", delivery.outcome.rawValue)
      detail.member("agreement", Hexadecimal.text(delivery.fingerprint))
      detail.array("batches") { list in for id in ids { list.element(id) } }
      detail.member("readings", delivery.readings)
      detail.member("rejected", delivery.rejected)
      detail.member("bytes", delivery.bytes)
      detail.member("body_sha256", Hexadecimal.text(delivery.digest))
    }
    try outbox.markRecorded(delivery)
  }

  func count(_ delivery: Delivery, of source: DataSource, rejected: Int64) {
    let position =
      report.sent.firstIndex { $0.source == source }
      ?? {
        report.sent.append(UploadReport.Sent(source: source))
        return report.sent.count - 1
      }()
    report.sent[position].requests += 1
    report.sent[position].batches += delivery.batches
    report.sent[position].readings += delivery.readings
    report.sent[position].bytes += delivery.bytes
    report.sent[position].rejected += rejected
  }
}
