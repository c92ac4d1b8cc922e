// What a section of a dump may show, asked of the agreement for each reading, attribute and finding, and what it writes.

internal import Configuration
internal import Dump
internal import Handshake
internal import Health
internal import Inventory
internal import JSON
internal import Linux
internal import Recording
internal import Sampling
internal import Telemetry

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
  private let settings: Result<Settings, SettingsError>
  /// Nil where nobody can tell which devices are denied.
  private let devices: PrivateDevices?
  private let isOverridden: Bool
  private let needed: Verdict

  init(_ command: DumpSectionCommand, _ section: DumpSection) {
    self.section = section
    locations = command.installation.locations
    kernelFolder = KernelRoot(command.kernelRoot).path("")
    sinceMilliseconds = command.sinceMs
    productUnits = command.productUnit
    parent = command.parent
    agreement = AgreementInForce.read(locations)
    key =
      agreement.needsHashKey
      ? (try? HashKeyFile.read(StateDirectory(locations.state))) ?? nil : nil
    settings = Result { [locations] () throws(SettingsError) in
      try Settings.read(locations.settings)
    }
    devices = (try? settings.get()).map { PrivateDevices($0.devices) }
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

  /// Whether all signals of a pattern may be shown. What identifies is never meant by a pattern.
  private func permits(allOf pattern: String) -> Bool {
    let pattern = SignalPattern(pattern)
    return Catalog.signals.allSatisfy {
      $0.isIdentifying || !pattern.matches($0.name) || isShown($0)
    }
  }

  func isShown(_ finding: HealthFinding) -> Bool {
    (finding.source.map(isAdmitted) ?? true) && finding.signals.allSatisfy(isShown)
      && (isOverridden || !agreement.holdsBack(finding))
      && (devices != nil || !finding.signals.contains(where: Self.namesDevices))
  }

  private static func namesDevices(_ signal: String) -> Bool {
    Catalog.signal(signal)?.attributeKeys.contains(where: PrivateDevices.names) ?? false
  }

  func shown(_ attribute: Attribute) -> Attribute? {
    isPrivate(attribute) ? nil : agreement.shown(attribute, hashing: key)
  }

  /// The attributes of a series as they may be shown, nil when the series may not.
  func shown(_ signal: String, _ attributes: [Attribute]) -> [Attribute]? {
    isShown(signal) && !attributes.contains(where: isPrivate) ? attributes.compactMap(shown) : nil
  }

  private func isPrivate(_ attribute: Attribute) -> Bool {
    guard let devices else { return PrivateDevices.names(attribute.key) }
    return !devices.permits(attribute.key, attribute.value.text)
  }

  // MARK: the sections

  func collect() throws {
    if let parent { Process.end(with: parent) }
    if let source = section.source, section.judgesItself {
      if section.rights == .agent {
        try writeHistory(of: source)
      } else {
        try writeSample(of: source)
      }
    } else if let inventory = InventorySections.all.first(where: { $0.name == section.name }) {
      try write(inventory)
    } else {
      try AgentSections(self).write()
    }
  }

  private func write(_ inventory: InventorySection) throws {
    let context = InventoryContext(
      kernelRoot: kernelFolder, productUnits: productUnits, sinceMilliseconds: sinceMilliseconds,
      permits: permits(allOf:),
      shown: { key, value in shown(Attribute(key, .string(value)))?.value.text })
    var content = inventory.collect(context)
    if section.source == .environment, case .failure(let error) = settings {
      let problem = "devices are left out, because nobody can tell which are denied: \(error)"
      content.problems.insert(problem, at: 0)
    }
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

  private func writeSample(of source: DataSource) throws {
    let settings: Settings
    do { settings = try self.settings.get() } catch { throw CommandFailure(.failed, error) }
    let sampler = LiveSample.taken(root: kernelFolder, devices: settings.devices)
    var lines = sampler.facts.compactMap { fact -> [String]? in
      guard let signal = Catalog.signal(fact.name), signal.source == source, isShown(signal),
        let shown = shown(Attribute(fact.name, fact.value))
      else { return nil }
      return [VisibleText.line(Output.series(signal.name, [shown])), "", signal.unit]
    }
    // The verdicts of the gate: series that redaction makes equal are none.
    let series = agreement.judge(sampler.sample.series, hashing: key)
    for (position, own) in series.enumerated() where own.signal.source == source {
      guard let value = sampler.sample.value(at: position), isOverridden || own.verdict >= needed
      else { continue }
      lines.append([
        VisibleText.line(Output.series(own.signal.name, own.attributes)),
        DecimalText.text(value, decimals: own.signal.decimals), own.signal.unit,
      ])
    }
    if lines.isEmpty { return SectionWriter.absent("no reading of it may be shown") }
    SectionWriter.file("sections/\(section.name).txt")
    Output.table(lines, numeric: [1])
  }
}
