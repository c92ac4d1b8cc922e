// The sections of a dump, in the order in which they stand in it: the agent's own first, because they are in every dump.

internal import Dump
internal import Inventory
internal import Telemetry

enum DumpSections {
  /// The agent's own state: what it does, under whose word, and what went wrong.
  static let agent: [DumpSection] = [
    DumpSection(
      name: "status", title: "Agent: status and health", source: nil, secondsMax: 15,
      rights: .agent, typicalBytes: 3_000),
    DumpSection(
      name: "doctor", title: "Agent: the way of an upload, without contact", source: nil,
      secondsMax: 15, rights: .agent),
    DumpSection(name: "agreement", title: "Agent: agreement", source: nil, rights: .agent),
    DumpSection(name: "settings", title: "Agent: effective settings", source: nil, rights: .agent),
    DumpSection(
      name: "records", title: "Agent: spool, history and what was lost", source: nil,
      rights: .agent, typicalBytes: 4_000),
    DumpSection(
      name: "deliveries", title: "Agent: last deliveries and their answers", source: nil,
      rights: .agent, typicalBytes: 2_000),
    DumpSection(
      name: "ledger", title: "Agent: ledger", source: nil, rights: .agent, typicalBytes: 20_000),
  ]

  /// What was and is sampled, of each source that the catalog has signals of.
  static let readings: [DumpSection] = DataSource.allCases.filter { source in
    Catalog.signals.contains { $0.source == source }
  }.flatMap { source in
    [
      DumpSection(
        name: "sample-\(source.name)", title: "A live sample: \(source.name)", source: source,
        rights: .caller, typicalBytes: 3_000, judgesItself: true),
      DumpSection(
        name: "history-\(source.name)", title: "History: \(source.name)", source: source,
        secondsMax: 30, rights: .agent, typicalBytes: 500_000, judgesItself: true),
    ]
  }

  static let machine: [DumpSection] = InventorySections.all.map { section in
    DumpSection(
      name: section.name, title: section.title, source: section.source, signals: section.signals,
      isLog: section.isLog, secondsMax: section.secondsMax, rights: .caller,
      typicalBytes: section.isLog ? 20_000 : 1_500, isVersionList: section.name == "packages")
  }

  /// The page with the charts is made last and stands first.
  static let page = DumpSection(
    name: DumpRun.pageSection, title: "Index page with charts", source: nil, secondsMax: 40,
    rights: .agent, typicalBytes: 150_000)

  static let all = agent + readings + machine + [page]
}
