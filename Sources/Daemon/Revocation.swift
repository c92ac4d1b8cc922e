// Deleting what the customer's word no longer covers.
//
// Closing a gate is immediate and reversible; deletion is not. It needs a valid consent that says less and has
// stood unchanged for 30 seconds. Then a small transaction records the deletion in each database (nothing
// that it covers is read, shown or sent from then on), and the files are rewritten without it, a bounded
// step at each tick. What cannot be finished now is owed, and goes on at the next tick or start.

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
  var spoolRewrite: Rewrite?
  var historyRewrite: Rewrite?
  var problem: String?
}

extension Agent {
  mutating func carryOutRevocations(_ now: Int64) {
    guard isAgreementApplied else { return }
    do throws(RecordingError) {
      let isNew = revocation.settledAgreementSince != watch.unchangedSinceMilliseconds
      let isConfirmed = isNew && isConfirmedByCommand
      if isNew, isConfirmed || watch.hasSettled(bootTimeMilliseconds: now) {
        try recordDeletions()
        revocation.settledAgreementSince = watch.unchangedSinceMilliseconds
        if isConfirmed { try? ledger.removeConfirmation() }
      }
      if revocation.isOwed { try rewrite() }
      revocation.problem = nil
    } catch {
      revocation.spoolRewrite = nil
      revocation.historyRewrite = nil
      let problem = "\(error)"
      if problem != revocation.problem { log.warning("a deletion is owed: \(problem)") }
      revocation.problem = problem
      if case .database(let cause) = error { replaceDamagedDatabase(cause) }
    }
  }

  /// Whether a command made this agreement: then the word needs no time to settle. A start is no edit, and asks the
  /// ledger nothing.
  private var isConfirmedByCommand: Bool {
    revocation.followsAnEdit && watch.agreement.standing == .inForce
      && (try? ledger.isConfirmed(watch.agreement)) ?? false
  }

  private mutating func recordDeletions() throws(RecordingError) {
    let agreement = watch.agreement
    let time = clock.wallTimeMilliseconds
    do throws(SQLiteError) {
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
      try removeIdentityIfUnused(time)
    } catch { throw .database(error) }
    try removeSetAsideIfTightened()
  }

  private func removeSetAsideIfTightened() throws(RecordingError) {
    let hasRefusal = DataSource.allCases.contains { source in
      let terms = watch.agreement.terms(of: source)
      return !terms.isHeld && terms.decision.verdict != .share
    }
    guard revocation.followsAnEdit, hasRefusal else { return }
    do {
      for path in state.databases { try Store.removeSetAside(path) }
    } catch { throw .file(error) }
  }

  private mutating func announce(
    _ deletion: Deletion, _ database: String, _ time: Int64
  ) throws(SQLiteError) {
    revocation.isOwed = true
    try ledger.noteRevocation(consentModifiedNanoseconds: watch.consentModifiedNanoseconds)
    log.notice(
      """
      \(deletion.source.name) is no longer agreed (\(deletion.reason)): removing \(deletion.batches) \
      batches with \(deletion.readings) readings from the \(database)
      """)
    try ledger.append(.deletionRecorded, atMilliseconds: time) { detail in
      detail.member("source", deletion.source.name)
      detail.member("database", database)
      detail.member("batches", deletion.batches)
      detail.member("readings", deletion.readings)
      // "consent.toml:9": the folder may be somebody's home.
      detail.member("because", String(deletion.reason.split(separator: "/").last ?? ""))
    }
  }

  /// After a full revocation the appliance is nobody; sharing again begins under another pseudonym.
  private mutating func removeIdentityIfUnused(_ time: Int64) throws(SQLiteError) {
    let isRevoked = DataSource.allCases.allSatisfy {
      watch.agreement.grantIntent(for: $0) == .close
    }
    guard isRevoked, (try? Identity.current(state)) != .some(.none) else { return }
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

  private mutating func rewrite() throws(RecordingError) {
    let time = clock.wallTimeMilliseconds
    if try owed({ () throws(SQLiteError) in try history.owesDeletion() }) {
      if revocation.historyRewrite == nil { revocation.historyRewrite = try Rewrite.begin(history) }
      let progress = try revocation.historyRewrite?.step(&history, nowMilliseconds: time)
      if progress != .unfinished { revocation.historyRewrite = nil }
      if progress == .done { try announceDone("history", time) }
      return
    }
    guard try owed({ () throws(SQLiteError) in try spool.owesDeletion() }) else {
      revocation.isOwed = false
      return
    }
    if revocation.spoolRewrite == nil { revocation.spoolRewrite = try Rewrite.begin(spool) }
    // Nil while an upload is under way: it stops by itself within a second, and the next tick tries again.
    let progress = try revocation.spoolRewrite?.step(&spool, nowMilliseconds: time)
    if progress != .unfinished { revocation.spoolRewrite = nil }
    if progress == .done { try announceDone("spool", time) }
  }

  private func owed(_ ask: () throws(SQLiteError) -> Bool) throws(RecordingError) -> Bool {
    do { return try ask() } catch { throw .database(error) }
  }

  private func announceDone(_ database: String, _ time: Int64) throws(RecordingError) {
    log.notice("the \(database) was rewritten without what is no longer agreed")
    do {
      try ledger.append(.deletionDone, atMilliseconds: time) { $0.member("database", database) }
    } catch { throw .database(error) }
  }
}
