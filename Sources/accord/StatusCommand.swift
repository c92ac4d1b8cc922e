internal import ArgumentParser
internal import Configuration
internal import Health
internal import Linux

struct StatusCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "One screen: is it working, what is shared, why not, and what to do about it.",
    discussion: """
      First what is wrong, the worst first, each with the one thing to do; then the agreement with the line behind each \
      decision, what is kept, what waits, and when it is sent. It looks at the machine once, through the same code as \
      accordd, and stores nothing.

      Exit codes: 0 also when something is wrong, because looking has succeeded: a script asks `accord doctor`, or \
      reads "health" of --json.

      Example: accord status --json
      """)

  @OptionGroup var installation: InstallationOptions

  @Option(
    help: ArgumentHelp("Where proc, sys and etc/os-release are found.", valueName: "directory"),
    completion: .directory)
  var kernelRoot = "/"

  @Option(
    name: .long, defaultAsFlag: 2,
    help: ArgumentHelp("Look again every so many seconds, until Ctrl-C.", valueName: "seconds"))
  var watch: Int?

  @Flag(help: "Every finding and every line, however many.")
  var all = false

  mutating func validate() throws {
    if let watch, !Self.watchSeconds.contains(watch) {
      throw Self.wrongWatch
    }
  }

  func run() throws {
    try ApplianceStatus.checkReadable(installation.locations)
    guard let watch else {
      _ = Process.print(look(width: Output.textWidth), to: 1)
      return
    }
    var screen = WatchedScreen(isPlain: installation.json)
    while screen.show({ look(width: $0) }) { Process.pause(milliseconds: Int32(watch) * 1_000) }
  }

  /// One status, as text with its line breaks.
  private func look(width: Int?) -> String {
    let status = ApplianceStatus(installation.locations)
    let findings = ApplianceHealth.findings(status, kernelRoot: kernelRoot)
    if installation.json { return status.object(findings) + "\n" }
    return status.lines(findings, all: all, width: width).map { $0 + "\n" }.joined()
  }
}

extension StatusCommand {
  /// `--watch=5` as the two words `--watch 5`. Of an option whose value may be left out the argument parser takes the
  /// first form for the option alone, whatever stands behind the equals sign.
  ///
  /// - Parameter words: those behind `accord`.
  static func splittingWatch(_ words: [String]) throws -> [String] {
    guard words.first == configuration.commandName else { return words }
    let sign = "--watch="
    return try words.flatMap { word in
      guard word.hasPrefix(sign) else { return [word] }
      let value = String(word.dropFirst(sign.count))
      // Behind the option alone it would be an argument, or an option, that nobody expects.
      guard let seconds = Int(value), watchSeconds.contains(seconds) else { throw wrongWatch }
      return ["--watch", value]
    }
  }

  private static let watchSeconds = 1...3_600
  private static let wrongWatch = ValidationError(
    "--watch takes whole seconds, 1 to 3600, after which it looks again")
}

/// A text that is shown again and again. On a terminal each takes the place of the one before it, by going up as many
/// lines: nothing is to be restored when somebody ends it, and the last one stays to be read. Elsewhere they follow each
/// other with an empty line between them; objects without.
private struct WatchedScreen {
  let isPlain: Bool
  private var shown = 0
  private var isFirst = true

  init(isPlain: Bool) { self.isPlain = isPlain }

  /// Returns whether somebody reads it.
  mutating func show(_ text: (_ width: Int?) -> String) -> Bool {
    defer { isFirst = false }
    guard !isPlain, let size = Terminal.size(of: 1) else {
      let text = text(Output.textWidth)
      return Process.print(isPlain || isFirst ? text : "\n" + text, to: 1)
    }
    // What does not fit could not be gone up over.
    let lines = text(Output.textWidth).split(separator: "\n", omittingEmptySubsequences: false)
      .dropLast().prefix(size.rows - 1).map { $0.prefix(size.columns) }
    let up = shown > 0 ? "\u{1B}[\(shown)A" : ""
    let whole = up + "\r" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J"
    shown = lines.count
    return Process.print(whole, to: 1)
  }
}
