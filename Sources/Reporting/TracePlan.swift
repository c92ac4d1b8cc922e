internal import Recording
internal import Telemetry

/// Which series of the history go into which lines.
struct TracePlan: Sendable {
  /// A series that is read.
  struct Input: Sendable {
    let isCounter: Bool
    /// What makes the value in its unit of the integer that is kept.
    let scale: Double
    var counter = CounterRate()
  }

  /// How a line gets its values from inputs.
  struct Derivation: Sendable {
    enum Form: Sendable {
      case value
      case rate
      case shareOf(group: Int)
      case quotient(by: Int)
      case fraction(rest: Int)
    }

    let input: Int
    let form: Form
    let factor: Double
  }

  /// A line, and which of the definitions it belongs to.
  struct Line: Sendable {
    let definition: Int
    let name: LineName
    let isReference: Bool
  }

  var inputs: [Input] = []
  var traces: [Trace] = []
  private(set) var derivations: [[Derivation]] = []
  private(set) var lines: [Line] = []
  private(set) var sourceOfTrace: [DataSource] = []
  private(set) var groups: [[Int]] = []
  /// The sources of which something is read.
  private(set) var sources: Set<DataSource> = []

  private let series: [Int64: RecordedSeries]
  private let window: ReportWindow
  private var inputsBySeries: [Int64: Int] = [:]
  private var numbersByKey: [SeriesKey: Int64] = [:]
  private var tracesByName: [String: Int] = [:]

  init(_ series: [Int64: RecordedSeries], _ window: ReportWindow) {
    self.series = series
    self.window = window
    for (number, one) in series { numbersByKey[SeriesKey(one.signal, one.attributes)] = number }
    let bySignal = Dictionary(grouping: series.keys.sorted()) { series[$0]?.signal ?? "" }
    for (index, definition) in ChartCatalog.all.enumerated() {
      for measure in definition.measures {
        add(measure, of: index, bySignal[measure.signal.name] ?? [])
      }
    }
  }

  func input(of series: Int64) -> Int? { inputsBySeries[series] }

  private mutating func add(_ measure: Measure, of definition: Int, _ numbers: [Int64]) {
    var group: Int?
    if case .shareOfAll = measure.transform {
      groups.append(numbers.map { makeInput($0) })
      group = groups.count - 1
    }
    for number in numbers {
      guard let one = series[number], let name = measure.name(one.attributes),
        let form = form(measure, one, group: group)
      else { continue }
      let line = Line(definition: definition, name: name, isReference: measure.isReference)
      let trace = makeTrace(line, one.source)
      derivations[trace].append(
        Derivation(input: makeInput(number), form: form, factor: measure.factor))
    }
  }

  private mutating func form(
    _ measure: Measure, _ one: RecordedSeries, group: Int?
  ) -> Derivation.Form? {
    switch measure.transform {
    case .value, .growth: return .value
    case .rate: return .rate
    case .shareOfAll: return group.map { .shareOf(group: $0) }
    case .quotient(let signal):
      return numbersByKey[SeriesKey(signal, one.attributes)].map { .quotient(by: makeInput($0)) }
    case .fraction(let key, let other):
      let rest = SeriesKey(one.signal, one.attributes.replacing(key, with: other))
      return numbersByKey[rest].map { .fraction(rest: makeInput($0)) }
    }
  }

  private mutating func makeInput(_ number: Int64) -> Int {
    if let input = inputsBySeries[number] { return input }
    var scale = 1.0
    for _ in 0..<max(0, min(15, series[number]?.decimals ?? 0)) { scale *= 10 }
    inputs.append(Input(isCounter: series[number]?.instrument == .counter, scale: 1 / scale))
    inputsBySeries[number] = inputs.count - 1
    if let source = series[number]?.source { sources.insert(source) }
    return inputs.count - 1
  }

  private mutating func makeTrace(_ line: Line, _ source: DataSource) -> Int {
    let name = "\(line.definition)\u{1F}\(line.isReference)\u{1F}\(line.name.key)"
    if let trace = tracesByName[name] { return trace }
    traces.append(Trace(bucketCount: window.bucketCount))
    derivations.append([])
    lines.append(line)
    sourceOfTrace.append(source)
    tracesByName[name] = traces.count - 1
    return traces.count - 1
  }
}
