// Rewrite-and-swap: the one mechanism by which anything is truly removed from a database.
//
// SQLite's `secure_delete` with a truncated log leaves names behind in pages that were split, and one
// transaction over a full history writes a log as large as itself. So what remains is copied into a new file
// in steps of a few milliseconds, without what recorded deletions cover, without the columns that have no name
// any more, and without the names that only they used. The last step copies what came meanwhile and renames the
// new file over the old one.
//
// Until then nobody needs the new file: it has no journal and is not synchronised at each step, only every
// MiB, so that the last step does not wait for all of it.
//
// Who else might be there:
//  1 an upload would mark batches in a file that is about to vanish: the spool's rewrite holds the upload
//    lock from its first step to its last, and an upload finds the spool busy.
//  2 a reader in the old file goes on reading the old file. Its -wal and -shm are unlinked, not emptied, so
//    that nobody joins the new file through the old index; the swap lock keeps openings away meanwhile.
//  3 a reader in the middle of a transaction keeps the log from being copied back: the swap is put off to
//    the next step, and the deletion stays owed.
//  4 a crash before the rename leaves the old file, with the deletion still owed; the next rewrite begins by
//    removing the unfinished file.

internal import Linux
internal import SQLite
internal import Telemetry

package struct Rewrite: ~Copyable {
  package enum Progress: Equatable, Sendable {
    case unfinished
    /// All is copied, and a reader or an opening is in the way of the swap.
    case blocked
    case done
    /// Another deletion was recorded meanwhile: a new rewrite has to take both.
    case outdated
  }

  private let uploadLock: LockFile?
  private let freshPath: String
  private var copiedUpTo: Int64 = 0
  /// The newest deletion that this rewrite carries out; a newer one makes it begin again.
  private let newestDeletion: Int64
  private var cut: ColumnCut
  private var used = UsedNumbers()
  private var unsynchronisedBytes = 0

  /// Begins to rewrite the spool, or returns nil while somebody delivers from it.
  package static func begin(_ spool: borrowing Spool) throws(RecordingError) -> Rewrite? {
    let lock: LockFile?
    do {
      lock = try LockFile.acquire(spool.store.directory.uploadLock, .exclusive)
    } catch { throw .file(error) }
    guard lock != nil else { return nil }
    return try begin(spool.store, lock)
  }

  package static func begin(_ history: borrowing History) throws(RecordingError) -> Rewrite {
    try begin(history.store, nil)
  }

  /// Copies the next batches, or what is left with the swap. The steps of one rewrite must all be given the
  /// same database.
  ///
  /// - Parameter isTimeUp: asked after each batch; the step ends soon after it says so.
  package mutating func step(
    _ spool: inout Spool, nowMilliseconds: Int64, isTimeUp: () -> Bool = { false }
  ) throws(RecordingError) -> Progress {
    let progress = try step(&spool.store, nowMilliseconds, isTimeUp)
    if progress == .done {
      do { spool.baselines = try Baselines(spool.store.database) } catch { throw .database(error) }
    }
    return progress
  }

  package mutating func step(
    _ history: inout History, nowMilliseconds: Int64, isTimeUp: () -> Bool = { false }
  ) throws(RecordingError) -> Progress {
    try step(&history.store, nowMilliseconds, isTimeUp)
  }
}

extension Rewrite {
  private static func begin(
    _ store: borrowing RecordStore, _ lock: consuming LockFile?
  ) throws(RecordingError) -> Rewrite {
    let freshPath = store.database.path + ".rewrite"
    do {
      for suffix in ["", "-journal", "-wal", "-shm"] { try AtomicFile.remove(freshPath + suffix) }
    } catch { throw .file(error) }
    do {
      try Store.createForRewrite(freshPath, store.form)
      // What is evicted or aged from here on must not come back.
      try store.database.execute(
        """
        DROP TRIGGER IF EXISTS temp.batch_gone;
        DROP TABLE IF EXISTS temp.gone;
        CREATE TEMP TABLE gone (number INTEGER PRIMARY KEY);
        CREATE TEMP TRIGGER batch_gone AFTER DELETE ON main.batches BEGIN
          INSERT OR IGNORE INTO gone VALUES (old.number);
        END
        """)
      let newest = try store.database.integer("SELECT coalesce(max(number), 0) FROM deletions")
      return Rewrite(
        uploadLock: lock, freshPath: freshPath, newestDeletion: newest,
        cut: try ColumnCut(store.database))
    } catch { throw .database(error) }
  }

  private init(
    uploadLock: consuming LockFile?, freshPath: String, newestDeletion: Int64,
    cut: consuming ColumnCut
  ) {
    self.uploadLock = uploadLock
    self.freshPath = freshPath
    self.newestDeletion = newestDeletion
    self.cut = cut
  }

