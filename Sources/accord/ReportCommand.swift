// `accord report`: how the appliance is and was, as one page for a browser, a printer or an e-mail.

internal import ArgumentParser
internal import Configuration
internal import Health
internal import JSON
internal import Linux
internal import Recording
internal import Reporting

struct ReportCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Is this appliance well: one page with the reasons, and charts of the kept history.",
    discussion: """
      Writes one HTML file that loads nothing and runs nothing: what is wrong and what to do, what is agreed, what was \
      delivered, and charts of processor, memory, disks, network and hardware, with a table under each. It holds \
      what the history keeps under the agreement of this moment; nothing is sent.

      The file is the caller's alone (mode 0600), and appears under its name when it is whole. One that is there \
      already is left as it is, unless --overwrite is given.

      Example: accord report --output report.html --since 2days
      """)

  @OptionGroup var installation: InstallationOptions

  @Option(
    help: ArgumentHelp(
      "Where the page goes; - is standard output. Without it, accord-report-TIME.html in this folder.",
      valueName: "file"), completion: .file(extensions: ["html"]))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "How far back the charts reach: for as long (2h, 7days), since a day (2026-11-21) or a time; 7days if not given.",
      valueName: "time"))
  var since: Since?

  @Flag(help: "Replace a file that is there already.")
  var overwrite = false

  @Option(
    help: ArgumentHelp("Where proc, sys and etc/os-release are found.", valueName: "directory"),
    completion: .directory)
  var kernelRoot = "/"

  mutating func validate() throws {
    if output == "" { throw ValidationError("--output is the name of a file") }
    if output == "-", installation.json {
      throw ValidationError("--json and --output - would both write to standard output")
    }
  }

  private static let week: Int64 = 7 * 86_400_000

  func run() throws {
    try ApplianceStatus.checkReadable(installation.locations)
    let status = ApplianceStatus(installation.locations)
    let now = status.clock.wallTimeMilliseconds
    let path = output ?? Self.defaultName(now)
    // Said before the work, not after it.
    if path != "-" { try checkFree(path) }
    let content = ApplianceReport.content(
      status, ApplianceReport.scope(status.agreement),
      findings: ApplianceHealth.findings(status, kernelRoot: kernelRoot)
        .filter { !status.agreement.holdsBack($0) },
      sinceMilliseconds: min((since ?? .ago(Self.week)).milliseconds(now), now - 60_000))
    let page = ReportPage.html(content)
    if path == "-" {
      Process.write(page, to: 1)
      return
    }
    try write(page, to: path)
    say(path, page.count, content)
  }

  /// "accord-report-20261121-223805.html"
  private static func defaultName(_ now: Int64) -> String {
    let digits = CalendarTime.rfc3339(milliseconds: now).filter { $0.isNumber }
    return "accord-report-\(digits.prefix(8))-\(digits.dropFirst(8)).html"
  }

  private func checkFree(_ path: String) throws {
    let state: FileState?
    do {
      state = try Rights.ofCaller { () throws(SystemError) in
        try FileState.of(path, followsLink: false)
      }
    } catch {
      throw CommandFailure(.failed, "\(error)")
    }
    guard let state else { return }
    guard state.isRegularFile else {
      throw CommandFailure(.failed, "\(path) is \(state.kind); give another name to --output")
    }
    if !overwrite {
      throw CommandFailure(
        .failed, "\(path) is there already; give another name to --output, or --overwrite")
    }
  }

  /// With the rights of whoever asked for it: below /var/lib/accord root works with the rights of the agent's user.
  private func write(_ page: [UInt8], to path: String) throws {
    // The folder is synchronised after the renaming, so it has to have a name.
    let path = path.contains("/") ? path : "./" + path
    let partial = path + ".partial"
    do {
      try Rights.ofCaller { () throws(SystemError) in
        // Whatever somebody has laid there is not written to.
        try AtomicFile.remove(partial)
        do throws(SystemError) {
          let file = try FileDescriptor.open(partial, .createNew(mode: 0o600))
          try file.write(page)
          try file.synchronise()
          if overwrite {
            try AtomicFile.move(partial, over: path)
          } else {
            try AtomicFile.move(partial, toNew: path)
          }
        } catch {
          try? AtomicFile.remove(partial)
          throw error
        }
      }
    } catch { throw CommandFailure(.failed, "\(error)") }
  }

  private func say(_ path: String, _ bytes: Int, _ content: ReportContent) {
    guard installation.json else {
      let worst = content.findings.first { $0.level == content.health && $0.level > .good }
      return Output.print(
        "\(path), \(Output.size(Int64(bytes))): \(content.health.headline.lowercased())"
          + (worst.map { VisibleText.line("; \($0.subject): \($0.sentence)") } ?? ""))
    }
    Output.object { object in
      object.member("path", path)
      object.member("bytes", Int64(bytes))
      object.member("health", content.health.name)
      object.member("findings", Int64(content.findings.count))
      object.member("charts", Int64(content.charts.count))
      object.member("since", CalendarTime.rfc3339(milliseconds: content.window.sinceMilliseconds))
      object.member("until", CalendarTime.rfc3339(milliseconds: content.window.untilMilliseconds))
    }
  }
}
