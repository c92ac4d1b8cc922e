internal import CSQLite

/// A compiled statement. Values are bound in order, rows are stepped through, and `reset` makes it fresh.
@safe
package struct Statement: ~Copyable {
  private let statement: OpaquePointer
  private let path: String
  private var bound: Int32 = 0

  init(_ statement: OpaquePointer, path: String) {
    unsafe self.statement = statement
    self.path = path
  }

  deinit { unsafe sqlite3_finalize(statement) }

  /// Binds the next parameter. The corresponding C functions are `sqlite3_bind_…`; the bytes are copied.
  package mutating func bind(_ value: Int64) {
    bound += 1
    check(unsafe sqlite3_bind_int64(statement, bound, value))
  }

  package mutating func bind(_ value: Int64?) {
    guard let value else { return bindNull() }
    bind(value)
  }

  package mutating func bind(_ value: String) {
    bound += 1
    check(
      unsafe Array(value.utf8).withUnsafeBytes {
        unsafe sqlite_bind_text_copy(statement, bound, $0.baseAddress, Int32($0.count))
      })
  }

  package mutating func bind(_ value: [UInt8]) {
    bound += 1
    check(
      unsafe value.withUnsafeBytes {
        unsafe sqlite_bind_blob_copy(statement, bound, $0.baseAddress, Int32($0.count))
      })
  }

  package mutating func bindNull() {
    bound += 1
    check(unsafe sqlite3_bind_null(statement, bound))
  }

  /// Moves to the next row; false when there is none. The corresponding C function is `sqlite3_step`.
  package mutating func step() throws(SQLiteError) -> Bool {
    switch unsafe sqlite3_step(statement) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default:
      let connection = unsafe sqlite3_db_handle(statement)
      throw unsafe SQLiteError(
        code: sqlite3_extended_errcode(connection),
        message: String(cString: sqlite3_errmsg(connection)), path: path)
    }
  }

  /// Runs a statement that gives no rows, and makes it ready for the next values.
  package mutating func run() throws(SQLiteError) {
    defer { reset() }
    while try step() {}
  }

  /// Forgets the rows and the values. The corresponding C functions are `sqlite3_reset` and
  /// `sqlite3_clear_bindings`.
  package mutating func reset() {
    unsafe sqlite3_reset(statement)
    unsafe sqlite3_clear_bindings(statement)
    bound = 0
  }

  package func integer(_ column: Int32) -> Int64 { unsafe sqlite3_column_int64(statement, column) }

  package func isNull(_ column: Int32) -> Bool {
    unsafe sqlite3_column_type(statement, column) == SQLITE_NULL
  }

  package func optionalInteger(_ column: Int32) -> Int64? { isNull(column) ? nil : integer(column) }

  package func text(_ column: Int32) -> String {
    guard let text = unsafe sqlite3_column_text(statement, column) else { return "" }
    // By its length and not up to the first NUL: text may hold one. The order of the two calls is SQLite's wish.
    let count = unsafe Int(sqlite3_column_bytes(statement, column))
    return unsafe String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
  }

  package func blob(_ column: Int32) -> [UInt8] {
    let count = unsafe Int(sqlite3_column_bytes(statement, column))
    guard count > 0, let bytes = unsafe sqlite3_column_blob(statement, column) else { return [] }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: bytes, count: count))
  }

  /// Binding fails only for a wrong index or a statement in use: mistakes of this program.
  private func check(_ result: Int32) {
    precondition(result == SQLITE_OK, "a value does not fit the statement")
  }
}
