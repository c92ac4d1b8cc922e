// A torn page shows only when it is read, so a database may turn out to be damaged long after it was opened.
// Then it is treated as at the start: set aside and begun anew, without a restart. Readings in memory go into
// the new one, except those of a lost spool: its grants are lost with it, and they belong to no other.

internal import Handshake
internal import JSON
internal import Linux
internal import Recording
internal import SQLite
internal import Telemetry

extension Agent {
  /// Sets aside the database that `error` finds damaged, and begins it anew. Any other error is left alone.
  mutating func replaceDamagedDatabase(_ error: SQLiteError) {
    guard error.kind == .damaged, state.databases.contains(error.path) else { return }
    revocation.spoolRewrite = nil
    revocation.historyRewrite = nil
    do throws(RecordingError) {
      do { try Store.setAside(error.path) } catch { throw .file(error) }
      switch error.path {
      case state.history: try history.reopen(state)
      case state.spool: try spool.reopen()
      default: try beginLedgerAnew()
      }
      // What the database knew of the agreement is written down again.
      if error.path != state.history { isAgreementApplied = false }
      Self.announceSetAside([error.path], ledger, clock, log)
      replacementProblem = nil
    } catch { cannotReplace(error) }
  }

  /// Nothing counts as accepted any more.
  private mutating func beginLedgerAnew() throws(RecordingError) {
    ledger = try Ledger.open(state, busyMilliseconds: Limits.daemonBusyMilliseconds)
    try ledger.begin(state)
    watch.readAgain()
  }

  /// Begins databases anew whose files somebody removed or replaced: what is written into a file without a
  /// name is lost, and nobody would notice.
  mutating func replaceRemovedDatabases() {
    do throws(RecordingError) {
      if !ledger.isInPlace {
        try beginLedgerAnew()
        try Self.adoptCopies(ledger, spool, locations, clock, log)
        noteBegun(state.ledger)
        isAgreementApplied = false
        log.error(
          "\(state.ledger) was removed or replaced while in use: what was accepted is lost; begun anew"
        )
      }
      if !history.isInPlace {
        revocation.historyRewrite = nil
        try history.reopen(state)
        noteBegun(state.history)
        log.error(
          "\(state.history) was removed or replaced while in use: what was in it is lost; begun anew"
        )
      }
      if !spool.isInPlace {
        revocation.spoolRewrite = nil
        try spool.reopen()
        try Self.adoptCopies(ledger, spool, locations, clock, log)
        watch.readAgain()
        noteBegun(state.spool)
        isAgreementApplied = false
        log.error(
          "\(state.spool) was removed or replaced while in use: what waited is lost; begun anew")
      }
    } catch { cannotReplace(error) }
  }

  private mutating func noteBegun(_ path: String) {
    replacementProblem = nil
    try? ledger.append(.databaseBegun, atMilliseconds: clock.wallTimeMilliseconds) {
      $0.member("file", String(path.split(separator: "/").last ?? ""))
    }
  }

  private mutating func cannotReplace(_ error: RecordingError) {
    let problem = "\(error)"
    if problem != replacementProblem { log.error(problem) }
    replacementProblem = problem
  }

  /// Says which databases were set aside, where a person looks and in the ledger.
  static func announceSetAside(
    _ paths: [String], _ ledger: borrowing Ledger, _ clock: any Clock, _ log: Log
  ) {
    for path in paths {
      log.error("\(path) was damaged: it is kept as \(path).damaged-1, and a new one was begun")
      try? ledger.append(.databaseSetAside, atMilliseconds: clock.wallTimeMilliseconds) {
        $0.member("file", String(path.split(separator: "/").last ?? ""))
      }
    }
  }
}
