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
    _ locations: Locations, _ settings: Settings, _ clock: any Clock, _ log: Log
  ) throws(StartError) -> Databases {
    let state = StateDirectory(locations.state)
    var setAside: [String] = []
    do throws(RecordingError) {
      let ledger = try opening(state.ledger, &setAside) { () throws(RecordingError) in
        try Ledger.open(state, busyMilliseconds: 2_000)
      }
      try ledger.begin(state)
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
      try adoptCopies(ledger, spool, locations, clock, log)
      return Databases(ledger: ledger, history: history, spool: spool)
    } catch { throw StartError(error) }
  }

  /// Databases that do not belong together are made this appliance's own, and nothing that waited in them is sent.
  static func adoptCopies(
    _ ledger: borrowing Ledger, _ spool: borrowing Spool, _ locations: Locations,
    _ clock: any Clock, _ log: Log
  ) throws(RecordingError) {
    let machineFile = locations.machineFile
    if let reason = try Pair.mismatch(ledger, spool, machineFile: machineFile) {
      log.error("\(reason): what waited is never sent; to share again: accord consent accept")
      try Pair.adopt(
        ledger, spool, because: reason, machineFile: machineFile,
        atMilliseconds: clock.wallTimeMilliseconds)
    }
    do { try Pair.remember(ledger, spool, machineFile: machineFile) } catch {
      throw .database(error)
    }
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
