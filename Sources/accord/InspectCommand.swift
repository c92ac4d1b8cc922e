internal import ArgumentParser
internal import Dump
internal import JSON
internal import Linux
internal import Recording

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Read a dump that somebody sent: is it whole, and what does it say.",
    discussion: """
      For support staff, on a machine of their own: no installation, no root, no network. Nothing is unpacked. Every \
      file is held against the digest that the manifest names, and the ledger's chain is followed. Then it shows who \
      made the dump, when and under which agreement, what was wrong with the appliance, the sections, and what happened: \
      agreements, deliveries, gaps and clock steps, in the ledger's order. Control characters in the texts are shown, \
      not obeyed.

      Digests show damage and careless edits. Whoever can write a new manifest can write new digests too: what is \
      certain are ledger rows up to a head that the supplier was told (accord ledger verify).

      Exit codes: 0 the dump is whole, 1 it is not, or it is no dump, or a section has more than is printed at once, 2 \
      wrong usage.

      Example: accord inspect accord-dump-4711.tar.gz
      """)

  @Argument(help: "The dump.", completion: .file(extensions: ["gz", "tgz"]))
  var archive: String

  @Flag(help: "Show every row of the timeline, not only the last \(timelineRows).")
  var all = false

  @Option(
    help: ArgumentHelp(
      "Print the texts of one section, or one file by its path, and nothing else.",
      valueName: "name"))
  var section: String?

  @Option(
    help: ArgumentHelp("Write the page with the charts to this new file.", valueName: "file"),
    completion: .file())
  var page: String?

  @Flag(help: "Print JSON: one object.")
  var json = false

  static let timelineRows = 40

  func validate() throws {
    if section != nil, json { throw ValidationError("--section prints text; leave out --json") }
    let state: FileState?
    do { state = try FileState.of(archive) } catch { throw ValidationError("\(error)") }
    guard let state else { throw ValidationError("there is no file '\(archive)'") }
    guard state.isRegularFile else {
      throw ValidationError("\(archive) is \(state.kind), not a dump")
    }
  }

  func run() throws {
    let dump: InspectedDump
    do {
      dump = try InspectedDump(archive) { [section, page] path, manifest in
        (page != nil && path == Self.pagePath)
          || section.map { Self.isPart(path, of: $0, manifest) } ?? false
      }
    } catch { throw CommandFailure(.failed, "\(error)") }
    if let page { try write(dump, to: page) }
    if let section {
      try printSection(dump, section)
    } else {
      let text = InspectedText(dump: dump, isEveryRow: all)
      if json { text.printObject() } else { text.print() }
    }
    guard dump.problems.isEmpty else {
      throw CommandFailure(.failed, json ? "" : text(of: dump))
    }
    if let file = dump.leftOut.first {
      throw CommandFailure(
        .failed,
        "\(Output.count(Int64(dump.leftOut.count), "file")) left out, beyond "
          + "\(Output.size(Int64(InspectedDump.wantedBytesMax))) in all; a file alone is printed by "
          + "its path: --section \(file)")
    }
  }

  private func text(of dump: InspectedDump) -> String {
    let count = dump.problems.count + dump.moreProblems
    return "\(archive) is not whole: \(dump.problems[0])"
      + (count > 1 ? ", and \(count - 1) more" : "")
  }

  private static let pagePath = "index.html"

  /// Whether a file belongs to what --section names.
  private static func isPart(_ path: String, of name: String, _ manifest: InspectedManifest?)
    -> Bool
  {
    // The page comes before the manifest that names it.
    if path == name || (name == DumpRun.pageSection && path == pagePath) { return true }
    return manifest?.sections.contains { section in
      section.name == name && section.files.contains { $0.path == path }
    } ?? false
  }

  private func printSection(_ dump: InspectedDump, _ name: String) throws {
    let files = dump.wanted.filter { Self.isPart($0.path, of: name, dump.manifest) }
    if files.isEmpty, dump.leftOut.isEmpty {
      let sections = dump.manifest?.sections ?? []
      if let section = sections.first(where: { $0.name == name }) {
        let reason = section.reason.isEmpty ? "" : ": \(section.reason)"
        throw CommandFailure(
          .failed, VisibleText.line("the section \(name) holds nothing, \(section.status)\(reason)")
        )
      }
      let names = sections.filter { !$0.files.isEmpty }.map(\.name).joined(separator: ", ")
      throw CommandFailure(
        .usage, VisibleText.line("there is no section '\(name)'; there are: \(names)"))
    }
    for (index, file) in files.enumerated() {
      if files.count > 1 {
        Output.print((index > 0 ? "\n" : "") + "== \(VisibleText.line(file.path))")
      }
      VisibleText.print(file.content)
    }
  }

  private func write(_ dump: InspectedDump, to path: String) throws {
    guard let content = dump.wanted.first(where: { $0.path == Self.pagePath })?.content else {
      throw CommandFailure(.failed, "there is no page in it")
    }
    do {
      let file = try FileDescriptor.open(path, .createNew(mode: 0o600))
      try file.write(content)
    } catch {
      throw CommandFailure(.failed, "\(error); --page takes the name of a new file")
    }
  }
}
