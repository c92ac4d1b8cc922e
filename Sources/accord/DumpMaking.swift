// From the command to the archive: who may, what is known to identify, the override's ledger row, the run, and what is
// left to say.

internal import Configuration
internal import Digest
internal import Dump
internal import Handshake
internal import JSON
internal import Linux
internal import Recording
internal import Reporting
internal import Scrubbing
internal import Telemetry

struct DumpMaking {
  private let command: DumpCommand
  private let agreement: Agreement
  private let locations: Locations
  private let state: StateDirectory
  private let clock: SystemClock
  private let nowMilliseconds: Int64
  private let sinceMilliseconds: Int64
  private let canary = Hexadecimal.text(Random.bytes(16))

  init(_ command: DumpCommand, _ agreement: Agreement) {
    self.command = command
    self.agreement = agreement
    locations = command.installation.locations
    state = StateDirectory(locations.state)
    clock = locations.clock
    nowMilliseconds = clock.wallTimeMilliseconds
    sinceMilliseconds = command.scope.sinceMilliseconds(nowMilliseconds)
  }

  func make() throws {
    Process.stepBack()
    var identities = Rights.ofCaller {
      KnownIdentities(
        locations, kernelRoot: command.scope.kernelFolder,
        upload: (try? Settings.read(locations.settings))?.upload
          ?? UploadSettings(guessedFrom: locations.settings),
        agreement: agreement)
    }
    let names = NamesFile.take(state)
    identities.learn(formerly: names.book)
    let known = Set(identities.all)
    identities.leaveOut(whatStandsIn: DumpWords.all)
    let common = known.subtracting(identities.all).count
    plantCanary(&identities)
    var book = names.book
    do {
      if command.override { try recordOverride() }
      let file = try create(name(identities, &book))
      let path = file.path
      var run = DumpRun(file, identities: identities.all, book: book, manifest: manifest)
      run.note("accord \(AgentVersion.text): \(commandLine.joined(separator: " "))")
      if common > 0 {
        run.note(
          "\(Output.count(Int64(common), "name")) of this appliance or its people also stand in every dump, and stay"
        )
      }
      for omission in identities.omissions { run.note(omission) }
      if let problem = names.problem {
        run.note("the names are this dump's own, and mean others in other dumps: \(problem)")
      } else if names.isDamaged {
        run.note("what the names of earlier dumps stood for is damaged: they begin anew")
      }
      run.note("canary: password=\(canary)")
      try execute(&run)
      keep(run.book, names)
      finish(path, run.bytes, run.manifest)
    } catch let error as DumpError { throw CommandFailure(.failed, error) }
  }

  /// A secret that nobody has, where sections could read one by mistake: in their environment, and in the dump's own
  /// log, which is scrubbed like the rest. The last look finds it if it is in the archive.
  private func plantCanary(_ identities: inout KnownIdentities) {
    identities.add(.secret, canary)
  }

  private func name(_ identities: KnownIdentities, _ book: inout PseudonymBook) -> String {
    let time = CalendarTime.rfc3339(milliseconds: nowMilliseconds).filter { $0 != "-" && $0 != ":" }
    var scrubber = Scrubber(book: book, identities: identities.all)
    let parts = ["accord-dump", command.case.map { scrubber.scrub(name: $0) }, time]
    // A name that the file has is in use in the archive as well.
    book = scrubber.book
    return parts.compactMap(\.self).joined(separator: "-")
  }

  private func create(_ name: String) throws -> DumpFile {
    let directory = command.output
    let usage = Rights.ofCaller { FileSystemUsage.of(directory) }
    if let usage, usage.freeBytes < DumpLimits.freeBytesMin {
      throw DumpError.noSpace(path: directory, freeBytes: usage.freeBytes)
    }
    // A second dump of the same second is numbered.
    var (folder, number) = (name, 1)
    while true {
      let path = "\(directory == "/" ? "" : directory)/\(folder).tar.gz"
      do {
        return try DumpFile.create(path, folder: folder, madeSeconds: nowMilliseconds / 1000)
      } catch {
        guard error.isExisting, number < DumpLimits.dumpsASecondMax else {
          throw DumpError.cannotWrite(error)
        }
      }
      number += 1
      folder = "\(name)-\(number)"
    }
  }

  private var commandLine: [String] { ["accord"] + CommandLine.arguments.dropFirst() }

  private var manifest: Manifest {
    let end = nowMilliseconds + Int64(DumpLimits.secondsMax) * 1000
    let decisions = DataSource.allCases.map { source in
      (name: source.name, decision: agreement.terms(of: source).decision.verdict.name)
    }
    return Manifest(
      madeAt: CalendarTime.rfc3339(milliseconds: nowMilliseconds), caseID: command.case,
      agentVersion: AgentVersion.text,
      agreement: Manifest.AgreementFacts(
        state: agreement.standing.name, fingerprint: fingerprint, sources: decisions),
      overrideUntil: command.override ? CalendarTime.rfc3339(milliseconds: end) : nil,
      isLocalIncluded: command.scope.includeLocal, hasLogs: command.scope.withLogs,
      since: CalendarTime.rfc3339(milliseconds: sinceMilliseconds),
      command: commandLine)
  }

  // MARK: the ledger

  /// Of the agreement that decides here; accordd may not have seen it yet.
  private var fingerprint: String? {
    if let ledger = (try? Ledger.openForReading(state)) ?? nil,
      let known = (try? ledger.knownFingerprint(of: agreement)) ?? nil
    {
      return Hexadecimal.text(known)
    }
    guard mayWriteLedger,
      let ledger = try? Ledger.open(state, busyMilliseconds: Limits.commandBusyMilliseconds)
    else { return nil }
    return (try? ledger.fingerprint(of: agreement) { Random.bytes(32) }).map(Hexadecimal.text)
  }

