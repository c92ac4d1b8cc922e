import Testing

@testable import Reporting

@Suite("counters")
struct CounterRateTests {
  private func growths(_ readings: [(value: Int64, tick: Int64, boot: Int64)]) -> [Int64?] {
    var rate = CounterRate()
    return readings.map {
      rate.growth(to: $0.value, atTick: $0.tick, boot: $0.boot, gapMilliseconds: 30_500)?.amount
    }
  }

  @Test("grow from reading to reading; the first one tells nothing")
  func growth() {
    #expect(growths([(100, 10_000, 1), (130, 20_000, 1), (130, 30_000, 1)]) == [nil, 30, 0])
  }

  @Test("that fell were reset: how much they grew is not known, and then they go on")
  func reset() {
    #expect(
      growths([(100, 10_000, 1), (7, 20_000, 1), (9, 30_000, 1)]) == [nil, nil, 2])
  }

  @Test("of another boot began anew, also where they are greater than before")
  func reboot() {
    #expect(
      growths([(100, 10_000, 1), (500, 20_000, 2), (510, 30_000, 2)]) == [nil, nil, 10])
  }

  @Test("say nothing about a gap: a mean over it was never read")
  func gap() {
    #expect(growths([(100, 10_000, 1), (900, 40_500, 1), (901, 50_500, 1)]) == [nil, nil, 1])
  }

  @Test("that jump over half of all integers do not trap")
  func extremes() {
    #expect(growths([(.min, 10_000, 1), (.max, 20_000, 1)]) == [nil, nil])
  }
}
