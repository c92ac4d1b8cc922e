// A chart before it is drawn: typed values, so that the page, its tables and the tests look at the same.

package import Telemetry

package struct Chart: Sendable {
  package enum Form: Sendable {
    case lines
    /// Areas upon each other that come to a whole.
    case stack
    /// The sum of each bucket.
    case bars
  }

  package enum Section: Int, CaseIterable, Sendable {
    case processor, disks, network, hardware, agent

    package var title: String {
      switch self {
      case .processor: "Processor and memory"
      case .disks: "Disks and file systems"
      case .network: "Network"
      case .hardware: "Hardware"
      case .agent: "Recording and delivery"
      }
    }
  }

  package struct Line: Sendable {
    package let label: String
    package let trace: Trace
    /// Which of the eight colours it has in a stack; nil takes the next one.
    package let colour: Int?

    package init(label: String, trace: Trace, colour: Int? = nil) {
      self.label = label
      self.trace = trace
      self.colour = colour
    }
  }

  /// A level that the lines are to be compared with: a limit, the size of the memory.
  package struct Reference: Equatable, Sendable {
    package let label: String
    package let value: Double
    /// Whether to reach it is bad.
    package let isLimit: Bool

    package init(label: String, value: Double, isLimit: Bool = false) {
      self.label = label
      self.value = value
      self.isLimit = isLimit
    }
  }

  /// In the page's addresses: "cpu".
  package let id: String
  package let title: String
  package let section: Section
  package let form: Form
  package let quantity: Quantity
  package var lines: [Line]
  package var references: [Reference] = []
  /// What the chart comes to, a sentence each: "/var will be full in about 9 days".
  package var remarks: [String] = []
  /// The whole range of the axis, where it is known beforehand.
  package var range: ClosedRange<Double>?
  package var beginsAtZero = true
  /// Of a stack: the greatest value of all together in each bucket.
  package var peaks: [Double?] = []
  /// Whether times without readings of the history are shown in it.
  package var showsGaps = true

  package init(
    id: String, title: String, section: Section, form: Form, quantity: Quantity, lines: [Line]
  ) {
    self.id = id
    self.title = title
    self.section = section
    self.form = form
    self.quantity = quantity
    self.lines = lines
  }

  /// As many lines as can be told apart. The others stand in the table.
  package static let linesMax = 8

  /// What is drawn: all of them, or those with the greatest values, in their order. Where only the ups are of interest
  /// (errors, parts of a stack), what was zero all the time is not.
  package var drawnLines: [Line] {
    var lines = lines
    switch (form, quantity) {
    case (.stack, _), (_, .perMinute):
      let moving = lines.filter { $0.trace.maximum > 0 }
      if !moving.isEmpty { lines = moving }
    default: break
    }
    guard lines.count > Self.linesMax else { return lines }
    let chosen = Set(
      lines.indices.sorted { (lines[$0].trace.mean, $1) > (lines[$1].trace.mean, $0) }
        .prefix(Self.linesMax))
    return lines.indices.filter { chosen.contains($0) }.map { lines[$0] }
  }
}

/// What may be shown. A dump leaves out what the agreement keeps back; the appliance's own report shows what is kept
/// and may still be.
package struct ReportScope: Sendable {
  package let sources: Set<DataSource>
  /// Whether a signal may be shown, by its name.
  package let isShown: @Sendable (String) -> Bool

  /// Whether an attribute or a fact may be shown as it was recorded: redaction leaves it as it is.
  package let passes: @Sendable (Attribute) -> Bool

  package init(
    sources: Set<DataSource>, isShown: @escaping @Sendable (String) -> Bool,
    passes: @escaping @Sendable (Attribute) -> Bool
  ) {
    self.sources = sources
    self.isShown = isShown
    self.passes = passes
  }

  func shows(_ signal: String, of source: DataSource) -> Bool {
    sources.contains(source) && isShown(signal)
  }
}
