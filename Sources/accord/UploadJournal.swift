// What the timer's runs say, 96 times a day: nothing, unless something is another than at the last run. A delivery that
// was accepted, or a pause that is kept to, is what everybody expects; `accord status` shows them. What goes wrong, and
// that it goes well again, is one line each.

internal import Configuration
internal import Daemon
internal import Linux

struct UploadJournal {
  /// What was last complained of; there is no such file when nothing was.
  private let path: String

  init(_ locations: Locations) { path = locations.run + "/upload.complaint" }

  /// - Throws: what went wrong, silently when it was told before.
  func tell(_ outcome: UploadOutcome) throws {
    if outcome.code == CommandFailure.Code.failed.rawValue {
      if outcome.message != told {
        Log.standardError.warning(outcome.message)
        try? AtomicFile.replace(
          path, with: Array(outcome.message.utf8), mode: 0o640, durability: .volatile)
      }
    } else if outcome.code == 0, outcome.hasDelivered, !told.isEmpty {
      // A pause after a failure is the same failure; that nothing may be sent is accordd's to say.
      Log.standardError.notice("uploads work again")
      try? AtomicFile.remove(path)
    }
    guard let code = CommandFailure.Code(rawValue: outcome.code) else { return }
    throw CommandFailure(code, "")
  }

  private var told: String {
    guard let file = try? FileDescriptor.open(path, .readOnlyPlain),
      let bytes = try? file.readAll(limitBytes: 1 << 16)
    else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }
}
