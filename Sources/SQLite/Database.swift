// One connection to one SQLite file, with the discipline that all three databases share. The reason for
// each setting stands beside it. Nothing here knows what the tables mean.

internal import CSQLite

@safe
package struct Database: ~Copyable {
  package enum Access: Sendable {
    /// Creates the file if it is missing.
    case readWrite
    /// Never changes the file.
    case readOnly
  }

  package let path: String
  let connection: OpaquePointer

  /// Opens `path`. The corresponding C function is `sqlite3_open_v2`.
  ///
  /// - Parameter busyTimeoutMilliseconds: how long a lock of another program is waited for.
  package init(
    _ path: String, _ access: Access, busyTimeoutMilliseconds: Int32
  ) throws(SQLiteError) {
    // NOMUTEX: a ~Copyable value has one owner, and no program here has a second thread.
    let flags =
      switch access {
      case .readWrite: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
      case .readOnly: SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX
      }
    var handle: OpaquePointer?
    let result = unsafe sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_EXRESCODE, nil)
    guard result == SQLITE_OK, let opened = unsafe handle else {
      // "Whether or not an error occurs when it is opened, resources … should be released" (sqlite3_open).
      unsafe sqlite3_close_v2(handle)
      throw SQLiteError(
        code: result, message: unsafe String(cString: sqlite3_errstr(result)), path: path)
    }
    self.path = path
    unsafe connection = opened
    unsafe sqlite_make_strict(connection)
    unsafe sqlite_keep_lookaside_small(connection)
    unsafe sqlite3_busy_timeout(connection, busyTimeoutMilliseconds)
    if access == .readWrite { unsafe sqlite_keep_wal_file(connection) }
  }

  /// close_v2 waits for statements that outlive the connection, so the order in which an owner's fields are
  /// destroyed does not matter.
  deinit { unsafe sqlite3_close_v2(connection) }

  /// Runs one or more statements without values. The corresponding C function is `sqlite3_exec`.
  package func execute(_ sql: String) throws(SQLiteError) {
    guard unsafe sqlite3_exec(connection, sql, nil, nil, nil) == SQLITE_OK else {
      throw lastError()
    }
  }

  /// Compiles a statement. The corresponding C function is `sqlite3_prepare_v3`.
  package func prepare(_ sql: String) throws(SQLiteError) -> Statement {
    var statement: OpaquePointer?
    let result = unsafe sqlite3_prepare_v3(
      connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    guard result == SQLITE_OK, let compiled = unsafe statement else { throw lastError() }
    return unsafe Statement(compiled, path: path)
  }

  /// Runs `body` in one transaction that takes the write lock at once (IMMEDIATE: a lock that another
  /// program holds shows here, not half-way). Any error undoes all of it.
  package func transaction<Result>(
    _ body: () throws(SQLiteError) -> Result
  ) throws(SQLiteError) -> Result {
    try execute("BEGIN IMMEDIATE")
    do throws(SQLiteError) {
      let result = try body()
      try execute("COMMIT")
      return result
    } catch {
      // After some errors SQLite has rolled back already; then this one says so and nothing is lost.
      try? execute("ROLLBACK")
      throw error
    }
  }

  /// Forgets cached pages; the next query reads them from the file again. The corresponding C function is
  /// `sqlite3_db_release_memory`.
  package func releaseUnusedMemory() { unsafe sqlite3_db_release_memory(connection) }

  /// The row id of the last insertion. The corresponding C function is `sqlite3_last_insert_rowid`.
  package var lastInsertedRow: Int64 { unsafe sqlite3_last_insert_rowid(connection) }

  /// How many rows the last statement changed. The corresponding C function is `sqlite3_changes64`.
  package var changedRows: Int64 { unsafe sqlite3_changes64(connection) }

  /// One integer, from a query that gives exactly one row.
  package func integer(_ sql: String) throws(SQLiteError) -> Int64 {
    var statement = try prepare(sql)
    guard try statement.step() else { return 0 }
    return statement.integer(0)
  }

  private func lastError() -> SQLiteError {
    unsafe SQLiteError(
      code: sqlite3_extended_errcode(connection),
      message: String(cString: sqlite3_errmsg(connection)),
      path: path)
  }
}
