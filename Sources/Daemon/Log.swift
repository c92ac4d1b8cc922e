internal import Linux

/// Lines on standard error, one for each change of state. Under systemd each begins with its level, as
/// sd-daemon(3) describes, and the journal keeps it.
package struct Log: Sendable {
  package enum Level: Int, Sendable {
    case error = 3
    case warning = 4
    case notice = 5
    case info = 6
  }

  private let write: @Sendable (Level, String) -> Void

  /// - Parameter write: where lines go; tests collect them.
  package init(_ write: @escaping @Sendable (Level, String) -> Void) { self.write = write }

  package static let standardError: Log = {
    let isJournal = Process.environment("JOURNAL_STREAM") != nil
    return Log { level, text in
      Process.print((isJournal ? "<\(level.rawValue)>" : "accordd: ") + text + "\n", to: 2)
    }
  }()

  package func error(_ text: String) { write(.error, text) }
  package func warning(_ text: String) { write(.warning, text) }
  package func notice(_ text: String) { write(.notice, text) }
  package func info(_ text: String) { write(.info, text) }
}
