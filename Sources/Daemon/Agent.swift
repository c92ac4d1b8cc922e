// The always-on half of Accord: samples, applies the agreement, records. It has no network.
//
// One tick, in this order, because tightening comes before everything else:
//  1 look at both halves of the agreement; if they changed, close the gates first (AgreementChange)
//  2 read what may be kept from the kernel's files
//  3 GATE 1: copy what is allowed
//  4 add it to the readings in memory, and seal them when it is time
//  5 carry on with deletions that are owed, in bounded steps (Revocation)
//  6 say how things stand in the status file
//
// The clock is passed in, so that tests can live through a month. Nothing here waits.

package import Configuration
internal import Digest
internal import Handshake
package import Linux
internal import Recording
internal import SQLite
internal import Sampling
internal import Telemetry

package struct Agent: ~Copyable {
  let clock: any Clock
  let log: Log
  let settings: Settings
  let locations: Locations
  let state: StateDirectory
  let boot: String

  var watch: AgreementWatch
  var gate = Gate()
  var hashing = Hashing()
  var sampler: Sampler
  var history: History
  var spool: Spool
  var ledger: Ledger

  var ticks: UInt64 = 0
  var missedTicks: UInt64 = 0
  var statusFile: StatusFile
  /// The agreement in force has been written down, and its grants are settled.
  var isAgreementApplied = false
  /// The fingerprint of the agreement that the readings in memory belong to.
  var fingerprint: [UInt8] = [] {
    didSet { fingerprintText = Hexadecimal.text(fingerprint) }
  }
  private(set) var fingerprintText = ""
  /// When somebody last vouched for the time, as far as is known.
  private(set) var trustedMoment: TrustedMoment?
  var hasOpenGrants = false
  var revocation = Revocation()
  /// Why the last seal failed, as long as it does.
  private(set) var recordingProblem: String? {
    didSet { work = describeWork() }
  }
  private var toldRecordingProblem: String?
  private var lineAllowance = LineAllowance()
  /// Why the agreement could not be written down, as long as that is so.
  var agreementProblem: String? {
    didSet { work = describeWork() }
  }
  /// Why a database could not be begun anew, as long as that is so.
  var replacementProblem: String?
  /// What the agent is doing, in one line.
  package internal(set) var work = ""
  private var nextSealMilliseconds: Int64
  private var nextAgeingMilliseconds: Int64 = 0
  /// Text was parsed or batches were made since the last tick; an ordinary tick leaves nothing behind.
  var hasUnusedMemory = true
  var wallOffset: WallOffset
  /// What the ledger has been told of readings that were lost in memory.
  var toldReadingsLost: (history: Int64, spool: Int64) = (0, 0)

  /// Opens everything. Fails with one sentence when the installation cannot work at all.
  package static func start(
    _ locations: Locations, kernelRoot: KernelRoot, settings: Settings, clock: any Clock, log: Log
  ) throws(StartError) -> Agent {
    let boot = try StartError.translating { () throws(SystemError) in
      try Directory.create(locations.state, mode: 0o750)
      try Directory.create(locations.run, mode: 0o755)
      let boot = try clock.bootID()
      try AtomicFile.replace(
        locations.bootFile, with: Array(boot.utf8), mode: 0o644, durability: .volatile)
      return boot
    }
    let databases = try openDatabases(locations, settings, clock, log)
    return Agent(locations, kernelRoot, settings, clock, log, boot, databases)
  }

  private init(
    _ locations: Locations, _ kernelRoot: KernelRoot, _ settings: Settings, _ clock: any Clock,
    _ log: Log, _ boot: String, _ databases: consuming Databases
  ) {
    self.clock = clock
    self.log = log
    self.settings = settings
    self.locations = locations
    self.boot = boot
    state = StateDirectory(locations.state)
    trustedMoment = (try? databases.ledger.trustedMoment()) ?? nil
    wallOffset = WallOffset(
      clock, last: (try? databases.history.latestOffset(boot: boot)) ?? nil)
    ledger = databases.ledger
    history = databases.history
    spool = databases.spool
    watch = AgreementWatch(
      consentPath: locations.consent, offerPath: locations.offer,
      record: StateDirectory(locations.state).acceptanceRecord,
      trusting: TrustedOwners(prefix: locations.prefix))
    sampler = Sampler(root: kernelRoot, devices: settings.devices)
    statusFile = StatusFile(locations.statusFile)
    nextSealMilliseconds = clock.bootTimeMilliseconds + settings.sealMilliseconds
    // Found out at the first tick: what an earlier run left owed goes on.
    revocation.isOwed = true
  }

  /// One tick.
  ///
  /// - Parameter missed: ticks that went by unserved before this one.
  package mutating func tick(missed: UInt64 = 0) {
    let now = clock.bootTimeMilliseconds
    ticks += 1
    missedTicks += missed
    lookAtAgreement(now)
    sample(now)
    if now >= nextSealMilliseconds {
      seal()
      retryHashKey()
      keepReserve()
      nextSealMilliseconds = now + settings.sealMilliseconds
    }
    carryOutRevocations(now)
    writeStatus(now)
    if hasUnusedMemory {
      history.releaseUnusedMemory()
      spool.releaseUnusedMemory()
      ledger.releaseUnusedMemory()
      Process.releaseUnusedMemory()
      hasUnusedMemory = false
    }
  }

  /// Seals what is in memory. The last thing before the process ends. Returns whether all of it is on the disk.
  package mutating func stop() -> Bool {
    lookAtAgreement(clock.bootTimeMilliseconds)
    seal()
    try? Pair.remember(ledger, spool, machineFile: locations.machineFile)
    writeStatus(clock.bootTimeMilliseconds, isRunning: false)
    guard let problem = agreementProblem ?? recordingProblem else { return true }
    log.error("stopped, and the readings in memory are lost: \(problem)")
    return false
  }

  private mutating func sample(_ now: Int64) {
    guard isAgreementApplied else { return }
    let log = log
    var allowance = lineAllowance
    sampler.takeSample(atBootTimeMilliseconds: now, wanted: gate.wantedFiles) { record in
      guard let addition = allowance.take(record.file, atMilliseconds: now) else { return }
      switch record.outcome {
      case .failed(let failure):
        log.warning("\(failure); its readings are missing until it is mended\(addition)")
      case .absent: log.info("\(record.file) is not there; its readings are absent\(addition)")
      case .readings, nil: log.info("\(record.file) can be read again\(addition)")
      }
    }
    lineAllowance = allowance
    gate.permit(sampler.sample)
    guard gate.hasPermittedReadings else { return }
    history.append(gate.permitted)
    if hasOpenGrants {
      let agreement = watch.agreement
      spool.append(gate.permitted) { agreement.asksForExtremes(of: $0) }
    }
  }

  /// Writes the readings in memory to both databases, as far as the agreement in force still allows.
  mutating func seal() {
    replaceRemovedDatabases()
    guard isAgreementApplied else { return }
    hasUnusedMemory = true
    let agreement = watch.agreement
    sampler.refresh(wanted: gate.wantedFiles)
    wallOffset.follow(clock)
    let context = BatchContext(
      boot: boot, offsetMilliseconds: wallOffset.milliseconds,
      isSynchronised: clock.isSynchronised, fingerprint: fingerprint)
    let (kept, shared) = (facts(agreement, atLeast: .local), facts(agreement, atLeast: .share))
    let hasReadings = history.hasUnsealedReadings || spool.hasUnsealedReadings
    // Each for itself: a database that refuses does not keep the other from being written.
    let refusals = [
      Self.refusal { () throws(SQLiteError) in
        try history.seal(context, facts: kept) { agreement.stillAllows($0, atLeast: .local) }
      },
      Self.refusal { () throws(SQLiteError) in
        try spool.seal(context, facts: shared) { agreement.stillAllows($0, atLeast: .share) }
      },
      Self.refusal { () throws(SQLiteError) in
        try rememberTime(clock.bootTimeMilliseconds)
        try age(clock.bootTimeMilliseconds)
      },
      Self.refusal { () throws(SQLiteError) in try recordLosses() },
    ]
    // Two may come from one database, which is begun anew once.
    var paths: Set<String> = []
    for case let refusal? in refusals where paths.insert(refusal.path).inserted {
      replaceDamagedDatabase(refusal)
    }
    if let refusal = refusals.compactMap(\.self).first {
      refused(refusal)
    } else {
      recovered(byWriting: hasReadings)
    }
  }

  private static func refusal(_ body: () throws(SQLiteError) -> Void) -> SQLiteError? {
    do { try body() } catch { return error }
    return nil
  }

  private func facts(_ agreement: Agreement, atLeast verdict: Verdict) -> [DataSource: [Fact]] {
    var facts: [DataSource: [Fact]] = [:]
    for source in DataSource.allCases {
      facts[source] = agreement.permit(
        sampler.facts, of: source, atLeast: verdict, hashing: hashing.key)
    }
    return facts
  }

  /// The agreement's end passes by the latest time that anybody vouched for, so that setting the clock back
  /// does not prolong it. Written once an hour at most: flash wears.
  private mutating func rememberTime(_ now: Int64) throws(SQLiteError) {
    trustedMoment = try ledger.trustedMoment()
    let isDue = now - (trustedMoment?.bootTimeMilliseconds ?? 0) > 3_600_000
    guard clock.isSynchronised, isDue || trustedMoment?.boot != boot else { return }
    try ledger.remember(
      TrustedMoment(
        boot: boot, bootTimeMilliseconds: now, unixMilliseconds: clock.wallTimeMilliseconds))
    trustedMoment = try ledger.trustedMoment()
  }

  /// Removes what was kept long enough, once an hour, and only while somebody vouches for the time.
  private mutating func age(_ now: Int64) throws(SQLiteError) {
    guard now >= nextAgeingMilliseconds, let trusted = trustedMoment, trusted.boot == boot else {
      return
    }
    let elapsed = now - trusted.bootTimeMilliseconds
    let moment = TrustedMoment(
      boot: boot, bootTimeMilliseconds: now, unixMilliseconds: trusted.unixMilliseconds + elapsed)
    try history.age(keepMilliseconds: settings.historyKeepMilliseconds, at: moment)
    try spool.age(keepSentMilliseconds: settings.keepSentMilliseconds, at: moment)
    nextAgeingMilliseconds = now + 3_600_000
  }

  private mutating func refused(_ error: SQLiteError) {
    let problem = "\(RecordingError.database(error))"
    if problem != recordingProblem { recordingProblem = problem }
    guard problem != toldRecordingProblem else { return }
    toldRecordingProblem = problem
    guard let addition = takeRecordingLine() else { return }
    log.warning("\(problem); readings are kept in memory until it is mended\(addition)")
  }

  private mutating func recovered(byWriting hasWritten: Bool) {
    if recordingProblem != nil { recordingProblem = nil }
    // A seal of nothing proves nothing.
    guard hasWritten, toldRecordingProblem != nil else { return }
    toldRecordingProblem = nil
    guard let addition = takeRecordingLine() else { return }
    log.notice("readings are written to the disk again\(addition)")
  }

  private mutating func takeRecordingLine() -> String? {
    lineAllowance.take("recording", atMilliseconds: clock.bootTimeMilliseconds)
  }
}

/// Why the agent cannot start, in one sentence.
package struct StartError: Error, Sendable, CustomStringConvertible {
  package let description: String

  init(_ error: any CustomStringConvertible) { description = error.description }

  static func translating<Value: ~Copyable>(
    _ body: () throws(SystemError) -> Value
  ) throws(StartError) -> Value {
    do { return try body() } catch { throw StartError(error) }
  }
}
