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
internal import Telemetry

package final class Uploader {
  typealias Sender = (Request, [UInt8], @escaping () -> Bool) throws(HTTPSError) -> Response

  let locations: Locations
  let directory: StateDirectory
  let clock: any Clock
  let boot: String
  let settings: UploadSettings
  let connection: Connection
  var watch: AgreementWatch
  let ledger: Ledger
  let outbox: Outbox
  /// Sends a request, and asks all the while whether it may go on.
  let send: Sender
  var compressor = Compressor(.gzip)
  var report = UploadReport()
  /// The newest batch of each source that this run has dealt with.
  var cursors: [DataSource: Int64] = [:]
  let isByHand: Bool
  private var lastLook: Int64 = 0
  var attempt = Attempt()

  /// What came of the latest request.
  struct Attempt {
    /// HTTP status of its answer.
    var status: Int64?
    /// Whether anything of it may have reached the receiver.
    var hasLeft = false
  }

  /// Delivers what waits.
  ///
  /// - Parameter isByHand: a person wants it now, so an earlier pause is not waited for.
  package static func run(
    _ locations: Locations, clock: any Clock, isByHand: Bool
  ) throws(UploadRefusal) -> UploadReport {
    var client = try translated { () throws(HTTPSError) in
      try Client(userAgent: AgentVersion.userAgent)
    }
    return try run(locations, clock: clock, isByHand: isByHand) {
      request, body, mayGoOn throws(HTTPSError) in
      try client.post(request, body: body, shouldContinue: mayGoOn)
    }
  }

  /// As above, through `send`: tests answer in the receiver's place.
  static func run(
    _ locations: Locations, clock: any Clock, isByHand: Bool, send: @escaping Sender
  ) throws(UploadRefusal) -> UploadReport {
    let owners = TrustedOwners(prefix: locations.prefix)
    var watch = AgreementWatch(
      consentPath: locations.consent, offerPath: locations.offer,
      record: StateDirectory(locations.state).acceptanceRecord,
      trusting: owners)
    let directory = StateDirectory(locations.state)
    let boot = try translated { () throws(SystemError) in try clock.bootID() }
    let moment = (try? Ledger.trustedMoment(directory)) ?? nil
    _ = watch.refresh(
      bootTimeMilliseconds: clock.bootTimeMilliseconds,
      nowMilliseconds: latestTime(moment, clock, boot))
    if let refusal = UploadRefusal(watch.agreement, "nothing was sent, and nobody was contacted") {
      throw refusal
    }
    let settings = try translated { () throws(SettingsError) in
      try Settings.read(locations.settings).upload
    }
    let connection = try translated { () throws(FileProblem) in
      try Connection(settings, locations, trusting: owners)
    }
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
    let report = try begin(
      locations, directory, clock, boot, settings, connection, watch, send, isByHand: isByHand)
    _ = consume lock
    return report
  }

  private static func begin(
    _ locations: Locations, _ directory: StateDirectory, _ clock: any Clock, _ boot: String,
    _ settings: UploadSettings, _ connection: Connection, _ watch: consuming AgreementWatch,
    _ send: @escaping Sender, isByHand: Bool
  ) throws(UploadRefusal) -> UploadReport {
    let ledger = try translated { () throws(RecordingError) in
      try Ledger.open(directory, busyMilliseconds: Limits.commandBusyMilliseconds)
    }
    let outbox = try translated { () throws(RecordingError) in
      try Outbox.openForDelivery(directory)
    }
    guard let outbox else { return UploadReport() }
    let mismatch = try translated { () throws(RecordingError) in
      try Pair.mismatch(ledger, outbox, directory, machineFile: locations.machineFile)
    }
    if let mismatch {
      throw .noAgreement("\(mismatch): start accordd; nothing was sent, and nobody was contacted")
    }
    let uploader = Uploader(
      locations, directory, clock, boot, settings, connection, watch, ledger, outbox, send,
      isByHand: isByHand)
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
    _ settings: UploadSettings, _ connection: Connection, _ watch: consuming AgreementWatch,
    _ ledger: consuming Ledger, _ outbox: consuming Outbox, _ send: @escaping Sender, isByHand: Bool
  ) {
    self.locations = locations
    self.directory = directory
    self.clock = clock
    self.boot = boot
    self.settings = settings
    self.connection = connection
    self.watch = watch
    self.ledger = ledger
    self.outbox = outbox
    self.send = send
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
    let timeless = try outbox.setAsideTimeless(
      currentBoot: boot, nowMilliseconds: clock.wallTimeMilliseconds)
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
    try follow(&schedule)
    if schedule.mayContact, let answer = try announceDeliveries() {
      let before = schedule.pause
      schedule.announced(answer, nowMilliseconds: clock.wallTimeMilliseconds)
      try save(schedule.pause, insteadOf: before)
    }
    if report.waitsFor == nil || !report.sent.isEmpty {
      try outbox.setLastFailure(report.stopped, atMilliseconds: clock.wallTimeMilliseconds)
    }
    try outbox.forgetOldest()
    try Pair.remember(ledger, outbox, directory, machineFile: locations.machineFile)
    report.refusal = UploadRefusal(watch.agreement, "what is not delivered stays here")
  }

  private func follow(_ schedule: inout UploadSchedule) throws(SQLiteError) {
    while true {
      if let opens = opensMilliseconds { schedule.hold(untilMilliseconds: opens, for: .window) }
      switch schedule.next() {
      case .done: return
      case .stop(let reason):
        report.stopped = reason
        return
      case .wait(let until, let reason):
        report.waitsUntilMilliseconds = until
        report.waitsFor = reason
        return
      case .upload(let source, let batchesMax):
        lookAtAgreement()
        guard let answer = try deliverNext(source, batchesMax: batchesMax) else {
          schedule.exhausted(source)
          continue
        }
        let before = schedule.pause
        schedule.finished(
          source, batches: answer.batches, answer.result,
          nowMilliseconds: clock.wallTimeMilliseconds, jitter: Double.random(in: 0...1))
        try save(schedule.pause, insteadOf: before)
      }
    }
  }

  private func savedPause() throws(SQLiteError) -> UploadSchedule.Pause {
    UploadSchedule.Pause(
      failures: try outbox.uploadState("failures") ?? 0,
      untilMilliseconds: try outbox.uploadState("not_before_ms") ?? 0)
  }

  private func save(
    _ pause: UploadSchedule.Pause, insteadOf before: UploadSchedule.Pause
  ) throws(SQLiteError) {
    if pause == before { return }
    try outbox.setUploadState("failures", pause.failures)
    try outbox.setUploadState("not_before_ms", pause.untilMilliseconds)
  }

  /// Reads the agreement again if it moved. Returns whether it is another one.
  @discardableResult
  func lookAtAgreement() -> Bool {
    let now = clock.bootTimeMilliseconds
    lastLook = now
    return watch.refresh(bootTimeMilliseconds: now, nowMilliseconds: latestTime)
  }

  /// The time by which `until` passes, and the days of the quota.
  var latestTime: Int64 {
    Self.latestTime((try? ledger.trustedMoment()) ?? nil, clock, boot)
  }

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
