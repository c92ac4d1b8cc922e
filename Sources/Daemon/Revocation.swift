// Deleting what the customer's word no longer covers.
//
// Closing a gate is immediate and reversible; deletion is not. It needs a valid consent that says less and has
// stood unchanged for 30 seconds. Then a small transaction records the deletion in each database (nothing
// that it covers is read, shown or sent from then on), and the files are rewritten without it, in steps of a few
// milliseconds at and between the ticks. What cannot be finished now (an upload or a reader is in the way, the disk
// is full) is owed, and goes on at the next tick or start.
//
// Less is said of a source (deny, local), of some of its signals ([withhold]), of its attributes ([redact]) or of
// how fine it leaves ([resolution]). All of them go the same way.

internal import Digest
internal import Handshake
internal import JSON
internal import Linux
internal import Recording
internal import SQLite
internal import Telemetry

/// How far deletions have come.
struct Revocation: ~Copyable {
  /// A recorded deletion waits for its rewrite.
  var isOwed = false
  /// The boot clock of the agreement that has been followed by deletion.
  var settledAgreementSince: Int64?
  /// The agreement was edited while the daemon ran; a start is no edit.
  var followsAnEdit = false
  /// The agreement that the command made which settles this, as its digest.
  var meant: [UInt8]?
  /// Recorded in their databases, and not in the ledger yet.
  var untold: [(deletion: Deletion, database: String)] = []
  var spoolRewrite: Rewrite?
  var historyRewrite: Rewrite?
  /// A reader kept the history from being swapped since the last tick: asking again has to wait for it.
  var isHistoryBlocked = false
  var problem: String?
  /// The kept space is there, as far as is known.
  var hasReserve = false
}

extension Agent {
  /// Whether a recorded deletion waits for its rewrite.
  package var owesDeletion: Bool { revocation.isOwed }

  /// One step of what is owed, a few milliseconds long. Returns whether another one would get further now; if not,
  /// the next tick tries again.
  package mutating func workBetweenTicks() -> Bool {
    guard isAgreementApplied, revocation.isOwed else { return false }
    return tryDeleting { agent throws(RecordingError) in try agent.rewrite() }
  }

  /// The tick's part: what the customer's word asks for by now is recorded.
  mutating func carryOutRevocations(_ now: Int64) {
    guard isAgreementApplied else { return }
    revocation.isHistoryBlocked = false
    let since = watch.unchangedSinceMilliseconds
    let isNew = revocation.settledAgreementSince != since
    guard isNew || revocation.isOwed else { return }
    _ = tryDeleting { agent throws(RecordingError) in
      let isConfirmed = isNew && agent.isConfirmedByCommand
      if isNew, isConfirmed || agent.watch.hasSettled(bootTimeMilliseconds: now) {
        try agent.recordDeletions()
        agent.revocation.settledAgreementSince = since
        try? agent.ledger.finishFollowing(agent.fingerprintText)
      }
      return agent.revocation.isOwed ? try agent.rewrite() : false
    }
  }

  /// Does a part of the work. Where only space is missing, the kept space is given up and the part is tried again.
  private mutating func tryDeleting(
    _ part: (inout Agent) throws(RecordingError) -> Bool
  ) -> Bool {
    do throws(RecordingError) {
      var mayGoOn: Bool
      do throws(RecordingError) { mayGoOn = try part(&self) } catch {
        guard error.isForWantOfSpace, releaseReserve() else { throw error }
        mayGoOn = try part(&self)
      }
      revocation.problem = nil
      return mayGoOn
    } catch {
      revocation.spoolRewrite = nil
      revocation.historyRewrite = nil
      let problem = "\(error)"
      if problem != revocation.problem { log.warning("a deletion is owed: \(problem)") }
      revocation.problem = problem
      if case .database(let cause) = error { replaceDamagedDatabase(cause) }
      return false
    }
  }

