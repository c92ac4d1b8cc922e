internal import ArgumentParser
internal import Configuration
internal import Dump
internal import Handshake
internal import JSON
internal import Linux
internal import Recording
internal import Scrubbing
internal import Telemetry

struct DumpCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "Write one archive for support: what this appliance and its agent are like.",
    discussion: """
      The archive is a .tar.gz that any desktop opens, its index.html first. It holds what the agreement shares; what \
      is local only with --include-local; without an agreement, or after its end, the agent's own state alone. Free \
      text (journals) only with --with-logs. Addresses, host and user names become names such as host-1; what they \
      stand for stays here. The finished archive is searched for everything that is known to identify this appliance: \
      if something is left, there is no archive.

      As root it also sees what only root may read. Each section has its own time; one that hangs costs only itself.

      Exit codes: 0 an archive, perhaps with holes that it names, 1 no archive, 2 wrong usage, 3 \
      only root may override.

      Example: accord dump --case 4711
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var scope: DumpScope

  @Option(
    help: ArgumentHelp("The case it is for; it becomes part of the file's name.", valueName: "id"))
  var `case`: String?

  @Option(
    help: ArgumentHelp("The folder to write it to.", valueName: "directory"), completion: .directory
  )
  var output = "."

  @Flag(help: "Say what it would hold, how large it would be and what is withheld; write nothing.")
  var plan = false

  @Flag(
    help: """
      Hold also what the agreement withholds. Needs root and --case, is for this dump alone, and is written to the ledger.
      """)
  var override = false

  @Option(
    help: ArgumentHelp(
      "Say what a name in a dump stands for (host-1); write nothing.", valueName: "name"))
  var explain: String?

  mutating func validate() throws {
    if let name = `case` {
      let letters = name.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte) || "._-".utf8.contains(byte)
      }
      guard letters, !name.isEmpty, name.utf8.count <= DumpLimits.caseCharactersMax,
        name.first != ".", name.first != "-"
      else {
        throw ValidationError(
          "--case is up to \(DumpLimits.caseCharactersMax) letters, digits, dots, hyphens and underscores"
        )
      }
    }
    // An empty name is an unset variable in somebody's script; the archive would go to /.
    if output.isEmpty { throw ValidationError("--output is the name of a folder") }
    if override, `case` == nil {
      throw ValidationError("--override needs --case: the ledger keeps for which case it was")
    }
  }

  func run() throws {
    try ApplianceStatus.checkReadable(installation.locations)
    if let explain { return try explainName(explain) }
    let agreement = AgreementInForce.read(installation.locations)
    if plan { return DumpPlan(scope, installation, agreement, isOverridden: override).print() }
    if override { try Self.checkMayOverride(installation.locations) }
    try DumpMaking(self, agreement).make()
  }

  private func explainName(_ name: String) throws {
    let names = NamesFile.read(StateDirectory(installation.locations.state))
    if let problem = names.problem {
      throw CommandFailure(.failed, "\(problem); root can read what names stand for")
    }
    guard let text = names.book.text(of: name) else {
      throw CommandFailure(.failed, "no dump of this appliance has used the name '\(name)'")
    }
    if installation.json {
      Output.object { object in
        object.member("name", name)
        object.member("stands_for", text)
      }
    } else {
      Output.print(text)
    }
  }

  /// Below a prefix it is the owner of the files who decides, as everywhere.
  static func checkMayOverride(_ locations: Locations) throws {
    let owner = locations.isSystem ? 0 : ((try? FileState.of(locations.state)) ?? nil)?.owner
    guard Process.user == 0 || Process.user == owner else {
      throw CommandFailure(.denied, "only root can override the agreement")
    }
  }
}

/// What a dump holds, as far as whoever makes it decides.
struct DumpScope: ParsableArguments {
  @Flag(help: "Hold also what is kept on the appliance and not shared.")
  var includeLocal = false

  @Flag(help: "Hold the journals of the agent and the product, and the kernel's messages.")
  var withLogs = false

  @Option(
    help: ArgumentHelp(
      "Hold the history and journals since then: a day, a time, or for as long (2h, 7days).",
      valueName: "time"))
  var since: Since?

  @Option(
    help: ArgumentHelp(
      "Only these sections, separated by commas; --plan names them.", valueName: "names"))
  var only: Names?

  @Option(help: ArgumentHelp("All sections but these.", valueName: "names"))
  var skip: Names?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "A systemd unit of the product to look at; can be repeated.", valueName: "name"))
  var productUnit: [String] = []

  @Option(
    help: ArgumentHelp(
      "Give no section longer than this, on a machine that hangs.", valueName: "seconds"))
  var sectionSeconds: Int?

  @Option(
    help: ArgumentHelp("Where proc, sys and etc/os-release are found.", valueName: "directory"),
    completion: .directory)
  var kernelRoot = "/"

  /// Names of sections.
  struct Names: ExpressibleByArgument {
    let names: Set<String>

    init?(argument: String) {
      names = Set(argument.split(separator: ",").map(String.init))
      let known = Set(DumpSections.all.map(\.name))
      guard !names.isEmpty, names.isSubset(of: known) else { return nil }
    }
  }

  mutating func validate() throws {
    if let sectionSeconds, sectionSeconds < 1 {
      throw ValidationError("--section-seconds is a number of seconds, at least 1")
    }
    for unit in productUnit {
      // The letters of systemd.unit(5); what begins with a hyphen would be an option to systemctl.
      let isName = unit.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte) || ":-_.\\@".utf8.contains(byte)
      }
      guard isName, !unit.isEmpty, unit.utf8.count < 256, unit.first != "-" else {
        throw ValidationError("'\(unit)' is no name of a systemd unit")
      }
    }
  }

  /// Without a slash at the end, as collectors want it.
  var kernelFolder: String { KernelRoot(kernelRoot).path("") }

  func request(isOverridden: Bool) -> DumpRequest {
    var request = DumpRequest()
    request.includesLocal = includeLocal
    request.withLogs = withLogs
    request.only = only?.names ?? []
    request.skip = skip?.names ?? []
    request.isOverridden = isOverridden
    return request
  }

  /// Everything that a dump can hold, each with its time.
  var sections: [DumpSection] {
    DumpSections.all.map { $0.within(seconds: sectionSeconds ?? .max) }
  }

  func sinceMilliseconds(_ now: Int64) -> Int64 {
    since?.milliseconds(now) ?? now - DumpLimits.historySeconds * 1000
  }
}
