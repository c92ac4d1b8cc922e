internal import Configuration
internal import Linux
internal import Recording
internal import SQLite

extension Agent {
  struct Databases: ~Copyable {
    var ledger: Ledger
    var history: History
    var spool: Spool
  }

  /// Opens the three databases. One that is damaged is set aside and begun anew, and the ledger says so:
  /// a damaged file never stops the agent. One of a newer form, or of something else, does.
  static func openDatabases(
    _ state: StateDirectory, _ settings: Settings, _ clock: any Clock, _ log: Log
  ) throws(StartError) -> Databases {
    var setAside: [String] = []
    do throws(RecordingError) {
      let ledger = try opening(state.ledger, &setAside) { () throws(RecordingError) in
        try Ledger.open(state, busyMilliseconds: 2_000)
      }
      let history = try opening(state.history, &setAside) { () throws(RecordingError) in
        try History.open(
          state, quotaBytes: settings.historyQuotaBytes,
          rowsPerSeal: Int(settings.sealMilliseconds / settings.tickMilliseconds) + 1)
      }
      let spool = try opening(state.spool, &setAside) { () throws(RecordingError) in
        try Spool.open(
          state, quotaBytes: settings.spoolQuotaBytes, tickMilliseconds: settings.tickMilliseconds)
      }
      announceSetAside(setAside, ledger, clock, log)
      return Databases(ledger: ledger, history: history, spool: spool)
    } catch { throw StartError(error) }
  }

  private static func opening<Value: ~Copyable>(
    _ path: String, _ setAside: inout [String], _ open: () throws(RecordingError) -> Value
  ) throws(RecordingError) -> Value {
    do throws(RecordingError) {
      return try open()
    } catch {
      guard case .database(let cause) = error, cause.kind == .damaged else { throw error }
      do { try Store.setAside(path) } catch { throw .file(error) }
      setAside.append(path)
      return try open()
    }
  }
}
