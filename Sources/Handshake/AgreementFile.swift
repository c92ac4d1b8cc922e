// Reading one of the two halves, and deciding whether the file itself can be trusted: whoever can write it
// speaks for the customer or for the supplier.

internal import Linux
internal import TOML
internal import Telemetry

/// Whose files are believed. On an installed system that is root alone; below a `--prefix`, also the user who
/// runs the program, so that demos and tests need no root.
package struct TrustedOwners: Sendable {
  private let users: Set<UInt32>

  package init(alsoCurrentUser: Bool) {
    users = alsoCurrentUser ? [0, Process.effectiveUser] : [0]
  }

  func contains(_ user: UInt32) -> Bool { users.contains(user) }

  var expectation: String {
    users.count == 1 ? "owned by root" : "owned by root or the user who runs the program"
  }
}

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
      before = try FileState.of(path)
      guard let state = before else { return (.missing, nil) }
      if let problem = owners.problem(with: path, state) { return (.untrusted(problem), state) }
      let file = try FileDescriptor.open(path, .readOnly)
      let bytes = try file.readAll(limitBytes: Limits.configurationFileBytesMax)
      let after = try file.state()
      return (.content(bytes), after == state ? state : nil)
    } catch {
      let problem = FileProblem(
        FilePlace(file: path), "\(error)",
        expected:
          "expected a readable file of at most \(Limits.configurationFileBytesMax / 1024) KiB")
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

extension TrustedOwners {
  /// Why a file at `path` in this state speaks for nobody, nil when it may be believed.
  func problem(with path: String, _ state: FileState) -> FileProblem? {
    let at = FilePlace(file: path)
    if !state.isRegularFile {
      return FileProblem(at, "it is no regular file", expected: "expected a plain text file")
    }
    if !contains(state.owner) {
      return FileProblem(
        at, "it belongs to user \(state.owner)",
        expected: "expected a file \(expectation): chown root \(path)")
    }
    if state.isWritableByOthers {
      return FileProblem(
        at, "its mode is \(state.permissions), so others can write it",
        expected: "expected a file that only its owner can write: chmod go-w \(path)")
    }
    return nil
  }

  /// The same for the certificates that an offer names: whoever can write them decides who is the supplier.
  package func problem(withCertificates path: String) -> FileProblem? {
    problem(
      withFile: path, expected: "put the certificates here that the offer names in 'ca_file'")
  }

  /// The same for any file that a setting names.
  ///
  /// - Parameters:
  ///   - isSecret: whether others must not read it either. The group may: that is how a service without
  ///     rights of its own gets to see a key.
  ///   - expected: what to do when there is no such file.
  package func problem(
    withFile path: String, isSecret: Bool = false, expected: String
  ) -> FileProblem? {
    let at = FilePlace(file: path)
    do {
      guard let state = try FileState.of(path) else {
        return FileProblem(at, "there is no such file", expected: expected)
      }
      if let problem = problem(with: path, state) { return problem }
      guard isSecret, state.isReadableByOthers else { return nil }
      return FileProblem(
        at, "its mode is \(state.permissions), so everybody can read what is secret in it",
        expected: "expected a file that only its owner and its group can read: chmod o= \(path)")
    } catch {
      return FileProblem(at, "\(error)", expected: "expected a readable file")
    }
  }
}
