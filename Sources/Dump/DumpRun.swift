// One dump, from the first section to the archive's name.
//
//   each section in a process of its own -> one scrubber over every file -> the archive, as a stream
//   -> the manifest, the log and the page, scrubbed like the rest -> the archive is read back: every digest, and no
//   identity anywhere -> it gets its name
//
// A section has a process of its own because what it asks may never answer: a disk that died, a server that hangs. When
// its time is over it is ended, what it had written is kept, and the next one begins. Allow-list first: sections
// collect named files and typed fields. The scrubber is the second line, and the last look is the third: if anything
// that identifies the appliance is left, or one of the canaries that were planted where a section could read them,
// there is no archive.
//
// An override of the agreement needs root and a case number. It is written to the ledger before the first section, and
// is over with this dump, after `DumpLimits.secondsMax` at the latest.

internal import Digest
package import Handshake
package import Linux
package import Scrubbing
internal import Telemetry

package struct DumpRun: ~Copyable {
  /// What stands around the run.
  package struct Surroundings {
    package var agreement: Agreement
    package var request: DumpRequest
    /// Starts the process of a section.
    package var start: (DumpSection) throws(SystemError) -> ChildProcess
    /// Makes the index page of what the page's section wrote and of everything that the manifest says.
    package var page: (_ written: [UInt8]?, Manifest) -> [UInt8]
    /// Told before each section: which, and how many there are.
    package var progress: (_ index: Int, _ count: Int, DumpSection) -> Void

    package init(
      agreement: Agreement, request: DumpRequest,
      start: @escaping (DumpSection) throws(SystemError) -> ChildProcess,
      page: @escaping ([UInt8]?, Manifest) -> [UInt8],
      progress: @escaping (Int, Int, DumpSection) -> Void
    ) {
      self.agreement = agreement
      self.request = request
      self.start = start
      self.page = page
      self.progress = progress
    }
  }

  private var file: DumpFile
  private let identities: [Identity]
  private var scrubber: Scrubber
  package private(set) var manifest: Manifest
  private var log: [String] = []
  /// Of the files that are in the archive, and those that come last.
  private var names: Set<String> = ["index.html", "manifest.json", "dump.log"]
  private var pageWritten: [UInt8]?
  private let clock = SystemClock()
  private let deadline: Int64

  /// The section whose file is the index page.
  package static let pageSection = "page"

  package init(
    _ file: consuming DumpFile, identities: [Identity], book: PseudonymBook, manifest: Manifest
  ) {
    self.file = file
    self.identities = identities
    self.manifest = manifest
    scrubber = Scrubber(book: book, identities: identities)
    deadline = clock.bootTimeMilliseconds + Int64(DumpLimits.secondsMax) * 1000
  }

  package var bytes: Int64 { file.bytes }
  /// With the names that this dump was the first to need, and what of them identifies.
  package var book: PseudonymBook { scrubber.book.knowing(identities) }

  /// Adds a line to the log that goes into the archive, scrubbed like everything else.
  package mutating func note(_ text: String) {
    log.append("\(CalendarTime.rfc3339(milliseconds: clock.wallTimeMilliseconds)) \(text)")
  }

  package mutating func run(
    _ sections: [DumpSection], _ around: Surroundings
  ) throws(DumpError) {
    for (index, section) in sections.enumerated() {
      around.progress(index, sections.count, section)
      switch Admission.of(section, around.request, under: around.agreement) {
      case .admitted: try collect(section, around.start)
      case .withheld(let reason): leaveOut(section, .withheld, reason)
      case .notAsked(let reason): leaveOut(section, .notAsked, reason)
      }
    }
    try finish(around.page)
  }

  private mutating func leaveOut(
    _ section: DumpSection, _ status: Manifest.Status, _ reason: String
  ) {
    var entry = Self.entry(section)
    (entry.status, entry.reason) = (status, reason)
    record(entry)
  }

  private static func entry(_ section: DumpSection) -> Manifest.Section {
    Manifest.Section(
      name: section.name, title: section.title, source: section.source?.name, status: .ok,
      reason: "", durationMilliseconds: 0, files: [], problems: [])
  }

  private mutating func record(_ section: Manifest.Section) {
    let bytes = section.files.reduce(0) { $0 + $1.bytes }
    note(
      "\(section.name): \(section.status.rawValue), \(bytes) bytes, \(section.durationMilliseconds) ms"
        + (section.reason.isEmpty ? "" : ": \(section.reason)"))
    for problem in section.problems { note("\(section.name): \(problem)") }
    manifest.sections.append(section)
  }

  // MARK: one section

  private mutating func collect(
    _ section: DumpSection, _ start: (DumpSection) throws(SystemError) -> ChildProcess
  ) throws(DumpError) {
    var entry = Self.entry(section)
    let begun = clock.bootTimeMilliseconds
    if begun >= deadline {
      return leaveOut(section, .timedOut, "the time of the whole dump was over before it began")
    }
    // There is always room for the page: it comes with the archive's end.
    if section.name != Self.pageSection, let bound = file.bound {
      return leaveOut(section, .cut, "\(bound) before it began")
    }
    let until = min(deadline, begun + Int64(section.secondsMax) * 1000)
    var stream = SectionStream()
    var process: ChildProcess
    do { process = try start(section) } catch {
      return leaveOut(section, .failed, "\(error)")
    }
    var isTimedOut = false
    reading: while true {
      let event: ChildProcess.Event
      do { event = try process.next(until: until) } catch {
        (entry.status, entry.reason) = (.failed, "\(error)")
        break
      }
      switch event {
      case .bytes(let bytes): for file in stream.feed(bytes) { try take(file, of: section, &entry) }
      case .end: break reading
      case .timeout:
        isTimedOut = true
        break reading
      }
      // Output without an end must not keep the clock from being looked at.
      if clock.bootTimeMilliseconds >= until {
        isTimedOut = true
        break
      }
    }
    let exitCode = process.end(graceMilliseconds: isTimedOut ? 0 : 500)
    if let last = stream.end() { try take(last, of: section, &entry) }
    entry.durationMilliseconds = clock.bootTimeMilliseconds - begun
    entry.problems = stream.problems
    if isTimedOut {
      let seconds = (until - begun) / 1000
      (entry.status, entry.reason) = (.timedOut, "it did not end within \(seconds) s")
    } else if exitCode != 0 {
      entry.status = .failed
      entry.reason =
        stream.failure ?? exitCode.map { "its process ended with code \($0)" }
        ?? "its process hangs"
    } else if let absence = stream.absence {
      (entry.status, entry.reason) = (.absent, absence)
    } else if stream.filesLeftOut > 0 {
      let most = DumpLimits.filesPerSectionMax
      entry.status = .cut
      entry.reason =
        "\(stream.filesLeftOut) files are left out: a section has \(most) at most, and none with an odd name"
    }
    record(entry)
  }

  private mutating func take(
    _ written: SectionStream.File, of section: DumpSection, _ entry: inout Manifest.Section
  ) throws(DumpError) {
    if entry.name == Self.pageSection {
      pageWritten = written.content
      return
    }
    let content = scrubbed(written, isVersionList: section.isVersionList)
    if written.isCut { (entry.status, entry.reason) = (.cut, "\(written.name) was longer") }
    if let bound = file.bound {
      (entry.status, entry.reason) = (.cut, bound)
      return
    }
    let name = written.name.split(separator: "/").map { scrubber.scrub(name: String($0)) }
      .joined(separator: "/")
    // Two files of one name unpack to one, and what is on a line of its own may have come from outside.
    guard names.insert(name).inserted else {
      note("\(entry.name): a second file \(name) is left out")
      return
    }
    guard let added = try file.add(name, content) else {
      (entry.status, entry.reason) = (.cut, DumpFile.diskBound)
      return
    }
    entry.files.append(added)
  }

  private mutating func scrubbed(_ file: SectionStream.File, isVersionList: Bool) -> [UInt8] {
    switch file.name {
    // Ledger rows are chained by their hashes, so they go in as they are: they hold digests, counts and times, and the
    // last look goes over them like over everything.
    case "sections/ledger.jsonl": file.content
    case let name where name.hasSuffix(".json"): scrubber.scrub(json: file.content)
    default: scrubber.scrub(file.content, isVersionList: isVersionList)
    }
  }

  // MARK: the end

  private mutating func finish(
    _ page: (_ written: [UInt8]?, Manifest) -> [UInt8]
  ) throws(DumpError) {
    let logContent = scrubber.scrub(Array((log.joined(separator: "\n") + "\n").utf8))
    let logFile = try file.addLast("dump.log", logContent)
    manifest.sections.append(
      Manifest.Section(
        name: "log", title: "How this dump was made", source: nil, status: .ok, reason: "",
        durationMilliseconds: 0, files: [logFile], problems: []))
    manifest.scrubbed = scrubber.counts.map { ($0.key, Int64($0.value)) }.sorted {
      $0.kind < $1.kind
    }
    scrubManifest()
    let index = scrubber.scrub(html: page(pageWritten, manifest))
    let pageFile = Manifest.File(
      path: "index.html", bytes: Int64(index.count), sha256: SHA256(of: index).description)
    for position in manifest.sections.indices
    where manifest.sections[position].name == Self.pageSection {
      manifest.sections[position].files = [pageFile]
    }
    try file.finish(first: [("index.html", index), ("manifest.json", Array(manifest.text.utf8))])
    try DumpVerification.check(file, manifest, identities)
    try file.publish()
  }

  /// Text by text, so that what is scrubbed is still JSON.
  private mutating func scrubManifest() {
    manifest.caseID = manifest.caseID.map { scrubber.scrub($0) }
    // As one text: what an option says of its value stands in the word before.
    manifest.command = scrubber.scrub(manifest.command.joined(separator: " "))
      .split(separator: " ").map(String.init)
    for index in manifest.sections.indices {
      manifest.sections[index].reason = scrubber.scrub(manifest.sections[index].reason)
      manifest.sections[index].problems = manifest.sections[index].problems.map {
        scrubber.scrub($0)
      }
    }
  }
}
