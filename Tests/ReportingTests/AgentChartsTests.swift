import Telemetry
import Testing

@testable import Reporting

@Suite("the ticks that were recorded")
struct RecordingChartTests {
  private static let hour: Int64 = 3_600_000

  /// Of a week less a few hours, in buckets of half an hour: a part for each pace.
  private func chart(
    _ parts: [(stepMilliseconds: Int64, hours: Range<Int64>)], perBatch: Int = 6
  ) throws -> (chart: Chart, shares: [Double]) {
    let ticks = parts.flatMap { part in
      Array(
        stride(
          from: part.hours.lowerBound * Self.hour, to: part.hours.upperBound * Self.hour,
          by: Int(part.stepMilliseconds)))
    }
    var history = SampledHistory()
    history.add(Catalog.load1, [:], .init(repeating: 1, count: ticks.count))
    let chart = try #require(
      AgentCharts.recording(history.traces(ticks: ticks, perBatch: perBatch)))
    let trace = try #require(chart.lines.first?.trace)
    // Nothing is said of the newest bucket.
    return (chart, (0..<335).map { trace.mean(of: $0) ?? -1 })
  }

  @Test("are all of them where the pace became quicker or slower, each part by its own")
  func pace() throws {
    for paces in [(60_000, 10_000), (10_000, 60_000)] as [(Int64, Int64)] {
      let shares = try chart([(paces.0, 0..<150), (paces.1, 150..<168)]).shares
      #expect(shares.allSatisfy { $0 == 1 }, "\(paces): \(shares.filter { $0 != 1 }.prefix(3))")
    }
  }

  @Test("are all of them where each batch has one", arguments: [300_000, 3_600_000] as [Int64])
  func single(step: Int64) throws {
    let shares = try chart([(step, 0..<168)], perBatch: 1).shares
    #expect(shares.allSatisfy { $0 == 1 }, "\(shares.filter { $0 != 1 }.prefix(3))")
  }

  @Test("are none of them where nobody sampled, before and after another pace")
  func gap() throws {
    let shares = try chart([(60_000, 0..<50), (60_000, 60..<100), (10_000, 110..<168)]).shares
    #expect(shares.count { $0 == 0 } >= 36 && shares.count { $0 == 1 } >= 290)
    #expect(shares[105] == 0 && shares[95] == 1 && shares[205] == 0 && shares[225] == 1)
  }

  @Test("come with their pace, also where that is less than a second")
  func quick() throws {
    let chart = try chart([(200, 0..<1)]).chart
    #expect(chart.remarks == ["one tick every 200 ms, without a gap"])
  }
}
