// Opening one of the databases with the settings that all of them share, and setting a damaged one aside.

package import Linux
package import SQLite
internal import Telemetry

/// Which database, and what is in it when it is new.
package struct StoreForm: Sendable {
  let applicationID: Int64
  let schema: String

  package static let history = StoreForm(applicationID: Schema.historyID, schema: Schema.history)
  package static let spool = StoreForm(applicationID: Schema.spoolID, schema: Schema.spool)
  package static let ledger = StoreForm(applicationID: Schema.ledgerID, schema: Schema.ledger)
}

package enum Store {
  /// Opens a database for its writer, and makes it if it is missing.
  package static func openForWriting(
    _ path: String, _ form: StoreForm, in directory: StateDirectory, busyMilliseconds: Int32
  ) throws(RecordingError) -> Database {
    let database = try open(path, .readWrite, directory, busyMilliseconds)
    let isNew = try check(database, form)
    do {
      try configure(database)
      if isNew { try create(database, form) }
    } catch { throw .database(error) }
    return database
  }

  /// Opens a database for reading; one that is missing, or was never begun, is nil.
  package static func openForReading(
    _ path: String, _ form: StoreForm, in directory: StateDirectory
  ) throws(RecordingError) -> Database? {
    do {
      guard try FileState.of(path) != nil else { return nil }
    } catch { throw .file(error) }
    let database = try open(path, .readOnly, directory, Limits.commandBusyMilliseconds)
    if try check(database, form) { return nil }
    return consume database
  }

  /// The lock keeps an opening and a swap of the file apart: a connection that joined the old file under
  /// the new file's -shm would read one through the index of the other.
  private static func open(
    _ path: String, _ access: Database.Access, _ directory: StateDirectory,
    _ busyMilliseconds: Int32
  ) throws(RecordingError) -> Database {
    let lock: LockFile?
    do {
      lock = try LockFile.acquire(directory.swapLock, .shared)
    } catch { throw .file(error) }
    guard lock != nil else { throw .busy(path: path) }
    let state: FileState?
    do { state = try FileState.of(path, followsLink: false) } catch { throw .file(error) }
    // SQLite would wait for the other end of a pipe, and follow a link.
    if let state, !state.isRegularFile { throw .foreign(path: path) }
    do {
      let database = try Database(path, access, busyTimeoutMilliseconds: busyMilliseconds)
      // SQLite reads the file only now: a file that is no database, or is locked, shows here.
      _ = try database.integer("PRAGMA schema_version")
      return database
    } catch { throw .database(error) }
  }

  /// Whether the database is still empty. One of another kind or of a newer form is left alone.
  private static func check(
    _ database: borrowing Database, _ form: StoreForm
  ) throws(RecordingError) -> Bool {
    let (version, kind): (Int64, Int64)
    do {
      // Asked first: another program may make the database between these questions, all at once.
      let isEmpty = try database.integer("SELECT count(*) FROM sqlite_schema") == 0
      version = try database.integer("PRAGMA user_version")
      kind = try database.integer("PRAGMA application_id")
      if isEmpty, version == 0, kind == 0 { return true }
    } catch { throw .database(error) }
    guard kind == form.applicationID else { throw .foreign(path: database.path) }
    guard version <= Schema.version else {
      throw .newerSchema(path: database.path, version: version)
    }
    return false
  }

  private static func configure(_ database: borrowing Database) throws(SQLiteError) {
    // 1 KiB pages: one commit a minute writes 11.5 KiB, against 20 with SQLite's own 4 KiB.
    try database.execute("PRAGMA page_size = 1024")
    // Readers never wait for the writer, nor the writer for them.
    try database.execute("PRAGMA journal_mode = WAL")
    // What was sealed survives a power cut.
    try database.execute("PRAGMA synchronous = FULL")
    // Copied back at half a MiB and cut at 1 MiB: logs without bounds have filled partitions.
    try database.execute("PRAGMA wal_autocheckpoint = \(Limits.walBytesMax / 2 / 1024)")
    try database.execute("PRAGMA journal_size_limit = \(Limits.walBytesMax)")
    // 128 KiB instead of 2 MiB: a seal touches a few pages, and the daemon is resident.
    try database.execute("PRAGMA cache_size = -128")
  }

  private static func create(_ database: borrowing Database, _ form: StoreForm) throws(SQLiteError)
  {
    try database.transaction { () throws(SQLiteError) in
      // The other program may have been faster.
      guard try database.integer("PRAGMA user_version") == 0 else { return }
      try database.execute(form.schema)
      try database.execute("PRAGMA application_id = \(form.applicationID)")
      try database.execute("PRAGMA user_version = \(Schema.version)")
    }
  }

  /// Makes an empty database of the same form, to be filled by a rewrite. It has no log of its own yet.
  static func createForRewrite(_ path: String, _ form: StoreForm) throws(SQLiteError) {
    let database = try Database(path, .readWrite, busyTimeoutMilliseconds: 0)
    try database.execute("PRAGMA page_size = 1024")
    // Nobody needs it before it is whole.
    try database.execute("PRAGMA synchronous = OFF")
    try create(database, form)
  }

  /// Removes the damaged copies of a database: nobody knows what is in them, so they do not outlive a word
  /// that allows less.
  package static func removeSetAside(_ path: String) throws(SystemError) {
    for number in 1...Limits.setAsideFilesMax {
      try AtomicFile.remove("\(path).damaged-\(number)")
    }
  }

  /// Moves a damaged database out of the way, so that recording goes on with a new one. The newest
  /// `Limits.setAsideFilesMax` are kept.
  package static func setAside(_ path: String) throws(SystemError) {
    for number in stride(from: Limits.setAsideFilesMax, to: 1, by: -1) {
      let older = "\(path).damaged-\(number - 1)"
      guard try FileState.of(older) != nil else { continue }
      try AtomicFile.move(older, over: "\(path).damaged-\(number)")
    }
    try AtomicFile.move(path, over: "\(path).damaged-1")
    // The log belongs to the damaged file; beside a new one it would be read as the new one's.
    try AtomicFile.remove(path + "-wal")
    try AtomicFile.remove(path + "-shm")
  }
}
