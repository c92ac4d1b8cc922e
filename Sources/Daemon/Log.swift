internal import Linux

/// Lines on standard error, one for each change of state. When the journal reads them each begins with its level,
/// as sd-daemon(3) describes.
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

  /// Whether the journal reads standard error.
  package static var isReadByJournal: Bool {
    isJournal(Process.environment("JOURNAL_STREAM"), try? FileState.of(descriptorNumber: 2))
  }

  package static let standardError: Log = {
    let hasLevels = isReadByJournal
    return Log { level, text in
      // A file may be quoted that holds a line break: what follows is no line of its own.
      let line = text.utf8.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 }
      let beginning = hasLevels ? "<\(level.rawValue)>" : "accordd: "
      Process.write(beginning.utf8 + line + [UInt8(ascii: "\n")], to: 2)
    }
  }()

  /// Whether `output` is the journal's. systemd.exec(5): JOURNAL_STREAM holds the device and inode of the stream
  /// that was given to the service, in decimal; a program whose output went elsewhere since then inherits it too.
  static func isJournal(_ stream: String?, _ output: FileState?) -> Bool {
    guard let stream, let output else { return false }
    return stream == "\(output.device):\(output.inode)"
  }

  package func error(_ text: String) { write(.error, text) }
  package func warning(_ text: String) { write(.warning, text) }
  package func notice(_ text: String) { write(.notice, text) }
  package func info(_ text: String) { write(.info, text) }
}
