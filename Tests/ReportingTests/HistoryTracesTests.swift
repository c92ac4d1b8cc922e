import Telemetry
import Testing

@testable import Recording
@testable import Reporting

/// A history without a database: a reading every ten seconds.
struct SampledHistory {
  private var series: [Int64: RecordedSeries] = [:]
  private var columns: [Column] = []

  mutating func add(
    _ signal: Signal, _ attributes: KeyValuePairs<String, String>, _ values: [Int64?]
  ) {
    let number = Int64(series.count + 1)
    series[number] = RecordedSeries(
      signal: signal.name, source: signal.source, instrument: signal.instrument,
      unit: signal.unit, decimals: signal.decimals,
      attributes: attributes.map { Attribute($0.key, .string($0.value)) })
    columns.append(Column(series: number, values: values))
  }

  /// What a pass over it comes to.
  ///
  /// - Parameter ticks: milliseconds of the boot clock, where they are not ten seconds apart.
  func traces(ticks: [Int64]? = nil, perBatch: Int = 6) -> HistoryTraces {
    let count = columns.map(\.values.count).max() ?? 0
    let ticks = ticks ?? (0..<count).map { 100_000 + Int64($0) * 10_000 }
    let (first, last) = (ticks.first ?? 0, ticks.last ?? 0)
    let window = ReportWindow(
      sinceMilliseconds: Self.offset + first, untilMilliseconds: Self.offset + last)
    var traces = HistoryTraces(series, Self.scope, window)
    for start in stride(from: 0, to: ticks.count, by: perBatch) {
      let range = start..<min(ticks.count, start + perBatch)
      let parts = columns.map { Column(series: $0.series, values: Array($0.values[range])) }
      traces.take(
        Self.batch(ticks[range]), .content(BatchContent(ticks: Array(ticks[range]), columns: parts))
      )
    }
    return traces
  }

  static let scope = ReportScope(
    sources: [.environment], isShown: { _ in true }, passes: { _ in true })
  private static let offset: Int64 = 1_800_000_000_000

  private static func batch(_ ticks: ArraySlice<Int64>) -> HistoryBatch {
    HistoryBatch(
      number: 1, source: .environment, boot: 1, offsetMilliseconds: offset, isTimeTrusted: true,
      firstMilliseconds: (ticks.first ?? 0) + offset, lastMilliseconds: (ticks.last ?? 0) + offset,
      readings: 1, facts: nil)
  }
}

@Suite("shares of the processor")
struct ProcessorShareTests {
  /// Of a steady load: 3 % user, 1 % system, the rest idle. What `fallen` names goes back by one at the ninth tick.
  private func traces(fallen: String?) throws -> [String: Trace] {
    var history = SampledHistory()
    for (mode, step) in ["user": 30, "system": 10, "idle": 940, "iowait": 20] as [String: Int64] {
      var value: Int64 = 100_000
      history.add(
        Catalog.cpuTime, ["cpu.mode": mode],
        (0..<18).map { tick in
          value += tick == 8 && mode == fallen ? -1 : step
          return value
        })
    }
    let traces = history.traces()
    return Dictionary(
      zip(traces.plan.lines, traces.plan.traces).map { ($0.name.label, $1) },
      uniquingKeysWith: { first, _ in first })
  }

  @Test("have a gap where one part of the whole went back: no other part grew by it")
  func fallen() throws {
    // proc(5) on iowait: "The value in this field may decrease in certain conditions."
    for mode in ["idle", "iowait"] {
      let traces = try traces(fallen: mode)
      let user = try #require(traces["user"])
      #expect(abs(user.maximum - 0.03) < 1e-9, "\(mode) fell: \(user.maximum)")
      #expect(user.count == 16, "the first reading and the one that fell have no share")
    }
  }

  @Test("are there at each tick but the first where all parts grow or stand")
  func steady() throws {
    let traces = try traces(fallen: nil)
    let shares = traces.values.map(\.mean).reduce(0, +)
    #expect(abs(shares - 1) < 1e-9 && traces.values.allSatisfy { $0.count == 17 })
  }

  @Test("are of what was read: a part that this kernel does not have takes nothing away")
  func absent() throws {
    var history = SampledHistory()
    history.add(Catalog.cpuTime, ["cpu.mode": "user"], (0..<12).map { 100 + 30 * Int64($0) })
    history.add(Catalog.cpuTime, ["cpu.mode": "idle"], (0..<12).map { 100 + 970 * Int64($0) })
    history.add(Catalog.cpuTime, ["cpu.mode": "steal"], .init(repeating: nil, count: 12))
    let user = try #require(history.traces().plan.traces.first)
    #expect(abs(user.mean - 0.03) < 1e-9 && user.count == 11)
  }
}