  /// Whether there is one, and it is not only root's.
  private var mayWriteLedger: Bool {
    ((try? FileState.of(state.ledger)) ?? nil) != nil && (!locations.isSystem || Process.user == 0)
  }

  private func recordOverride() throws {
    do {
      try record(.dumpOverride) { $0.member("seconds", Int64(DumpLimits.secondsMax)) }
    } catch { throw DumpError.overrideNotRecorded("\(error)") }
  }

  /// The row begins with the case, if there is one.
  private func record(_ event: Ledger.Event, _ detail: (inout JSONWriter) -> Void) throws {
    var ledger = try Ledger.open(state, busyMilliseconds: Limits.commandBusyMilliseconds)
    ledger.agreement = try ledger.fingerprint(of: agreement) { Random.bytes(32) }
    let name = try command.case.map { name in try ledger.digest(ofName: name) }
    try ledger.append(event, atMilliseconds: nowMilliseconds) { row in
      row.member("case", name)
      detail(&row)
    }
  }

  // MARK: the run

  private func execute(_ run: inout DumpRun) throws {
    let progress = ProgressLine()
    defer { progress.end() }
    try run.run(
      command.scope.sections,
      DumpRun.Surroundings(
        agreement: agreement, request: command.scope.request(isOverridden: command.override),
        start: start, page: DumpPage.html,
        progress: { index, count, section in
          progress.show("section \(index + 1) of \(count): \(section.title)")
        }))
  }

  /// The process of a section: this program again.
  private func start(_ section: DumpSection) throws(SystemError) -> ChildProcess {
    var words = [
      DumpSectionCommand.name, section.name, "--prefix",
      locations.isSystem ? "/" : locations.prefix,
      "--kernel-root", command.scope.kernelRoot, "--since-ms=\(sinceMilliseconds)",
      "--parent", String(Process.identifier),
    ]
    for unit in command.scope.productUnit { words += ["--product-unit", unit] }
    if command.scope.includeLocal { words.append("--include-local") }
    if command.override { words.append("--overridden") }
    let environment = Process.environment + ["ACCORD_CANARY=\(canary)"]
    return try Rights.ofCaller { () throws(SystemError) in
      try ChildProcess.start(Process.executable, words, environment: environment)
    }
  }

  // MARK: afterwards

  private func keep(_ book: PseudonymBook, _ names: borrowing NamesFile) {
    do throws(NamesFile.Problem) { try names.keep(book) } catch {
      guard book.count > 0 else { return }
      Process.print(
        "accord: the names in this dump (host-1 and the like) are its own, and --explain tells those of others: \(error)\n",
        to: 2)
    }
  }

  private func finish(_ path: String, _ bytes: Int64, _ manifest: Manifest) {
    recordDump(manifest)
    let size = Output.size(bytes)
    if command.installation.json {
      return Output.object { object in
        object.member("path", path)
        object.member("bytes", bytes)
        object.array("sections") { list in
          for section in manifest.sections {
            list.object { entry in
              entry.member("name", section.name)
              entry.member("status", section.status.rawValue)
              entry.member("reason", section.reason)
              entry.array("problems") { list in
                for problem in section.problems { list.element(problem) }
              }
            }
          }
        }
      }
    }
    if command.override {
      Output.print(
        "overridden: it also holds what the agreement withholds; the ledger has a row of that")
    }
    printHoles(manifest)
    if !command.scope.productUnit.isEmpty { printProblems(manifest, section: "services") }
    let whole = manifest.sections.count { $0.status == .ok }
    Output.print("\(path): \(size), \(Output.count(Int64(whole), "section"))")
  }

  /// What is not whole, the sections of one reason together.
  private func printHoles(_ manifest: Manifest) {
    let holes = manifest.sections.filter { ![.ok, .notAsked, .absent].contains($0.status) }
    var told: Set<String> = []
    for hole in holes where told.insert(hole.status.rawValue + hole.reason).inserted {
      let names = holes.filter { $0.status == hole.status && $0.reason == hole.reason }.map(\.name)
      Output.print("\(hole.status.rawValue): \(names.joined(separator: ", ")): \(hole.reason)")
    }
  }

  /// Whoever named a unit wants to know at once that there is none.
  private func printProblems(_ manifest: Manifest, section name: String) {
    for problem in manifest.sections.first(where: { $0.name == name })?.problems ?? [] {
      Output.print("\(name): \(problem)")
    }
  }

  /// The customer's record of what was handed over. A ledger that cannot be written keeps nobody from helping.
  private func recordDump(_ manifest: Manifest) {
    do {
      guard try FileState.of(state.ledger) != nil else { return }
      if locations.isSystem, Process.user != 0 {
        let note = "accord: only root can write to the ledger, which has no row of this dump\n"
        Process.print(note, to: 2)
        return
      }
      let sources = Set(manifest.sections.filter { !$0.files.isEmpty }.compactMap(\.source))
      try record(.dumpMade) { detail in
        detail.array("sources") { list in for source in sources.sorted() { list.element(source) } }
        detail.member("has_logs", manifest.hasLogs)
        detail.member("is_overridden", manifest.overrideUntil != nil)
      }
    } catch {
      Process.print("accord: the ledger has no row of this dump: \(error)\n", to: 2)
    }
  }
}
