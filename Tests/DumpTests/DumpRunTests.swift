// A whole dump with sections that behave badly: real processes, a real archive, read back by other tools in
// ProgramTests.

import Archive
import Compression
import Handshake
import Linux
import Scrubbing
import TestSupport
import Testing

@testable import Dump

@Suite struct DumpRunTests {
  private let directory: TemporaryDirectory
  private var path: String { directory.path("dump.tar.gz") }

  init() throws {
    directory = try TemporaryDirectory()
    Process.prepareForService()
  }

  private func section(_ name: String, secondsMax: Int = 20) -> DumpSection {
    DumpSection(name: name, title: name, source: nil, secondsMax: secondsMax, rights: .caller)
  }

  /// Runs a dump whose sections are shell scripts.
  private func dump(
    _ sections: [(section: DumpSection, script: String)], identities: [Identity] = [],
    freeBytes: (() -> Int64?)? = nil
  ) throws -> Manifest {
    let agreement = Agreement(
      consent: nil, consentFile: "consent.toml", offer: nil, offerFile: "offer.toml", kept: nil,
      nowMilliseconds: 0)
    let manifest = Manifest(
      madeAt: "2026-11-21T00:00:00Z", caseID: "4711", agentVersion: "1",
      agreement: Manifest.AgreementFacts(state: "none", fingerprint: nil, sources: []),
      overrideUntil: nil, isLocalIncluded: false, hasLogs: false, since: "2026-11-20T00:00:00Z",
      command: ["accord", "dump"])
    let file = try DumpFile.create(path, folder: "dump", madeSeconds: 0, freeBytes: freeBytes)
    var run = DumpRun(file, identities: identities, book: PseudonymBook(), manifest: manifest)
    let scripts = Dictionary(uniqueKeysWithValues: sections.map { ($0.section.name, $0.script) })
    try run.run(
      sections.map(\.section),
      DumpRun.Surroundings(
        agreement: agreement, request: DumpRequest(),
        start: { section throws(SystemError) in
          try ChildProcess.start("/bin/sh", ["-c", scripts[section.name] ?? ""])
        }, page: { written, _ in written ?? Array("no page".utf8) }, progress: { _, _, _ in }))
    return run.manifest
  }

  /// What is in the archive, in its order.
  private func contents() throws -> [(name: String, text: String)] {
    var gunzip = GzipReader(limitBytes: 1 << 30)
    var reader = TarReader(limits: TarReader.Limits(files: 10_000, fileBytes: 1 << 30))
    var files: [(name: String, text: String)] = []
    gunzip.append(try FileDescriptor.open(path, .readOnly).readAll(limitBytes: 1 << 30))
    while let part = try gunzip.next() {
      for event in try reader.feed(part) {
        switch event {
        case .file(let path, _): files.append((path, ""))
        case .content(let bytes):
          files[files.count - 1].text += String(decoding: bytes, as: UTF8.self)
        case .fileEnd: break
        }
      }
    }
    try gunzip.finish()
    try reader.finish()
    return files
  }

  private func printing(_ name: String, _ text: String) -> String {
    "printf '\\001file \(name)\\n\(text)\\n'"
  }

