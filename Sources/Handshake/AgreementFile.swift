// Reading one of the two halves, as far as it can be trusted (TrustedOwners).

internal import Linux
internal import TOML
internal import Telemetry

/// The content of one half, as far as it may be believed.
enum AgreementFile: Equatable {
  case missing
  case untrusted(FileProblem)
  /// The kernel did not give it. That may pass without any change of the file.
  case unreadable(FileProblem)
  case content([UInt8])

  var isUnreadable: Bool {
    if case .unreadable = self { true } else { false }
  }

  /// Reads `path`, and reports the state in which it was read: nil when it moved meanwhile.
  static func read(_ path: String, trusting owners: TrustedOwners) -> (AgreementFile, FileState?) {
    var before: FileState?
    do {
      before = try FileState.of(path, followsLink: false)
      guard let state = before else { return (.missing, nil) }
      if let problem = owners.problem(with: path, state) { return (.untrusted(problem), state) }
      if let problem = try owners.problem(onTheWayTo: path) { return (.untrusted(problem), state) }
      // What was judged may be another file by now: then its state says so, and a pipe does not hold up the tick.
      let file = try FileDescriptor.open(path, .readOnlyPlain)
      let bytes = try file.readAll(limitBytes: Limits.configurationFileBytesMax)
      let after = try file.state()
      return (.content(bytes), after == state ? state : nil)
    } catch {
      let limit = Limits.configurationFileBytesMax / 1024
      let problem = FileProblem(
        FilePlace(file: path), "\(error)",
        expected: error.isPermissionDenied
          ? "expected a file that the agent may read as well: chmod 644 \(path)"
          : "expected a readable file of at most \(limit) KiB")
      return (.unreadable(problem), before)
    }
  }

  /// The half that the content spells, nil when there is no file.
  func parsed<Half>(
    _ path: String, _ parse: ([UInt8]) throws(TOMLError) -> Half
  ) -> Result<Half, FileProblem>? {
    switch self {
    case .missing: return nil
    case .untrusted(let problem), .unreadable(let problem): return .failure(problem)
    case .content(let bytes):
      do {
        return .success(try parse(bytes))
      } catch {
        return .failure(FileProblem(file: path, error))
      }
    }
  }
}