  private mutating func step(
    _ store: inout RecordStore, _ nowMilliseconds: Int64, _ isTimeUp: () -> Bool
  ) throws(RecordingError) -> Progress {
    let isComplete: Bool
    do throws(SQLiteError) {
      try attach(store.database)
      defer { try? store.database.execute("DETACH fresh") }
      let newest = try store.database.integer("SELECT coalesce(max(number), 0) FROM main.deletions")
      guard newest == newestDeletion else { return .outdated }
      try copyBatches(store.database, store.form, isTimeUp)
      isComplete = try hasCopiedAll(store.database)
      if isComplete {
        try copyTheRest(store.database, store.form, nowMilliseconds)
        // Said in the file itself, so that whoever finds it after a crash between the swap and the opening
        // need not change it, which would take a moment without readers.
        try store.database.execute("PRAGMA fresh.journal_mode = WAL")
      }
    } catch { throw .database(error) }
    if isComplete || unsynchronisedBytes > Limits.rewriteSynchronisedBytes { try synchronise() }
    guard isComplete else { return .unfinished }
    guard try swap(store.database, store.directory) else { return .blocked }
    try store.reopen()
    return .done
  }

  private func attach(_ database: borrowing Database) throws(SQLiteError) {
    var statement = try database.prepare("ATTACH ? AS fresh")
    statement.bind(freshPath)
    try statement.run()
    try database.execute(
      """
      PRAGMA fresh.cache_size = -128;
      PRAGMA fresh.journal_mode = OFF;
      PRAGMA fresh.synchronous = OFF
      """)
  }

  private mutating func synchronise() throws(RecordingError) {
    do { try FileDescriptor.open(freshPath, .readOnlyPlain).synchronise() } catch {
      throw .file(error)
    }
    unsynchronisedBytes = 0
  }

  private mutating func copyBatches(
    _ database: borrowing Database, _ form: StoreForm, _ isTimeUp: () -> Bool
  ) throws(SQLiteError) {
    try database.execute("BEGIN")
    do throws(SQLiteError) {
      try copyNext(database, form, isTimeUp)
      try database.execute("COMMIT")
    } catch {
      try? database.execute("ROLLBACK")
      throw error
    }
  }

  private mutating func copyNext(
    _ database: borrowing Database, _ form: StoreForm, _ isTimeUp: () -> Bool
  ) throws(SQLiteError) {
    var rows = try database.prepare(
      """
      SELECT b.number, b.source, b.agreement, b.boot, b.facts, \(form.isSpool ? "b.\"grant\"" : "0"), \(form.isLive),
        length(b.columns) FROM main.batches AS b WHERE b.number > ? ORDER BY b.number LIMIT ?
      """)
    rows.bind(copiedUpTo)
    rows.bind(Int64(Limits.rewriteBatchesPerStep))
    var copy = try BatchCopy.prepare(database, form)
    while try rows.step() {
      let number = rows.integer(0)
      copiedUpTo = number
      guard rows.integer(6) != 0 else {
        if isTimeUp() { return }
        continue
      }
      let isKept: Bool
      if let deletion = cut.deletion(covering: number, of: rows.integer(1)) {
        isKept = try copy.cut(number, deletion, &cut)
      } else {
        try copy.whole(number)
        isKept = true
      }
      unsynchronisedBytes += Int(rows.integer(7))
      if isKept { used.add(rows) }
      if isTimeUp() { return }
    }
  }

  private func hasCopiedAll(_ database: borrowing Database) throws(SQLiteError) -> Bool {
    try database.integer("SELECT coalesce(max(number), 0) FROM main.batches") <= copiedUpTo
  }

  /// The dictionaries, as far as what remains uses them. May be repeated when the swap was put off.
  private func copyTheRest(
    _ database: borrowing Database, _ form: StoreForm, _ nowMilliseconds: Int64
  ) throws(SQLiteError) {
    let used = used
    try database.transaction { () throws(SQLiteError) in
      try database.execute(
        "DELETE FROM fresh.batches WHERE number IN (SELECT number FROM temp.gone)")
      for table in form.copies(used) {
        try database.execute("DELETE FROM fresh.\(table.name)")
        try database.execute(
          "INSERT INTO fresh.\(table.name) SELECT * FROM main.\(table.name) \(table.condition)")
      }
      try database.execute("DELETE FROM fresh.sqlite_sequence")
      try database.execute("INSERT INTO fresh.sqlite_sequence SELECT * FROM main.sqlite_sequence")
      try cut.writeCounts(database)
      var done = try database.prepare(
        "UPDATE fresh.deletions SET done_ms = ? WHERE done_ms IS NULL")
      done.bind(nowMilliseconds)
      try done.run()
    }
  }

  /// Puts the new file in place. Returns false when a reader or an opening is in the way.
  private func swap(
    _ database: borrowing Database, _ directory: StateDirectory
  ) throws(RecordingError) -> Bool {
    do {
      // The row is: busy, pages in the log, pages copied.
      guard try database.integer("PRAGMA wal_checkpoint(TRUNCATE)") == 0 else { return false }
    } catch { throw .database(error) }
    do throws(SystemError) {
      guard let lock = try LockFile.acquire(directory.swapLock, .exclusive) else { return false }
      try AtomicFile.remove(database.path + "-wal")
      try AtomicFile.remove(database.path + "-shm")
      try AtomicFile.move(freshPath, over: database.path)
      try Store.removeSetAside(database.path)
      _ = consume lock
      return true
    } catch { throw .file(error) }
  }
}
