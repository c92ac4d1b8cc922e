// Rewrite-and-swap: the one mechanism by which anything is truly removed from a database.
//
// SQLite's `secure_delete` with a truncated log leaves names behind in pages that were split, and one
// transaction over a full history writes a log as large as itself. So what remains is copied into a new file
// in bounded steps, a few hundred batches between two ticks, without what recorded deletions cover and
// without the names that only they used. The last step copies what came meanwhile and renames the new file
// over the old one.
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
    case done
    /// Another deletion was recorded meanwhile: a new rewrite has to take both.
    case outdated
  }

  private let uploadLock: LockFile?
  private let freshPath: String
  private var copiedUpTo: Int64 = 0
  /// The newest deletion that this rewrite carries out; a newer one makes it begin again.
  private let newestDeletion: Int64

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
  package mutating func step(
    _ spool: inout Spool, nowMilliseconds: Int64
  ) throws(RecordingError) -> Progress {
    let progress = try step(&spool.store, nowMilliseconds)
    if progress == .done {
      do { spool.baselines = try Baselines(spool.store.database) } catch { throw .database(error) }
    }
    return progress
  }

  package mutating func step(
    _ history: inout History, nowMilliseconds: Int64
  ) throws(RecordingError) -> Progress {
    try step(&history.store, nowMilliseconds)
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
      let newest = try store.database.integer("SELECT coalesce(max(number), 0) FROM deletions")
      return Rewrite(uploadLock: lock, freshPath: freshPath, newestDeletion: newest)
    } catch { throw .database(error) }
  }

  private mutating func step(
    _ store: inout RecordStore, _ nowMilliseconds: Int64
  ) throws(RecordingError) -> Progress {
    let isComplete: Bool
    do throws(SQLiteError) {
      try attach(store.database)
      defer { try? store.database.execute("DETACH fresh") }
      let newest = try store.database.integer("SELECT coalesce(max(number), 0) FROM main.deletions")
      guard newest == newestDeletion else { return .outdated }
      try copyBatches(store.database)
      isComplete = try hasCopiedAll(store.database)
      if isComplete { try copyTheRest(store.database, store.form, nowMilliseconds) }
    } catch { throw .database(error) }
    guard isComplete, try swap(store.database, store.directory) else { return .unfinished }
    try store.reopen()
    return .done
  }

  private func attach(_ database: borrowing Database) throws(SQLiteError) {
    var statement = try database.prepare("ATTACH ? AS fresh")
    statement.bind(freshPath)
    try statement.run()
    try database.execute("PRAGMA fresh.cache_size = -128")
  }

  private static let isLive = """
    NOT EXISTS (SELECT 1 FROM main.deletions AS d
      WHERE d.done_ms IS NULL AND d.source = b.source AND b.number <= d.up_to)
    """

  private mutating func copyBatches(_ database: borrowing Database) throws(SQLiteError) {
    var bound = try database.prepare(
      """
      SELECT coalesce(max(number), ?) FROM (
        SELECT number FROM main.batches WHERE number > ? ORDER BY number LIMIT ?)
      """)
    bound.bind(copiedUpTo)
    bound.bind(copiedUpTo)
    bound.bind(Int64(Limits.rewriteBatchesPerStep))
    guard try bound.step() else { return }
    let upTo = bound.integer(0)
    bound.reset()
    var copy = try database.prepare(
      """
      INSERT INTO fresh.batches SELECT b.* FROM main.batches AS b
      WHERE b.number > ? AND b.number <= ? AND \(Self.isLive)
      """)
    copy.bind(copiedUpTo)
    copy.bind(upTo)
    try copy.run()
    copiedUpTo = upTo
  }

  private func hasCopiedAll(_ database: borrowing Database) throws(SQLiteError) -> Bool {
    try database.integer("SELECT coalesce(max(number), 0) FROM main.batches") <= copiedUpTo
  }

  /// The dictionaries, as far as what remains uses them. May be repeated when the swap was put off.
  private func copyTheRest(
    _ database: borrowing Database, _ form: StoreForm, _ nowMilliseconds: Int64
  ) throws(SQLiteError) {
    try database.transaction { () throws(SQLiteError) in
      // Evicted meanwhile.
      try database.execute(
        "DELETE FROM fresh.batches WHERE number NOT IN (SELECT number FROM main.batches)")
      for table in form.copies {
        try database.execute("DELETE FROM fresh.\(table.name)")
        try database.execute(
          "INSERT INTO fresh.\(table.name) SELECT * FROM main.\(table.name) \(table.condition)")
      }
      try database.execute("DELETE FROM fresh.sqlite_sequence")
      try database.execute("INSERT INTO fresh.sqlite_sequence SELECT * FROM main.sqlite_sequence")
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

extension StoreForm {
  /// The tables beside the batches, and what of them is still used once the batches are copied.
  fileprivate var copies: [(name: String, condition: String)] {
    let usedBoots = "WHERE number IN (SELECT boot FROM fresh.batches)"
    let shared = [
      ("agreements", "WHERE number IN (SELECT agreement FROM fresh.batches)"),
      ("facts", "WHERE number IN (SELECT facts FROM fresh.batches)"),
      ("deletions", ""), ("gaps", ""),
    ]
    guard applicationID == Schema.spoolID else {
      return shared + [
        ("boots", usedBoots), ("series", "WHERE source IN (SELECT source FROM fresh.batches)"),
      ]
    }
    return shared + [
      (
        "grants",
        "WHERE closed_ms IS NULL OR number IN (SELECT \"grant\" FROM fresh.batches)"
      ),
      ("baselines", "WHERE \"grant\" IN (SELECT number FROM fresh.grants)"),
      // A boot that got another number would pass for a new one, and its counters would leave whole.
      ("boots", "\(usedBoots) OR number IN (SELECT boot FROM fresh.baselines)"),
      (
        "series",
        """
        WHERE source IN (SELECT source FROM fresh.batches)
          OR number IN (SELECT series FROM fresh.baselines)
        """
      ),
      // What was sent is written into the ledger even when its grant is gone by then.
      (
        "deliveries",
        "WHERE \"grant\" IN (SELECT number FROM fresh.grants) OR (outcome != 'trying' AND NOT is_recorded)"
      ),
      ("upload_state", ""),
    ]
  }
}
