internal import CSQLite

/// An answer of SQLite other than success. It never holds bound values: they may be what was not to be told.
package struct SQLiteError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The extended result code (https://sqlite.org/rescode.html).
  package let code: Int32
  package let message: String
  package let path: String

  /// What to do about it.
  package enum Kind: Sendable {
    /// Another program holds a lock: try again soon.
    case busy
    /// No space, a quota, or a read-only file system: keep in memory and try again later.
    case noSpace
    /// The file is damaged, or no database at all.
    case damaged
    /// It cannot be opened.
    case cannotOpen
    case other
  }

  package var kind: Kind {
    switch code & 0xff {
    case SQLITE_BUSY, SQLITE_LOCKED: .busy
    case SQLITE_FULL, SQLITE_READONLY, SQLITE_IOERR: .noSpace
    case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged
    case SQLITE_CANTOPEN, SQLITE_PERM: .cannotOpen
    default: .other
    }
  }

  package var description: String { "\(path): \(message) (SQLite \(code))" }
}