  /// Whether a command made this agreement: then the word needs no time to settle. A start is no edit, and asks the
  /// ledger nothing.
  private var isConfirmedByCommand: Bool {
    guard revocation.followsAnEdit, watch.agreement.standing == .inForce else { return false }
    if let meant = revocation.meant, meant == watch.agreement.contentDigest.bytes { return true }
    return (try? ledger.isConfirmed(watch.agreement)) ?? false
  }

  /// Gives the kept space up, and begins again what waited for it. Returns whether there was any.
  mutating func releaseReserve() -> Bool {
    revocation.spoolRewrite = nil
    revocation.historyRewrite = nil
    revocation.hasReserve = false
    return (try? Reserve.release(state)) ?? false
  }

  /// Makes the kept space again when nothing is owed. On a full disk the next seal tries again.
  mutating func keepReserve() {
    guard !revocation.hasReserve, !revocation.isOwed, revocation.problem == nil else { return }
    revocation.hasReserve = (try? Reserve.make(state)) == true
  }

  private mutating func recordDeletions() throws(RecordingError) {
    hasUnusedMemory = true
    let agreement = watch.agreement
    let time = clock.wallTimeMilliseconds
    do throws(SQLiteError) {
      try tellDeletions(time)
      for source in DataSource.allCases {
        let terms = agreement.terms(of: source)
        if terms.isHeld { continue }
        let reason = "\(terms.decision.rule)"
        if let deletion = try spool.recordDeletion(
          ofClosedGrantsOf: source, reason: reason, nowMilliseconds: time)
        {
          try announce(deletion, "spool", time)
        }
        guard terms.decision.verdict == .deny,
          let deletion = try history.recordDeletion(
            of: source, reason: reason, nowMilliseconds: time)
        else { continue }
        try announce(deletion, "history", time)
      }
      try recordTightening(time)
      try removeIdentityIfUnused(time)
    } catch { throw .database(error) }
    try removeSetAsideIfTightened()
  }

  private mutating func recordTightening(_ time: Int64) throws(SQLiteError) {
    let agreement = watch.agreement
    let inSpool = try spool.recordTightening(
      by: agreement, fingerprint: fingerprint, hashing: hashing.key, nowMilliseconds: time)
    for deletion in inSpool { try announce(deletion, "spool", time) }
    let inHistory = try history.recordTightening(
      by: agreement, fingerprint: fingerprint, hashing: hashing.key, nowMilliseconds: time)
    for deletion in inHistory { try announce(deletion, "history", time) }
  }

  private func removeSetAsideIfTightened() throws(RecordingError) {
    let hasRefusal = DataSource.allCases.contains { source in
      let terms = watch.agreement.terms(of: source)
      return !terms.isHeld && terms.decision.verdict != .share
    }
    // Also a word that was written while accordd did not run, or that it did not live to follow.
    let isEdit =
      revocation.followsAnEdit || (try? ledger.hasFollowedAnother(fingerprintText)) ?? false
    guard isEdit, hasRefusal || revocation.isOwed else { return }
    do {
      for path in state.databases { try Store.removeSetAside(path) }
    } catch { throw .file(error) }
  }

  private mutating func announce(
    _ deletion: Deletion, _ database: String, _ time: Int64
  ) throws(SQLiteError) {
    revocation.isOwed = true
    if deletion.isPartial {
      log.notice(
        """
        less is agreed of \(deletion.source.name) (\(deletion.reason)): removing \(deletion.series) series from the \
        \(database), redacting \(deletion.redacted)
        """)
    } else {
      log.notice(
        """
        \(deletion.source.name) is no longer agreed (\(deletion.reason)): removing \(deletion.batches) \
        batches with \(deletion.readings) readings from the \(database)
        """)
    }
    revocation.untold.append((deletion, database))
    try tellDeletions(time)
  }

