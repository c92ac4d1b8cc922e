// consent.toml as a command changes it: single values, in place. Everything else in it stays, and so do its mode, its
// owner and its group.

internal import Configuration
internal import Handshake
internal import Linux
internal import TOML
internal import Telemetry

struct ConsentFile {
  /// Where it really is: a symbolic link stays one.
  let path: String
  /// Nil when there is none.
  let state: FileState?
  /// As it was read.
  let original: [UInt8]
  private(set) var text: [UInt8]

  /// What a file begins with that a command makes.
  private static let beginning = "schema      = 1\n"

  /// Reads the file, or begins one. Fails when this user may not change it and wants to.
  static func read(_ locations: Locations, toChange: Bool = true) throws -> ConsentFile {
    do {
      guard try FileState.of(locations.consent) != nil else {
        guard !toChange || Process.effectiveUser == 0 || !locations.isSystem else {
          throw CommandFailure(.failed, "only root can make \(locations.consent); run this as root")
        }
        return ConsentFile(path: locations.consent, state: nil, original: [])
      }
      let path = try Directory.resolved(locations.consent)
      let file = try FileDescriptor.open(path, .readOnly)
      let state = try file.state()
      guard !toChange || [0, state.owner].contains(Process.effectiveUser) else {
        throw CommandFailure(
          .failed,
          "only root and the file's owner (user \(state.owner)) can change \(path); run this as one of them"
        )
      }
      let bytes = try file.readAll(limitBytes: Limits.configurationFileBytesMax)
      return ConsentFile(path: path, state: state, original: bytes)
    } catch let error as SystemError { throw CommandFailure(.failed, error) }
  }

  private init(path: String, state: FileState?, original: [UInt8]) {
    self.path = path
    self.state = state
    self.original = original
    text = state == nil ? Array(Self.beginning.utf8) : original
  }

  /// What the file says now, as far as it can be understood.
  var consent: Result<Consent, TOMLError> {
    do { return .success(try Consent(parsing: text)) } catch { return .failure(error) }
  }

  /// Why nothing in this file can be changed: an edit of a file that nobody understands would be a guess.
  func checkEditable(_ locations: Locations) throws {
    guard state != nil else { return }
    let owners = locations.trustedOwners
    if let problem = owners.problem(withFile: locations.consent, expected: "") {
      throw CommandFailure(.noAgreement, "\(problem); nothing was changed")
    }
    if case .failure(let error) = consent {
      let place = FilePlace(file: path, place: error.place)
      throw CommandFailure(
        .noAgreement,
        "\(place):\(error.place.column): \(error.problem); \(error.expected). Nothing was changed: mend this first; "
          + "until then nothing is sampled or sent")
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
    let bytes = try? FileDescriptor.open(path, .readOnly).readAll(
      limitBytes: Limits.configurationFileBytesMax)
    return bytes == text
  }

  /// Begins anew with a valid refusal of everything. What stood there is kept beside it.
  func replacedByRefusal() throws -> ConsentFile {
    do {
      if state != nil {
        try AtomicFile.replace(
          path + ".replaced", with: original, mode: 0o600, durability: .synchronised)
      }
    } catch { throw CommandFailure(.failed, "\(error); nothing was changed") }
    let text = "# All was revoked by `accord consent revoke`.\n\(Self.beginning)\n[sources]\n"
    return ConsentFile(path: path, state: nil, original: original, text: Array(text.utf8))
  }

  private init(path: String, state: FileState?, original: [UInt8], text: [UInt8]) {
    (self.path, self.state, self.original, self.text) = (path, state, original, text)
  }

  /// Puts the new text in place, so that a power cut leaves the old file or the new one. Fails when somebody else
  /// changed the file meanwhile.
  func write() throws {
    do {
      if let state, try FileState.of(path) != state {
        throw CommandFailure(.failed, "\(path) was changed meanwhile; nothing was done: try again")
      }
      try AtomicFile.rewrite(path, like: state, orMode: 0o644, with: text)
    } catch let error as SystemError {
      throw CommandFailure(.failed, "\(error); nothing was changed")
    }
  }
}
