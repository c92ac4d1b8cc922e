// `accord`: everything that a person types. One file a verb.
//
// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 denied by the agreement, 4 no valid agreement. Results go to
// standard output, errors to standard error in one sentence that says what to do.

internal import ArgumentParser
internal import Configuration
internal import Linux
internal import Telemetry

struct Accord: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accord",
    abstract:
      "What this appliance shares with its supplier, under whose word, and what became of it.",
    discussion: """
      The agreement stands in two files: offer.toml, the supplier's half, and consent.toml, the customer's. \
      Only accordd samples; only `accord upload` and `accord doctor` use the network.

      To begin, put both halves into /etc/accord (examples are in /usr/share/doc/accord/examples) and see what they \
      come to with `accord consent check` and `accord preview`. Reading needs root, or membership in the group accord.

      Exit codes: 0 done, 1 failed, 2 wrong usage, 3 denied by the agreement, 4 no valid agreement.

      Example: accord status
      """,
    version: "accord \(AgentVersion.text)",
    subcommands: [
      StatusCommand.self, CatalogCommand.self, PreviewCommand.self, ConsentCommand.self,
      OutboxCommand.self, SentCommand.self, UploadCommand.self, LedgerCommand.self,
      DoctorCommand.self, ReportCommand.self, DumpCommand.self, DumpSectionCommand.self,
      InspectCommand.self,
    ])
}

/// What every verb takes.
struct InstallationOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where etc/accord, var/lib/accord and run/accord are found.", valueName: "directory"),
    completion: .directory)
  var prefix = "/"

  @Flag(help: "Print JSON: one object, or one a line where there are many.")
  var json = false

  var locations: Locations { Locations(prefix: prefix) }

  mutating func validate() throws {
    let state = (try? FileState.of(prefix)) ?? nil
    if state?.kind == "a directory" { return }
    let problem =
      state.map { "'\(prefix)' is \($0.kind)" } ?? "there is no directory '\(prefix)'"
    throw ValidationError("\(problem); --prefix names the directory that holds etc/accord")
  }
}

/// A command that works on an installation.
protocol InstallationCommand: ParsableCommand {
  var installation: InstallationOptions { get }
}

extension InstallationOptions {
  /// On the installed system root works with the rights of the agent's user. Below a prefix, the way to which may be
  /// closed to that user, what root makes is given to it afterwards.
  func takeRights() throws(SystemError) {
    guard locations.isSystem, Process.user == 0, let state = try FileState.of(locations.state),
      state.owner != 0
    else { return }
    try Rights.take(user: state.owner, group: state.group)
  }
}

/// How a command ends when it does not end well.
struct CommandFailure: Error {
  enum Code: Int32 {
    case failed = 1
    case usage = 2
    case denied = 3
    case noAgreement = 4
  }

  let code: Code
  /// One sentence for standard error; empty when the output has said it already.
  let message: String

  init(_ code: Code, _ message: some CustomStringConvertible) {
    self.code = code
    self.message = message.description
  }
}

@main
enum Main {
  static func main() {
    Process.prepareForService()
    let code = run()
    // A script that gets half a result has to know.
    if let failure = Process.outputFailure {
      Process.print("accord: \(failure)\n", to: 2)
      Process.exit(code == 0 ? CommandFailure.Code.failed.rawValue : code)
    }
    Process.exit(code)
  }

  /// Returns the exit code.
  private static func run() -> Int32 {
    if let sentence = MisspeltCommand.sentence(CommandLine.arguments.dropFirst()) {
      Process.print("accord: \(sentence)\n", to: 2)
      return CommandFailure.Code.usage.rawValue
    }
    do {
      let words = Array(CommandLine.arguments.dropFirst())
      var command = try Accord.parseAsRoot(StatusCommand.splittingWatch(words))
      if let command = command as? any InstallationCommand { try command.installation.takeRights() }
      try command.run()
      return 0
    } catch let failure as CommandFailure {
      if !failure.message.isEmpty { Process.print("accord: \(failure.message)\n", to: 2) }
      return failure.code.rawValue
    } catch {
      // --help and --version arrive here too, with the exit code of success.
      switch Accord.exitCode(for: error) {
      case .success:
        Process.print(Accord.fullMessage(for: error) + "\n", to: 1)
        return 0
      case .validationFailure:
        Process.print(Accord.fullMessage(for: error) + "\n", to: 2)
        return CommandFailure.Code.usage.rawValue
      default:
        Process.print("accord: \(error)\n", to: 2)
        return CommandFailure.Code.failed.rawValue
      }
    }
  }
}
