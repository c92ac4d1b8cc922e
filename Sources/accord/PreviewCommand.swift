internal import ArgumentParser
internal import Configuration
internal import Handshake
internal import JSON
internal import Linux
internal import Recording
internal import Sampling
internal import TOML
internal import Telemetry

struct PreviewCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "preview",
    abstract: "What would be sampled now, and what the agreement does with each reading.",
    discussion: """
      Reads the kernel's files once, through the same code as accordd, and stores nothing. It works before \
      there is any consent.

      Example: accord preview --signal 'system.memory.*'
      """)

  @OptionGroup var installation: InstallationOptions

  @Option(
    help: ArgumentHelp("Where proc, sys and etc/os-release are found.", valueName: "directory"),
    completion: .directory)
  var kernelRoot = "/"

  @Option(help: ArgumentHelp("Only signals of this name or pattern.", valueName: "pattern"))
  var signal = "*"

  mutating func validate() throws {
    let (pattern, names) = (SignalPattern(signal), Catalog.signals.map(\.name))
    // Nothing to show would look as if this machine had nothing of the kind.
    if names.contains(where: pattern.matches) { return }
    let hint =
      SignalPattern.likelyMeant(by: signal, among: names).map { "did you mean '\($0)'?" }
      ?? "see accord catalog"
    throw ValidationError("no signal of the catalog is named '\(TOMLError.shown(signal))'; \(hint)")
  }

  /// A reading or a fact, with what becomes of it.
  private struct Line {
    let signal: Signal
    let attributes: [Attribute]
    let value: String
    let number: Int64?
    let decision: Decision
    let redactions: [RedactionNote]
  }

  func run() throws {
    try ApplianceStatus.checkReadable(installation.locations)
    let settings = try Self.settings(installation.locations)
    let agreement = AgreementInForce.read(installation.locations)
    let pattern = SignalPattern(signal)
    let lines = sample(agreement, settings.devices).filter { pattern.matches($0.signal.name) }
    if installation.json {
      for line in lines { print(line) }
      return
    }
    printText(lines)
    let counts = [Verdict.share, .local, .deny].map { verdict in
      "\(lines.count { $0.decision.verdict == verdict }) \(verdict.name)"
    }
    Output.print(
      "\(lines.count) readings: \(counts.joined(separator: ", ")). "
        + "The files are in \(installation.locations.configuration); nothing was stored.")
  }

  /// Readings under the rule that decides on them.
  private func printText(_ lines: [Line]) {
    var rule: String?
    let names = lines.map {
      VisibleText.line(Output.series($0.signal.name, $0.attributes))
    }
    let nameWidth = names.map(\.count).max() ?? 0
    for (line, name) in zip(lines, names) {
      let decision = line.decision
      let own =
        "\(decision.verdict.name): \(line.signal.source.name), \(decision.reason) (\(decision.rule.short))"
        + line.redactions.map { "; \($0.text)" }.joined()
      if own != rule { Output.print(own) }
      rule = own
      let padding = String(repeating: " ", count: nameWidth - name.count)
      let unit = ["", "1"].contains(line.signal.unit) ? "" : " \(line.signal.unit)"
      Output.print("  \(name)\(padding)  \(line.value)\(unit)")
    }
  }

  private static func settings(_ locations: Locations) throws -> Settings {
    do { return try Settings.read(locations.settings) } catch {
      throw CommandFailure(.failed, error)
    }
  }

  private func sample(_ agreement: Agreement, _ devices: DeviceRules) -> [Line] {
    let sampler = LiveSample.taken(root: kernelRoot, devices: devices)
    for record in sampler.records {
      if case .failed(let failure) = record.outcome {
        Process.print("accord: \(failure)\n", to: 2)
      }
    }
    let key = hashKey(agreement)
    let facts = sampler.facts.compactMap { fact -> Line? in
      guard let signal = Catalog.signal(fact.name) else { return nil }
      let decision = agreement.decision(for: signal)
      // What is denied for another reason is shown as it is: it stays here.
      let redacted = agreement.permit(
        [fact], of: signal.source, atLeast: .local, hashing: key
      ).first
      return Line(
        signal: signal, attributes: [], value: (redacted ?? fact).value.text, number: nil,
        decision: decision,
        redactions: redacted == nil
          ? [] : agreement.redactions(of: [Attribute(fact.name, fact.value)]))
    }
    let series = agreement.judge(sampler.sample.series, hashing: key)
    let readings = series.indices.compactMap { position -> Line? in
      guard let value = sampler.sample.value(at: position) else { return nil }
      let (own, signal) = (series[position], series[position].signal)
      return Line(
        signal: signal, attributes: own.attributes,
        value: DecimalText.text(value, decimals: signal.decimals), number: value,
        decision: own.decision,
        redactions: agreement.redactions(of: sampler.sample.series[position].attributes))
    }
    return facts + readings.sorted { $0.signal.source.rawValue < $1.signal.source.rawValue }
  }

  /// The appliance's own key, or one for the occasion where there is none yet or it is not ours to read.
  private func hashKey(_ agreement: Agreement) -> HashKey? {
    guard agreement.needsHashKey else { return nil }
    if let key = (try? HashKeyFile.read(StateDirectory(installation.locations.state))) ?? nil {
      return key
    }
    Process.print(
      "accord: the hashes shown here are examples: the appliance's key is not there yet, or may not be read\n",
      to: 2)
    return HashKey(Random.bytes(HashKey.byteCount))
  }

  private func print(_ line: Line) {
    Output.object { object in
      object.member("signal", line.signal.name)
      object.member("source", line.signal.source.name)
      object.member("kind", line.signal.instrument.name)
      object.member("unit", line.signal.unit)
      object.member("attributes", line.attributes)
      if let number = line.number {
        object.member("value", number, decimals: line.signal.decimals)
      } else {
        object.member("value", line.value)
      }
      object.member("decision", line.decision.verdict.name)
      object.member("rule", line.decision.rule.description)
      object.member("reason", line.decision.reason)
      object.array("redactions") { list in for note in line.redactions { list.note(note) } }
    }
  }
}

extension RedactionNote {
  /// "network.interface.name is hashed (consent.toml:17)"
  var text: String {
    let participle =
      switch mode {
      case .keep: "kept"
      case .hash: "hashed"
      case .drop: "dropped"
      }
    return "\(key) is \(participle) (\(rule.short))"
  }
}

extension JSONWriter {
  mutating func note(_ note: RedactionNote) {
    object { entry in
      entry.member("key", note.key)
      entry.member("mode", note.mode.rawValue)
      entry.member("rule", note.rule.description)
    }
  }
}

extension Instrument {
  var name: String {
    switch self {
    case .counter: "counter"
    case .upDownCounter: "updowncounter"
    case .gauge: "gauge"
    case .fact: "fact"
    }
  }
}
