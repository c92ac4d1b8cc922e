// consent.toml as a command changes it: single values, in place. Everything else in it stays, and so do its mode, its
// owner and its group.

internal import Configuration
internal import Handshake
internal import Linux
internal import TOML
internal import Telemetry

struct ConsentFile {
  let path: String
  /// Nil when there is none.
  let state: FileState?
  private(set) var text: [UInt8]
  /// Why the file cannot be read, if so.
  private let readProblem: SystemError?
  /// What stands there is moved aside before the new text is put in place.
  private var isReplacement = false

  /// For who wants to take something back and is told to mend the file first.
  static let wayOut = "`accord consent revoke` without a source takes everything back"

  /// What a file begins with that a command makes.
  private static let beginning = "schema      = 1\n"

  /// Reads the file, or begins one. Fails when this user may not change it and wants to.
  static func read(_ locations: Locations, toChange: Bool = true) throws -> ConsentFile {
    do {
      let path = locations.consent
      guard let state = try FileState.of(path, followsLink: false) else {
        guard !toChange || Process.user == 0 || !locations.isSystem else {
          throw CommandFailure(.failed, "only root can make \(locations.consent); run this as root")
        }
        return ConsentFile(
          path: path, state: nil, text: Array(beginning.utf8), readProblem: nil)
      }
      guard !toChange || [0, state.owner].contains(Process.user) else {
        throw CommandFailure(
          .failed,
          "only root and the file's owner (user \(state.owner)) can change \(path); run this as one of them"
        )
      }
      let content = content(path)
      return ConsentFile(
        path: path, state: state, text: (try? content.get()) ?? [], readProblem: content.problem)
    } catch let error as SystemError { throw CommandFailure(.failed, error) }
  }

  /// A link is not believed, and a pipe would be waited for.
  private static func content(_ path: String) -> Result<[UInt8], SystemError> {
    do throws(SystemError) {
      return .success(
        try Rights.ofCaller { () throws(SystemError) in
          try FileDescriptor.open(path, .readOnlyPlain).readAll(
            limitBytes: Limits.configurationFileBytesMax)
        })
    } catch { return .failure(error) }
  }

  private init(path: String, state: FileState?, text: [UInt8], readProblem: SystemError?) {
    (self.path, self.state, self.text, self.readProblem) = (path, state, text, readProblem)
  }

  /// What the file says now, as far as it can be understood.
  var consent: Result<Consent, TOMLError> {
    do { return .success(try Consent(parsing: text)) } catch { return .failure(error) }
  }

  /// Why nothing in this file can be changed: an edit of a file that nobody understands would be a guess.
  func checkEditable(_ locations: Locations) throws {
    guard let state else { return }
    let owners = locations.trustedOwners
    if let problem = owners.problem(with: path, state)
      ?? owners.problem(withFile: path, expected: "")
    {
      throw CommandFailure(.noAgreement, "\(problem); nothing was changed")
    }
    if let readProblem {
      throw CommandFailure(
        .noAgreement, "\(path): \(readProblem); nothing was changed; \(Self.wayOut)")
    }
    if case .failure(let error) = consent {
      let place = FilePlace(file: path, place: error.place)
      throw CommandFailure(
        .noAgreement,
        "\("\(place):\(error.place.column): \(error.problem); \(error.expected)".asSentence) Nothing was changed: mend "
          + "this first; until then nothing is sampled or sent; \(Self.wayOut)")
    }
  }

  mutating func set(_ key: String, in table: String? = nil, to value: TOMLScalar) throws {
    do { text = try TOMLEdit.set(key, in: table, to: value, of: text) } catch {
      throw CommandFailure(
        .failed, "\(path):\(error); nothing was changed")
    }
  }

  mutating func set(_ source: DataSource, to mode: ConsentMode) throws {
    try set(source.name, in: "sources", to: .string(mode.rawValue))
  }

  /// Whether the file says what was written, and nobody has written something else since.
  var isInPlace: Bool {
    (try? Self.content(path).get()) == text
  }

  /// A valid refusal of everything in place of the whole file, which is kept beside it.
  func replacedByRefusal() -> ConsentFile {
    let text = "# All was revoked by `accord consent revoke`.\n\(Self.beginning)\n[sources]\n"
    var file = ConsentFile(path: path, state: state, text: Array(text.utf8), readProblem: nil)
    file.isReplacement = state != nil
    return file
  }

  /// Puts the new text in place, so that a power cut leaves the old file or the new one. Fails when somebody else
  /// changed the file meanwhile.
  func write() throws {
    do {
      if try FileState.of(path, followsLink: false) != state {
        throw CommandFailure(.failed, "\(path) was changed meanwhile; nothing was done: try again")
      }
      try Rights.ofCaller { () throws(SystemError) in
        // Between these two there is no consent, which closes both gates as well.
        if isReplacement { try AtomicFile.move(path, over: path + ".replaced") }
        try AtomicFile.rewrite(
          path, like: isReplacement ? nil : state, orMode: 0o644, with: text)
      }
    } catch let error as SystemError {
      throw CommandFailure(.failed, "\(error); nothing was changed")
    }
  }
}

extension Result where Failure == SystemError {
  fileprivate var problem: SystemError? {
    if case .failure(let error) = self { error } else { nil }
  }
}

extension String {
  /// With a full stop, unless it ends a question.
  var asSentence: String { hasSuffix("?") ? self : self + "." }
}
