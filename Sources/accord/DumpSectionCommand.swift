// The process of one section of a dump: collects it and writes it to standard output, for `accord dump` to read. It asks
// the agreement itself what may be shown, so that nothing else ever reaches the process that writes the archive.

internal import ArgumentParser
internal import Configuration
internal import Dump
internal import Handshake
internal import Health
internal import Inventory
internal import Linux
internal import Recording
internal import Telemetry

struct DumpSectionCommand: InstallationCommand {
  static let name = "dump-section"
  static let configuration = CommandConfiguration(
    commandName: name, abstract: "Part of `accord dump`.", shouldDisplay: false)

  @OptionGroup var installation: InstallationOptions
  @Argument var section: String
  @Option var kernelRoot = "/"
  @Option var sinceMs: Int64 = 0
  @Option(parsing: .singleValue) var productUnit: [String] = []
  @Option var parent: Int32?
  @Flag var includeLocal = false
  @Flag var overridden = false

  func run() throws {
    Process.limitMemory(bytes: DumpLimits.sectionMemoryBytesMax)
    guard let section = DumpSections.all.first(where: { $0.name == section }) else {
      throw CommandFailure(.usage, "there is no section '\(section)'")
    }
    let work = SectionWork(self, section)
    do {
      if section.rights == .agent { return try work.collect() }
      try Rights.ofCaller { try work.collect() }
    } catch {
      SectionWriter.failed((error as? CommandFailure)?.message ?? "\(error)")
      throw CommandFailure(.failed, "")
    }
  }
}

/// What every section needs to know, read with the rights of the agent's user.
struct SectionWork {
  let section: DumpSection
  let locations: Locations
  let kernelFolder: String
  let sinceMilliseconds: Int64
  let productUnits: [String]
  let agreement: Agreement
  private let parent: Int32?
  private let key: HashKey?
  private let isOverridden: Bool
  private let needed: Verdict

  init(_ command: DumpSectionCommand, _ section: DumpSection) {
    self.section = section
    locations = command.installation.locations
    kernelFolder = String(command.kernelRoot.reversed().drop { $0 == "/" }.reversed())
    sinceMilliseconds = command.sinceMs
    productUnits = command.productUnit
    parent = command.parent
    agreement = AgreementInForce.read(locations)
    key =
      agreement.needsHashKey
      ? (try? HashKeyFile.read(StateDirectory(locations.state))) ?? nil : nil
    isOverridden = command.overridden
    needed = command.includeLocal ? .local : .share
  }

  // MARK: what may be shown

  /// Whether data of a source come into this dump at all.
  func isAdmitted(_ source: DataSource) -> Bool {
    isOverridden || agreement.terms(of: source).decision.verdict >= needed
  }

  func isShown(_ signal: Signal) -> Bool {
    isOverridden || agreement.decision(for: signal).verdict >= needed
  }

  func isShown(_ signal: String) -> Bool { Catalog.signal(signal).map(isShown) ?? false }

  func isShown(_ finding: HealthFinding) -> Bool {
    (finding.source.map(isAdmitted) ?? true) && (isOverridden || !agreement.holdsBack(finding))
  }

  func shown(_ attribute: Attribute) -> Attribute? { agreement.shown(attribute, hashing: key) }

  /// The attributes of a series as they may be shown, nil when the series may not.
  func shown(_ signal: String, _ attributes: [Attribute]) -> [Attribute]? {
    isShown(signal) ? attributes.compactMap(shown) : nil
  }

  // MARK: the sections

  func collect() throws {
    if let parent { Process.end(with: parent) }
    if let source = section.source, section.judgesItself {
      if section.rights == .agent { try writeHistory(of: source) } else { writeSample(of: source) }
    } else if let inventory = InventorySections.all.first(where: { $0.name == section.name }) {
      try write(inventory)
    } else {
      try AgentSections(self).write()
    }
  }

  private func write(_ inventory: InventorySection) throws {
    let context = InventoryContext(
      kernelRoot: kernelFolder, productUnits: productUnits, sinceMilliseconds: sinceMilliseconds,
      shown: { key, value in shown(Attribute(key, .string(value)))?.value.text })
    let content = inventory.collect(context)
    if content.blocks.isEmpty, section.isLog, Process.user != 0, !content.problems.isEmpty {
      throw CommandFailure(
        .failed, "only root, or a member of systemd-journal, can read the journal")
    }
    guard !content.blocks.isEmpty else {
      let reason = content.problems.first ?? "there is nothing of it on this machine"
      return SectionWriter.absent(reason)
    }
    SectionWriter.file("sections/\(section.name).txt")
    Process.print(SectionText.text(of: content, title: section.title), to: 1)
    for problem in content.problems { SectionWriter.problem(problem) }
  }

  private func writeHistory(of source: DataSource) throws {
    guard let reader = try HistoryReader.open(StateDirectory(locations.state)) else {
      return SectionWriter.absent("there is no history")
    }
    var export = HistoryExport(reader, of: source) { shown($0.signal, $0.attributes) }
    let readings = try export.write(sinceMilliseconds: sinceMilliseconds) { name, content in
      SectionWriter.file(name)
      Process.write(content, to: 1)
    }
    if readings == 0 { SectionWriter.absent("nothing was recorded since then that may be shown") }
    if export.damagedBatches > 0 {
      SectionWriter.problem(
        "\(Output.count(Int64(export.damagedBatches), "batch")) cannot be read")
    }
  }

  private func writeSample(of source: DataSource) {
    let settings = (try? Settings.read(locations.settings)) ?? Settings()
    let rows = LiveSample(root: kernelFolder, devices: settings.devices).rows.filter {
      $0.signal.source == source
    }
    let lines = rows.compactMap { row -> [String]? in
      guard let attributes = shown(row.signal.name, row.attributes) else { return nil }
      return [Output.series(row.signal.name, attributes), row.value, row.signal.unit]
    }
    if lines.isEmpty { return SectionWriter.absent("no reading of it may be shown") }
    SectionWriter.file("sections/\(section.name).txt")
    Output.table(lines, numeric: [1])
  }
}
