internal import ArgumentParser
internal import Configuration
internal import Handshake
internal import JSON
internal import Linux
internal import Recording
internal import TOML
internal import Telemetry

struct ConsentPlanCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "What a change would stop, start and delete. Changes nothing.",
    discussion: """
      Works on a sample of this moment and on what is kept. A change is SOURCE=MODE, several of them, or the word \
      revoke; or give a file that could become consent.toml.

      Example: accord consent plan environment=local
      """)

  @OptionGroup var installation: InstallationOptions

  @Option(
    help: ArgumentHelp("Where proc, sys and etc/os-release are found.", valueName: "directory"),
    completion: .directory)
  var kernelRoot = "/"

  @Argument(
    help: ArgumentHelp("Changes, or a file.", valueName: "change-or-file"), completion: .file())
  var changes: [String]

  private var isFile: Bool {
    changes.count == 1 && changes[0] != "revoke" && !changes[0].contains("=")
  }

  mutating func validate() throws {
    if isFile || changes == ["revoke"] { return }
    for change in changes { _ = try SourceChange(change) }
  }

  func run() throws {
    let locations = installation.locations
    try ApplianceStatus.checkReadable(locations)
    let (before, after) = try agreements(locations)
    if case .held(let problem) = after.standing {
      let place =
        isFile ? problem.description.replacingPrefix(locations.consent, changes[0]) : "\(problem)"
      throw CommandFailure(
        .noAgreement, "\(place.asSentence) It would stop everything and delete nothing")
    }
    let settings: Settings
    do { settings = try Settings.read(locations.settings) } catch {
      throw CommandFailure(.failed, error)
    }
    let live = LiveSignals(kernelRoot: kernelRoot, settings.devices)
    do {
      let lines = try DataSource.allCases.map {
        try Line($0, before, after, live, StateDirectory(locations.state))
      }.filter { !$0.isEmpty }
      let words = WordChange.all(before, after)
      if installation.json {
        printObject(lines, words, after)
      } else {
        printText(lines, words, after)
      }
    } catch let error as RecordingError { throw CommandFailure(.failed, error) }
  }

  private func agreements(_ locations: Locations) throws -> (before: Agreement, after: Agreement) {
    if changes == ["revoke"] {
      let change = try ConsentChange.takingBackEverything(locations, toChange: false)
      return (change.before, change.after)
    }
    return (
      AgreementInForce.read(locations),
      AgreementInForce.read(locations, ifConsentSays: try candidate(locations))
    )
  }

  private func candidate(_ locations: Locations) throws -> [UInt8] {
    if isFile {
      let file: FileDescriptor
      do {
        file = try Rights.ofCaller { () throws(SystemError) in
          try FileDescriptor.open(changes[0], .readOnly)
        }
      } catch { throw CommandFailure(.failed, error) }
      do { return try file.readAll(limitBytes: Limits.configurationFileBytesMax) } catch {
        throw CommandFailure(.failed, "\(changes[0]): \(error)")
      }
    }
    var file = try ConsentFile.read(locations, toChange: false)
    try file.checkEditable(locations)
    for change in try changes.map(SourceChange.init) {
      try file.set(change.source, to: change.mode)
    }
    return file.text
  }

  /// What becomes of one source.
  struct Line {
    let source: DataSource
    let from: Verdict
    let to: Verdict
    /// Why it becomes something else than the customer's word alone would make of it, with the line that says so.
    let reason: String?
    private let isWordChanged: Bool
    /// Signals that are sampled no more, or newly; and the same for what is sent.
    let stops, starts, stopsSending, startsSending: [String]
    private let resolutions: (Int64?, Int64?)
    let spool, history: RemovalEstimate

    init(
      _ source: DataSource, _ before: Agreement, _ after: Agreement, _ live: LiveSignals,
      _ directory: StateDirectory
    ) throws {
      self.source = source
      (from, to) = (
        before.terms(of: source).decision.verdict, after.terms(of: source).decision.verdict
      )
      func word(_ agreement: Agreement) -> ConsentMode {
        agreement.consent?.sources[source]?.value ?? .deny
      }
      isWordChanged = word(before) != word(after)
      let decision = after.terms(of: source).decision
      reason =
        word(after).rawValue == to.name ? nil : "\(decision.reason) (\(decision.rule.short))"
      let (old, new) = (live.verdicts(of: source, before), live.verdicts(of: source, after))
      func names(_ verdict: Verdict, _ all: [String: Verdict], not others: [String: Verdict])
        -> [String]
      {
        all.filter { $0.value >= verdict && others[$0.key] ?? .deny < verdict }.keys.sorted()
      }
      stops = names(.local, old, not: new)
      starts = names(.local, new, not: old)
      stopsSending = names(.share, old, not: new)
      startsSending = names(.share, new, not: old)
      resolutions = (
        before.terms(of: source).resolutionMilliseconds,
        after.terms(of: source).resolutionMilliseconds
      )
      spool = try RemovalEstimate.spool(of: source, under: after, directory)
      history = try RemovalEstimate.history(of: source, under: after, directory)
    }

    /// Where it is shared before and after, at another one.
    var resolutionChange: (from: Int64, to: Int64)? {
      guard let from = resolutions.0, let to = resolutions.1, from != to else { return nil }
      return (from, to)
    }

    var isEmpty: Bool {
      from == to && (reason == nil || !isWordChanged)
        && [stops, starts, stopsSending, startsSending].allSatisfy(\.isEmpty)
        && resolutionChange == nil && spool.isNothing && history.isNothing
    }
  }

  private func printText(_ lines: [Line], _ words: [WordChange], _ after: Agreement) {
    for change in words { for word in change.words { Output.print("\(change.title): \(word)") } }
    for line in lines {
      Output.print(
        "\(line.source.name): \(line.from.name) -> \(line.to.name)"
          + (line.reason.map { ": \($0)" } ?? ""))
      func list(_ what: String, _ names: [String]) {
        if names.isEmpty { return }
        Output.print(
          "  \(what) \(Output.count(Int64(names.count), "signal")): \(names.joined(separator: ", "))"
        )
      }
      list("stops sampling", line.stops)
      list("starts sampling", line.starts)
      list("stops sending", line.stopsSending)
      list("starts sending", line.startsSending)
      if let change = line.resolutionChange {
        Output.print(
          "  one reading every \(Output.duration(change.from)) -> \(Output.duration(change.to))")
      }
      for (name, total) in [("spool", line.spool), ("history", line.history)]
      where !total.isNothing {
        let recut = total.recut > 0 ? ", re-cuts \(Output.count(total.recut))" : ""
        Output.print(
          "  deletes \(Output.count(total.batches, "batch")) with \(Output.count(total.readings, "reading")) of the "
            + "\(name)\(recut)")
      }
    }
    func sum(_ count: (Line) -> Int64) -> Int64 { lines.reduce(0) { $0 + count($1) } }
    let (stops, starts) = (sum { Int64($0.stops.count) }, sum { Int64($0.starts.count) })
    let batches = sum { $0.spool.batches + $0.history.batches }
    Output.print(
      "stops \(Output.count(stops, "signal")), starts \(Output.count(starts)), deletes \(Output.count(batches, "batch")) "
        + "with \(Output.count(sum { $0.spool.readings }, "reading")) of the spool and "
        + "\(Output.count(sum { $0.history.readings })) of the history, re-cuts \(Output.count(sum { $0.spool.recut + $0.history.recut })); nothing changed"
    )
    if after.offerProblem != nil, let complaint = after.complaint {
      Output.print("note: \(complaint)")
    }
  }

  private func printObject(_ lines: [Line], _ words: [WordChange], _ after: Agreement) {
    Output.object { object in
      for change in words {
        object.array(change.key) { list in for word in change.words { list.element(word) } }
      }
      object.object("sources") { sources in
        for line in lines {
          sources.object(line.source.name) { entry in
            entry.member("from", line.from.name)
            entry.member("to", line.to.name)
            entry.member("reason", line.reason)
            for (key, names) in [
              ("stops", line.stops), ("starts", line.starts), ("stops_sending", line.stopsSending),
              ("starts_sending", line.startsSending),
            ] {
              entry.array(key) { list in for name in names { list.element(name) } }
            }
            if let change = line.resolutionChange {
              entry.object("resolution_s") {
                $0.member("from", change.from, decimals: 3)
                $0.member("to", change.to, decimals: 3)
              }
            }
            entry.member("recut", line.spool.recut + line.history.recut)
            for (key, total) in [("spool", line.spool), ("history", line.history)] {
              entry.object(key) { deletes in
                deletes.member("batches", total.batches)
                deletes.member("readings", total.readings)
              }
            }
          }
        }
      }
      object.array("problems") { list in
        for problem in after.problems { list.element("\(problem)") }
      }
    }
  }
}

extension String {
  /// A path in front replaced by another.
  fileprivate func replacingPrefix(_ prefix: String, _ other: String) -> String {
    hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
  }
}

/// What the customer newly withholds or redacts, or no longer does.
private struct WordChange {
  let key: String
  let title: String
  let words: [String]

  static func all(_ before: Agreement, _ after: Agreement) -> [WordChange] {
    func withheld(_ agreement: Agreement) -> [String] {
      agreement.consent?.withheld.map(\.value.text) ?? []
    }
    func redacted(_ agreement: Agreement) -> [String] {
      agreement.redactions.map { "\($0.key) = \"\($0.mode.rawValue)\"" }
    }
    func change(_ key: String, _ title: String, _ words: [String], not others: [String])
      -> WordChange
    { WordChange(key: key, title: title, words: words.filter { !others.contains($0) }) }
    return [
      change("withholds", "withholds", withheld(after), not: withheld(before)),
      change(
        "withholds_no_longer", "withholds no longer", withheld(before), not: withheld(after)),
      change("redacts", "redacts", redacted(after), not: redacted(before)),
      change("redacts_no_longer", "redacts no longer", redacted(before), not: redacted(after)),
    ]
  }
}
