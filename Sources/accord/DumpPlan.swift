// `accord dump --plan`: what a dump would hold now, how large it would be, and what the agreement keeps out of it.

internal import Configuration
internal import Dump
internal import Handshake
internal import JSON
internal import Linux
internal import Recording
internal import Telemetry

struct DumpPlan {
  private struct Line {
    let section: DumpSection
    let admission: Admission
    let bytes: Int64
  }

  private let lines: [Line]
  private let isJSON: Bool

  init(
    _ scope: DumpScope, _ installation: InstallationOptions, _ agreement: Agreement,
    isOverridden: Bool
  ) {
    isJSON = installation.json
    let request = scope.request(isOverridden: isOverridden)
    let state = StateDirectory(installation.locations.state)
    let clock = installation.locations.clock
    let since = scope.sinceMilliseconds(clock.wallTimeMilliseconds)
    lines = scope.sections.map { section in
      let isHistory = section.name.hasPrefix("history-")
      let bytes = isHistory ? Self.historyBytes(section.source, since, state) : nil
      return Line(
        section: section, admission: .of(section, request, under: agreement),
        bytes: bytes ?? section.typicalBytes)
    }
  }

  /// A reading takes 3.3 bytes in the archive, measured with a day of 148 series: text, which any tool reads.
  private static func historyBytes(
    _ source: DataSource?, _ since: Int64, _ state: StateDirectory
  ) -> Int64 {
    guard let source, let reader = (try? HistoryReader.open(state)) ?? nil,
      let batches = try? reader.batches(of: [source], sinceMilliseconds: since)
    else { return 0 }
    return batches.reduce(0) { $0 + $1.readings } * 33 / 10
  }

  func print() {
    if isJSON { return printObjects() }
    Output.table(
      [["section", "source", "would be", "about", "at most"]]
        + lines.map { line in
          let isAdmitted = line.admission == .admitted
          return [
            line.section.name, line.section.source?.name ?? "agent", Self.word(line.admission),
            isAdmitted ? Output.size(line.bytes) : "-",
            isAdmitted ? "\(line.section.secondsMax) s" : "-",
          ]
        }, numeric: [3, 4])
    let reasons = lines.compactMap { line in
      Self.reason(line.admission).map { [line.section.name, $0] }
    }
    if !reasons.isEmpty { Output.print("") }
    for reason in reasons { Output.print("\(reason[0]): \(reason[1])") }
    let admitted = lines.filter { $0.admission == .admitted }
    let bytes = admitted.reduce(0) { $0 + $1.bytes }
    Output.print("")
    Output.print(
      "\(Output.count(Int64(admitted.count), "section")), about \(Output.size(bytes)), "
        + "at most \(Output.size(DumpLimits.archiveBytesMax)) and \(DumpLimits.secondsMax) s; nothing was written"
    )
  }

  private func printObjects() {
    for line in lines {
      Output.object { object in
        object.member("section", line.section.name)
        object.member("title", line.section.title)
        object.member("source", line.section.source?.name)
        object.member("would_be", Self.word(line.admission))
        object.member("reason", Self.reason(line.admission))
        object.member("bytes", line.admission == .admitted ? line.bytes : 0)
        object.member("seconds_max", Int64(line.section.secondsMax))
      }
    }
  }

  private static func word(_ admission: Admission) -> String {
    switch admission {
    case .admitted: "in it"
    case .withheld: "withheld"
    case .notAsked: "left out"
    }
  }

  private static func reason(_ admission: Admission) -> String? {
    switch admission {
    case .admitted: nil
    case .withheld(let reason), .notAsked(let reason): reason
    }
  }
}