  @Test func `the page and the manifest stand first, though they are made last`() throws {
    _ = try dump([
      (section("a"), printing("sections/a.txt", "alpha")),
      (section(DumpRun.pageSection), printing("index.html", "<main></main>")),
    ])
    let contents = try contents()
    #expect(
      contents.map(\.name) == [
        "dump/index.html", "dump/manifest.json", "dump/sections/a.txt", "dump/dump.log",
      ])
    #expect(contents[0].text == "<main></main>\n" && contents[2].text == "alpha\n")
    #expect(try FileState.of(path)?.permissions == "600")
    #expect(try FileState.of(path + ".partial") == nil)
  }

  @Test func `a section that hangs costs only itself, and what it wrote before is there`() throws {
    let manifest = try dump([
      (section("hangs", secondsMax: 1), printing("sections/h.txt", "before") + "; sleep 1000"),
      (section("next"), printing("sections/n.txt", "after")),
    ])
    let statuses = manifest.sections.map(\.status)
    #expect(statuses == [.timedOut, .ok, .ok])
    #expect(try contents().map(\.text).contains("before\n"))
    #expect(try contents().map(\.text).contains("after\n"))
  }

  @Test(arguments: ["while :; do printf '\\001problem once more\\n'; done", "exec cat /dev/zero"])
  func `a section that never stops writing is cut, and costs only itself`(endless: String) throws {
    let manifest = try dump([
      (section("endless", secondsMax: 2), printing("sections/e.txt", "x") + "; " + endless),
      (section("next"), printing("sections/n.txt", "after")),
    ])
    #expect(manifest.sections[0].status == .timedOut && manifest.sections[1].status == .ok)
    #expect(manifest.sections[0].files[0].bytes <= DumpLimits.fileBytesMax)
    #expect(manifest.sections[0].problems.count <= 50)
    #expect(try contents().contains { $0.name == "dump/sections/e.txt" && $0.text.hasPrefix("x") })
  }

  @Test func `a section with too many files is cut, and no file holds another one's content`()
    throws
  {
    let count = DumpLimits.filesPerSectionMax + 3
    let script = "for i in $(seq \(count)); do printf '\\001file f/%s.txt\\n%s\\n' $i $i; done"
    let manifest = try dump([(section("many"), script)])
    #expect(manifest.sections[0].status == .cut)
    #expect(
      manifest.sections[0].reason
        == "3 files are left out: a section has 1000 at most, and none with an odd name")
    let files = try contents().filter { $0.name.hasPrefix("dump/f/") }
    #expect(files.count == DumpLimits.filesPerSectionMax)
    #expect(files.allSatisfy { $0.name == "dump/f/\($0.text.dropLast()).txt" })
  }

  @Test func `a section that crashes says how it ended`() throws {
    let manifest = try dump([(section("crashes"), "kill -SEGV $$")])
    #expect(manifest.sections[0].status == .failed)
    #expect(manifest.sections[0].reason == "its process ended with code 139")
  }

  @Test func `a section with nothing to tell says why`() throws {
    let manifest = try dump([(section("empty"), "printf '\\001absent there is no spool\\n'")])
    #expect(manifest.sections[0].status == .absent)
    #expect(manifest.sections[0].reason == "there is no spool")
  }

  @Test func `names and secrets are scrubbed in every file, in the log and in the manifest`() throws
  {
    let script =
      printing("sections/a.txt", "host gateway.clinic.example password=hunter2hunter2")
      + "; printf '\\001problem cannot reach gateway.clinic.example\\n'"
    let identities = [Identity(.hostName, "gateway.clinic.example")]
    _ = try dump([(section("a"), script)], identities: identities)
    let texts = try contents().map(\.text)
    #expect(texts.allSatisfy { !$0.contains("clinic") && !$0.contains("hunter2") })
    #expect(texts[1].contains("cannot reach host-1"))
    #expect(texts[2].hasPrefix("host host-1 password="))
    #expect(texts[3].contains("cannot reach host-1"))
  }

  @Test func `what is left of an identity after scrubbing means that there is no archive`() throws {
    // The rows of the ledger are not scrubbed, because their hashes are over their bytes.
    let script = printing("sections/ledger.jsonl", "gateway.clinic.example")
    do {
      _ = try dump(
        [(section("ledger"), script)], identities: [Identity(.hostName, "gateway.clinic.example")])
      Issue.record("there is an archive")
    } catch {
      #expect("\(error)".contains("sections/ledger.jsonl"))
      #expect(!"\(error)".contains("clinic"))
    }
    #expect(try FileState.of(path) == nil)
    #expect(try FileState.of(path + ".partial") == nil)
  }

  /// A disk of which so much is free before the dump.
  private func disk(freeBytes: Int64) -> () -> Int64? {
    { [path] in freeBytes - ((try? FileState.of(path + ".partial")?.sizeBytes) ?? 0) }
  }

  /// Some 190 KB when compressed, and nothing that would be taken for a key.
  private func numbers(_ name: String) -> String {
    "printf '\\001file \(name)\\n'; head -c 150000 /dev/urandom | od -An -v -tu1"
  }

  @Test func `on a disk that is nearly full sections are cut, and what has to stay free stays`()
    throws
  {
    let free = DumpLimits.freeBytesMin + DumpLimits.endBytes + 300_000
    let manifest = try dump(
      [
        (section("first"), numbers("sections/first.txt")),
        (section("large"), numbers("sections/large.txt")),
        (section("small"), printing("sections/small.txt", "small")),
        (section("zeros"), "printf '\\001file sections/zeros.txt\\n'; head -c 400k /dev/zero"),
        (section(DumpRun.pageSection), printing("index.html", "<main></main>")),
      ], freeBytes: disk(freeBytes: free))
    let statuses = Dictionary(uniqueKeysWithValues: manifest.sections.map { ($0.name, $0.status) })
    #expect(statuses["first"] == .ok && statuses["small"] == .ok && statuses["zeros"] == .ok)
    #expect(statuses["large"] == .cut && statuses[DumpRun.pageSection] == .ok)
    #expect(manifest.sections[1].reason.contains("4 MiB"))
    let names = try contents().map(\.name)
    #expect(names.prefix(2) == ["dump/index.html", "dump/manifest.json"])
    #expect(names.contains("dump/sections/zeros.txt") && !names.contains("dump/sections/large.txt"))
    #expect(free - (try FileState.of(path)!.sizeBytes) >= DumpLimits.freeBytesMin)
  }

  @Test func `no section begins where only the archive's end has room, and the page is there`()
    throws
  {
    let manifest = try dump(
      [
        (section("first"), printing("sections/first.txt", "x")),
        (section(DumpRun.pageSection), printing("index.html", "<main></main>")),
      ], freeBytes: disk(freeBytes: DumpLimits.freeBytesMin + 100_000))
    #expect(manifest.sections[0].status == .cut)
    #expect(manifest.sections[0].reason.hasSuffix("before it began"))
    #expect(try contents()[0].text == "<main></main>\n")
  }

  @Test func `an archive that cannot be ended leaves nothing behind, and says what to do`() throws {
    do {
      _ = try dump(
        [(section(DumpRun.pageSection), numbers("index.html"))],
        freeBytes: disk(freeBytes: DumpLimits.freeBytesMin + 100_000))
      Issue.record("there is an archive")
    } catch {
      #expect("\(error)".contains("4193 KiB free") && "\(error)".contains("--output"))
    }
    #expect(try FileState.of(path) == nil)
    #expect(try FileState.of(path + ".partial") == nil)
  }

  @Test func `a file that is there already is not replaced, nor is one that came meanwhile`() throws
  {
    try directory.write("dump.tar.gz", "somebody's")
    #expect(throws: SystemError.self) { _ = try dump([]) }
    #expect(try FileDescriptor.open(path, .readOnly).readAll(limitBytes: 99).count == 10)
  }
}
