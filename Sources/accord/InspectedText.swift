// A dump on one screen and a half: whether it is whole, whose it is, what was wrong, what it holds, what happened.

internal import JSON
internal import Linux
internal import Recording

struct InspectedText {
  let dump: InspectedDump
  let isEveryRow: Bool

  func print() {
    printProblems()
    guard let manifest = dump.manifest else { return }
    printHead(manifest)
    printHealth()
    printSections(manifest)
    printTimeline()
  }

  private func shown(_ text: String) -> String { VisibleText.line(text) }

  private func printProblems() {
    if dump.problems.isEmpty {
      let files = dump.manifest?.sections.reduce(0) { $0 + $1.files.count } ?? 0
      return Output.print(
        "whole: \(Output.count(Int64(files), "file")) as the manifest says, "
          + (dump.ledger == nil ? "no ledger in it" : "and the ledger's chain holds"))
    }
    Output.print("NOT WHOLE")
    for problem in dump.problems { Output.print("  \(problem)") }
    if dump.moreProblems > 0 { Output.print("  and \(dump.moreProblems) more") }
  }

  private func printHead(_ manifest: InspectedManifest) {
    var rows = [["made", manifest.made], ["case", manifest.case ?? "none was given"]]
    rows.append(["agent", "accord \(manifest.agentVersion)"])
    let agreement = manifest.agreement
    rows.append([
      "agreement",
      agreement.state + (agreement.fingerprint.map { ", fingerprint \($0.prefix(16))…" } ?? ""),
    ])
    for source in agreement.sources.sorted(by: { $0.key < $1.key }) where source.value != "deny" {
      rows.append(["", "\(source.key) \(source.value)"])
    }
    if let override = manifest.override {
      rows.append([
        "override",
        "what the agreement withholds is in it; over at the latest at \(override.until)",
      ])
    }
    rows.append([
      "asked for",
      "from \(manifest.since) on" + (manifest.isLocalIncluded ? ", local sources too" : "")
        + (manifest.hasLogs ? ", with logs" : ""),
    ])
    rows.append(["command", manifest.command.joined(separator: " ")])
    if let verdict = dump.ledger?.verdict { rows.append(["ledger", "\(verdict)"]) }
    Output.print("")
    Output.table(rows.map { $0.map(shown) })
  }

  private func printHealth() {
    guard let health = dump.summary?.health else { return }
    Output.print("")
    let bad = Self.sorted(health).filter { $0.level != "good" }
    if bad.isEmpty { return Output.print("nothing was found wrong with the appliance") }
    for finding in bad {
      Output.print(
        shown("\(finding.level.uppercased())  \(finding.subject): \(finding.sentence)"))
      if !finding.remedy.isEmpty { Output.print(shown("    \(finding.remedy)")) }
    }
  }

  private static let levels = ["critical", "warning", "notice", "good"]

  /// The worst first, and in their order where they are equally bad.
  private static func sorted(
    _ health: [InspectedSummary.Finding]
  ) -> [InspectedSummary.Finding] {
    levels.flatMap { level in health.filter { $0.level == level } }
      + health.filter { !levels.contains($0.level) }
  }

  private func printSections(_ manifest: InspectedManifest) {
    var rows = [["section", "status", "size", "time", ""]]
    for section in manifest.sections {
      let note = ([section.reason] + (section.problems ?? [])).filter { !$0.isEmpty }
      rows.append(
        [
          Self.clipped(section.name), Self.clipped(section.status),
          section.files.isEmpty ? "-" : Output.size(section.bytes),
          section.durationMs == 0 ? "-" : "\(section.durationMs) ms",
          note.isEmpty ? section.title : note.joined(separator: "; "),
        ].map(shown))
    }
    Output.print("")
    Output.table(rows, numeric: [2, 3])
  }

  /// Every line of a table is as wide as the widest cell of a column.
  private static func clipped(_ text: String) -> String {
    let scalars = text.unicodeScalars
    return scalars.count > 60 ? String(scalars.prefix(60)) + "…" : text
  }

  private func printTimeline() {
    guard let ledger = dump.ledger else { return }
    let moments = ledger.timeline(isEveryRow: isEveryRow)
    let rows = isEveryRow ? moments : moments.suffix(InspectCommand.timelineRows)
    Output.print("")
    if moments.isEmpty { return Output.print("the ledger has no rows") }
    if rows.count < moments.count {
      Output.print("\(Output.count(Int64(moments.count - rows.count))) earlier ones with --all")
    }
    for moment in rows {
      Output.print(
        shown(
          "\(CalendarTime.rfc3339(milliseconds: moment.first.atMilliseconds))  \(moment.sentence)"))
    }
  }

  // MARK: JSON

  func printObject() {
    Output.object { object in
      object.member("whole", dump.problems.isEmpty)
      object.array("problems") { list in for problem in dump.problems { list.element(problem) } }
      if let manifest = dump.manifest { write(manifest, &object) }
      object.array("health") { list in
        for finding in Self.sorted(dump.summary?.health ?? []) {
          list.object { entry in
            entry.member("level", finding.level)
            entry.member("source", finding.source)
            entry.member("subject", finding.subject)
            entry.member("sentence", finding.sentence)
            entry.member("remedy", finding.remedy)
          }
        }
      }
      if let ledger = dump.ledger { write(ledger, &object) }
    }
  }

  private func write(_ manifest: InspectedManifest, _ object: inout JSONWriter) {
    object.member("made", manifest.made)
    object.member("case", manifest.case)
    object.member("agent_version", manifest.agentVersion)
    object.object("agreement") { entry in
      entry.member("state", manifest.agreement.state)
      entry.member("fingerprint", manifest.agreement.fingerprint)
      entry.object("sources") { list in
        for source in manifest.agreement.sources.sorted(by: { $0.key < $1.key }) {
          list.member(source.key, source.value)
        }
      }
    }
    object.member("override_until", manifest.override?.until)
    object.member("since", manifest.since)
    object.member("is_local_included", manifest.isLocalIncluded)
    object.member("has_logs", manifest.hasLogs)
    object.array("sections") { list in
      for section in manifest.sections {
        list.object { entry in
          entry.member("name", section.name)
          entry.member("title", section.title)
          entry.member("source", section.source)
          entry.member("status", section.status)
          entry.member("reason", section.reason)
          entry.member("bytes", section.bytes)
          entry.member("duration_ms", section.durationMs)
        }
      }
    }
  }

  private func write(_ ledger: InspectedLedger, _ object: inout JSONWriter) {
    object.object("ledger") { entry in
      switch ledger.verdict {
      case .holds(let rows, let first, let head):
        entry.member("holds", true)
        entry.member("rows", rows)
        entry.member("first", first)
        entry.member("head", "\(head)")
      case .broken, nil: entry.member("holds", false)
      }
    }
    let moments = ledger.timeline(isEveryRow: isEveryRow)
    object.array("timeline") { list in
      for moment in isEveryRow ? moments[...] : moments.suffix(InspectCommand.timelineRows) {
        list.object { entry in
          entry.member("number", moment.first.number)
          entry.member("at", CalendarTime.rfc3339(milliseconds: moment.first.atMilliseconds))
          entry.member("kind", moment.first.kind)
          entry.member("count", Int64(moment.count))
          entry.member("sentence", moment.sentence)
        }
      }
    }
  }
}
