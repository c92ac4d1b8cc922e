// Everything that the page says, as typed values. Whoever makes them decides what may be in it: the page shows all.

package import Health

package struct ReportContent: Sendable {
  /// A name and what it is: "Operating system", "Debian 12".
  package struct Entry: Equatable, Sendable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A table with a head; `link` of a row makes its first cell lead somewhere beside the page.
  package struct Table: Equatable, Sendable {
    package struct Row: Equatable, Sendable {
      package let cells: [String]
      package let link: String?

      package init(_ cells: [String], link: String? = nil) {
        self.cells = cells
        self.link = link
      }
    }

    package var title: String
    package var note: String
    package var columns: [String]
    package var rows: [Row]

    package init(title: String, note: String = "", columns: [String], rows: [Row]) {
      self.title = title
      self.note = note
      self.columns = columns
      self.rows = rows
    }
  }

  /// What the appliance is, in a few words: its model.
  package var title: String
  /// Unix milliseconds: when the page was made, and the window of the charts.
  package var madeMilliseconds: Int64
  package var window: ReportWindow
  package var facts: [Entry] = []
  package var findings: [HealthFinding] = []
  /// One sentence: "in force with Example Devices Ltd, revision 2".
  package var agreement: String
  /// For each source what is decided, by which line.
  package var sources: Table
  package var delivery: [Entry] = []
  package var charts: [Chart] = []
  /// What is not drawn and why, a sentence each.
  package var missing: [String] = []
  package var gaps: [SamplingGap] = []
  /// In the order of time.
  package var events: [TimelineEvent] = []
  /// What could not be read, a sentence each.
  package var problems: [String] = []
  /// Further tables: of a dump its sections.
  package var appendix: [Table] = []

  package init(
    title: String, madeMilliseconds: Int64, window: ReportWindow, agreement: String, sources: Table
  ) {
    self.title = title
    self.madeMilliseconds = madeMilliseconds
    self.window = window
    self.agreement = agreement
    self.sources = sources
  }

  /// How the appliance is: as bad as the worst finding.
  package var health: HealthLevel { findings.map(\.level).max() ?? .good }
}

extension HealthLevel {
  /// What stands at the top of the page.
  package var headline: String {
    switch self {
    case .good: "All is well"
    case .notice: "All is well, with something to know"
    case .warning: "Something needs attention"
    case .critical: "Something does not work"
    }
  }
}
