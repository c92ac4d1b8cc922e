internal import ArgumentParser
internal import Configuration
internal import Handshake
internal import Linux
internal import TOML
internal import Telemetry

/// `SOURCE=MODE`, as a person types it.
struct SourceChange {
  let source: DataSource
  let mode: ConsentMode

  init(_ text: String) throws {
    let parts = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else {
      throw ValidationError(
        "'\(text)' is no change; expected SOURCE=MODE, for example product=local")
    }
    source = try Self.source(parts[0])
    guard let mode = ConsentMode(rawValue: parts[1]) else {
      throw ValidationError(
        "unknown mode '\(parts[1])'; expected deny, local or share"
          + Self.hint(parts[1], ConsentMode.allCases.map(\.rawValue)))
    }
    self.mode = mode
  }

  /// Every change that there can be, for shells to complete.
  static var all: [String] {
    DataSource.allCases.flatMap { source in
      ConsentMode.allCases.map { "\(source.name)=\($0.rawValue)" }
    }
  }

  static func source(_ name: String) throws -> DataSource {
    let names = DataSource.allCases.map(\.name)
    guard let source = DataSource.allCases.first(where: { $0.name == name }) else {
      throw ValidationError(
        "unknown source '\(name)'; expected one of \(names.joined(separator: ", "))\(hint(name, names))"
      )
    }
    return source
  }

  private static func hint(_ word: String, _ words: [String]) -> String {
    nearest(to: word, among: words).map { "; did you mean '\($0)'?" } ?? ""
  }
}

struct ConsentSetCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "set",
    abstract: "Say for single sources what may happen to them: deny, local or share.",
    discussion: """
      Changes these lines of consent.toml and nothing else in it. What is taken back is removed before the command \
      returns, or named as owed (exit code 1). Sharing needs an offer that was accepted, see `accord consent accept`.

      Example: accord consent set environment=local
      """)

  @OptionGroup var installation: InstallationOptions

  // No "=" in the name: the completion for zsh makes a variable of it.
  @Argument(
    help: ArgumentHelp(
      "A source and what may happen to it, as SOURCE=MODE.", valueName: "change"),
    completion: .list(SourceChange.all))
  var changes: [String]

  mutating func validate() throws { for change in changes { _ = try SourceChange(change) } }

  func run() throws {
    let locations = installation.locations
    var file = try ConsentFile.read(locations)
    try file.checkEditable(locations)
    for change in try changes.map(SourceChange.init) {
      try file.set(change.source, to: change.mode)
    }
    let change = ConsentChange(locations, file)
    try Self.checkInForce(change)
    for wish in try changes.map(SourceChange.init) where wish.mode == .share {
      try Self.checkShared(wish.source, change.after)
    }
    let effect = try change.carryOut(deletes: true)
    if installation.json { effect.printObject() } else { effect.print(isRevocation: false) }
    try effect.fail()
  }

  /// A held agreement is mended, not changed: nobody knows what its author meant.
  /// An old copy that came back would be in force as soon as one word in it is saved anew, with all its others.
  static func checkInForce(_ change: ConsentChange) throws {
    for agreement in [change.before, change.after] {
      guard case .held(let problem) = agreement.standing else { continue }
      throw CommandFailure(
        .noAgreement,
        "\("\(problem)".asSentence) Nothing was changed, and nothing is sampled or sent meanwhile; "
          + ConsentFile.wayOut)
    }
  }

  private static func checkShared(_ source: DataSource, _ agreement: Agreement) throws {
    let terms = agreement.terms(of: source)
    if terms.decision.verdict == .share { return }
    let reason =
      terms.isHeld
      ? agreement.offerProblem.map { "\($0)" } ?? terms.decision.reason : terms.decision.reason
    throw CommandFailure(
      .noAgreement,
      "\("\(source.name) cannot be shared: \(reason)".asSentence) Nothing was changed; see accord consent accept"
    )
  }
}