  /// After a full revocation the appliance is nobody; sharing again begins under another pseudonym.
  private mutating func removeIdentityIfUnused(_ time: Int64) throws(SQLiteError) {
    let isRevoked = DataSource.allCases.allSatisfy {
      watch.agreement.grantIntent(for: $0) == .close
    }
    guard isRevoked else { return }
    guard mayHaveIdentity else {
      let isRefused = DataSource.allCases.allSatisfy {
        watch.agreement.terms(of: $0).decision.verdict == .deny
      }
      // Whoever refuses all of it is named nowhere, also when nothing was ever shared.
      if isRefused, try ledger.hasNames() { try ledger.eraseNames() }
      return
    }
    // First: what the ledger does not know is never taken for the appliance's own again.
    try ledger.forgetPseudonym()
    try ledger.eraseNames()
    do {
      // The key first: as long as the pseudonym is there, its end is tried again.
      try HashKeyFile.remove(state)
      try Identity.remove(state)
    } catch {
      log.warning("\(error); the pseudonym stays until it can be removed")
      return
    }
    replaceHashKey()
    try ledger.append(.identityRemoved, atMilliseconds: time) { _ in }
  }

  /// One that cannot be read may be there all the same.
  private var mayHaveIdentity: Bool {
    do { return try Identity.current(state) != nil } catch { return true }
  }

  /// One step. Returns whether another one would get further now.
  private mutating func rewrite() throws(RecordingError) -> Bool {
    hasUnusedMemory = true
    let (time, clock) = (clock.wallTimeMilliseconds, clock)
    let end = clock.bootTimeMilliseconds + Limits.rewriteStepMilliseconds
    let isTimeUp = { clock.bootTimeMilliseconds >= end }
    let owesHistory = try owed({ () throws(SQLiteError) in try history.owesDeletion() })
    if owesHistory, !revocation.isHistoryBlocked {
      if revocation.historyRewrite == nil { revocation.historyRewrite = try Rewrite.begin(history) }
      let progress = try revocation.historyRewrite?.step(
        &history, nowMilliseconds: time, isTimeUp: isTimeUp)
      if progress == .done || progress == .outdated { revocation.historyRewrite = nil }
      if progress == .done {
        try announceDone("history", time) { () throws(SQLiteError) in
          try history.deletions(doneAtMilliseconds: time)
        }
      }
      guard progress == .blocked else { return true }
      revocation.isHistoryBlocked = true
    }
    guard try owed({ () throws(SQLiteError) in try spool.owesDeletion() }) else {
      revocation.isOwed = owesHistory
      return false
    }
    if revocation.spoolRewrite == nil { revocation.spoolRewrite = try Rewrite.begin(spool) }
    // Nil while an upload is under way: it stops by itself within a second, and the next tick tries again.
    let progress = try revocation.spoolRewrite?.step(
      &spool, nowMilliseconds: time, isTimeUp: isTimeUp)
    if progress == .done || progress == .outdated { revocation.spoolRewrite = nil }
    if progress == .done {
      try announceDone("spool", time) { () throws(SQLiteError) in
        try spool.deletions(doneAtMilliseconds: time)
      }
    }
    return progress != nil && progress != .blocked
  }

  private func owed(_ ask: () throws(SQLiteError) -> Bool) throws(RecordingError) -> Bool {
    do { return try ask() } catch { throw .database(error) }
  }

  private func announceDone(
    _ database: String, _ time: Int64, _ done: () throws(SQLiteError) -> [Deletion]
  ) throws(RecordingError) {
    do throws(SQLiteError) {
      let done = try done()
      let sum = { (part: (Deletion) -> Int64) in done.reduce(0) { $0 + part($1) } }
      let (batches, recut, readings) = (sum(\.batches), sum(\.recut), sum(\.readings))
      log.notice(
        """
        the \(database) was rewritten without what is no longer agreed: \(batches) batches removed, \(recut) re-cut, \
        \(readings) readings in all
        """)
      try ledger.append(.deletionDone, atMilliseconds: time) { detail in
        detail.member("database", database)
        detail.member("batches", batches)
        detail.member("recut", recut)
        detail.member("readings", readings)
      }
    } catch { throw .database(error) }
  }
}
