package import Linux
package import SQLite

/// Why something could not be recorded or read back.
package enum RecordingError: Error, Sendable, CustomStringConvertible {
  case database(SQLiteError)
  case file(SystemError)
  /// The database was made by a newer version; it is left as it is.
  case newerSchema(path: String, version: Int64)
  /// The file is a database, but not this one.
  case foreign(path: String)
  /// Another program is replacing the file at this moment.
  case busy(path: String)

  /// Whether it might succeed with more space.
  package var isForWantOfSpace: Bool {
    switch self {
    case .database(let error): error.kind == .noSpace
    case .file(let error): error.isForWantOfSpace
    case .newerSchema, .foreign, .busy: false
    }
  }

  package var description: String {
    switch self {
    case .database(let error):
      switch error.kind {
      case .damaged:
        "\(error.path) is damaged or no database; accordd sets it aside and begins anew"
      case .noSpace: "\(error) - free some space; what is recorded stays as it is"
      case .busy: "\(error.path) is in use by another program; try again in a moment"
      case .cannotOpen:
        "\(error.path) cannot be opened; check that accordd has run, and that you may read the directory"
      case .other: "\(error)"
      }
    case .file(let error): "\(error)"
    case .newerSchema(let path, let version):
      "\(path) has the form \(version) of a newer accord; install that version, or move the file away"
    case .foreign(let path):
      "\(path) is a database of something else; move it away to begin anew"
    case .busy(let path): "\(path) is being rewritten; try again in a moment"
    }
  }
}
