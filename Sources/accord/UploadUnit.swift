// An upload that root asks for on an installed system is done by the upload's own unit, within its sandbox, and not by the
// process in which root typed the command.
//
// 1 the command leaves an errand in /run/accord/upload.errand: a number, and in which form the outcome is wanted
// 2 it starts the unit, and waits for it
// 3 the unit's run takes the errand away, delivers as for a person (without the pause after a failure), and leaves its
//   outcome in /run/accord/upload.outcome
// 4 the command prints that outcome and ends with its code
//
// Both work with the rights of the agent's user, to whom /run/accord belongs. A run that was under way already may not
// have seen the errand: then the unit is started once more.

internal import Configuration
internal import FoundationEssentials
internal import JSON
internal import Linux

/// What a delivery came to, as it is told.
struct UploadOutcome: Decodable {
  let lines: [String]
  /// The exit code, and why it is not 0.
  let code: Int32
  let message: String
  /// Whether the receiver has accepted something.
  var hasDelivered = false
  /// The errand that it answers.
  var errand: String?

  func end() throws {
    guard let code = CommandFailure.Code(rawValue: code) else { return }
    throw CommandFailure(code, message)
  }

  /// Without what a terminal obeys: root is shown what a process of another user has written.
  fileprivate var printable: UploadOutcome {
    func plain(_ text: String) -> String {
      String(
        String.UnicodeScalarView(
          text.unicodeScalars.filter { $0.properties.generalCategory != .control }))
    }
    return UploadOutcome(
      lines: lines.map(plain), code: code, message: plain(message), hasDelivered: hasDelivered,
      errand: errand)
  }
}

/// What a person wants of the unit.
struct UploadErrand: Decodable {
  let number: String
  let json: Bool

  fileprivate static func path(_ locations: Locations) -> String {
    locations.run + "/upload.errand"
  }

  /// Takes the errand away that waits for a run of the unit; nil when none does.
  static func take(_ locations: Locations) -> UploadErrand? {
    guard let errand: UploadErrand = FileObject.read(path(locations)) else { return nil }
    try? AtomicFile.remove(path(locations))
    return errand
  }

  func answer(_ outcome: UploadOutcome, _ locations: Locations) throws {
    try FileObject.write(UploadUnit.outcomePath(locations)) { object in
      object.array("lines") { list in for line in outcome.lines { list.element(line) } }
      object.member("code", Int64(outcome.code))
      object.member("message", outcome.message)
      object.member("hasDelivered", outcome.hasDelivered)
      object.member("errand", number)
    }
  }
}

enum UploadUnit {
  private static let name = "accord-upload.service"
  private static let manager = "/usr/bin/systemctl"

  fileprivate static func outcomePath(_ locations: Locations) -> String {
    locations.run + "/upload.outcome"
  }

  /// Whether uploads are the unit's business here: systemd runs (sd_booted(3)), and the unit is installed.
  static func isInstalled(_ locations: Locations) -> Bool {
    func isThere(_ path: String) -> Bool { ((try? FileState.of(path)) ?? nil) != nil }
    return locations.isSystem && isThere("/run/systemd/system")
      && ["/usr/lib", "/lib", "/etc"].contains { isThere("\($0)/systemd/system/\(name)") }
  }

  /// Has the unit deliver, and returns what came of it.
  static func deliver(_ locations: Locations, json: Bool) throws -> UploadOutcome {
    guard Process.user == 0 else {
      throw CommandFailure(.failed, "only root can start an upload; run this as root")
    }
    let number = Random.bytes(8).map { String($0) }.joined(separator: ".")
    defer {
      try? AtomicFile.remove(UploadErrand.path(locations))
      try? AtomicFile.remove(outcomePath(locations))
    }
    for _ in 1...2 {
      try FileObject.write(UploadErrand.path(locations)) { object in
        object.member("number", number)
        object.member("json", json)
      }
      // What systemd says of a unit that accordd's keeps from starting is said below, and once.
      let code = try Rights.ofCaller { try Process.run(manager, ["--quiet", "start", name]) }
      if let outcome: UploadOutcome = FileObject.read(outcomePath(locations)),
        outcome.errand == number
      {
        return outcome.printable
      }
      guard code == 0 else { throw CommandFailure(.failed, refusal(locations)) }
    }
    throw CommandFailure(
      .failed, "\(name) ran and left no word of it: see journalctl --unit \(name)")
  }

  private static func refusal(_ locations: Locations) -> String {
    let daemon = DaemonStatus.read(locations.statusFile)
    guard daemon?.isRunning == true, daemon?.isProcessAlive == true else {
      return "accordd does not run, and without it nothing is sent: systemctl restart accordd"
    }
    return "\(name) could not be started: see systemctl status \(name)"
  }
}

/// A JSON object that is a file of its own.
private enum FileObject {
  private static let bytesMax = 1 << 20

  static func read<Value: Decodable>(_ path: String) -> Value? {
    guard let file = try? FileDescriptor.open(path, .readOnlyPlain),
      let bytes = try? file.readAll(limitBytes: bytesMax)
    else { return nil }
    return try? JSONDecoder().decode(Value.self, from: Data(bytes))
  }

  static func write(_ path: String, _ members: (inout JSONWriter) -> Void) throws {
    var writer = JSONWriter()
    writer.object(members)
    try AtomicFile.replace(path, with: writer.bytes, mode: 0o640, durability: .volatile)
  }
}
