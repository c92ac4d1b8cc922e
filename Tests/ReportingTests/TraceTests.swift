import Testing

@testable import Reporting

@Suite("traces")
struct TraceTests {
  private func trace(
    _ values: [(bucket: Int, milliseconds: Int64, value: Double)], buckets: Int = 20
  ) -> Trace {
    var trace = Trace(bucketCount: buckets)
    for value in values {
      trace.add(value.value, in: value.bucket, atMilliseconds: value.milliseconds)
    }
    return trace
  }

  @Test("keep a spike of a single reading")
  func spike() {
    var values = (0..<1_000).map { (bucket: 3, milliseconds: Int64($0), value: 1.0) }
    values[500].value = 97
    let trace = trace(values)
    #expect(trace.maxima[3] == 97)
    #expect(trace.minima[3] == 1)
    #expect(trace.mean(of: 3) == 1.096)
    #expect(trace.maximum == 97)
  }

  @Test("break where nothing was read")
  func gaps() {
    let trace = trace([(0, 0, 1), (1, 10_000, 1), (5, 50_000, 1), (6, 60_000, 1)])
    #expect(trace.runs(bucketMilliseconds: 10_000).map { $0 } == [[0, 1], [5, 6]])
  }

  @Test("do not break where a series is read seldom")
  func seldom() {
    // Every 15 minutes, in buckets of 5 minutes.
    let values = (0..<6).map { (bucket: 3 * $0, milliseconds: Int64($0) * 900_000, value: 1.0) }
    #expect(trace(values).runs(bucketMilliseconds: 300_000) == [[0, 3, 6, 9, 12, 15]])
  }

  @Test("know their extent over all")
  func totals() {
    let trace = trace([(0, 5_000, 2), (1, 15_000, -1), (2, 25_000, 5)])
    #expect((trace.minimum, trace.mean, trace.maximum, trace.last) == (-1, 2, 5, 5))
    #expect((trace.firstMilliseconds, trace.lastMilliseconds, trace.count) == (5_000, 25_000, 3))
  }

  @Test("take the newest reading as the last, whatever came last")
  func order() {
    #expect(trace([(2, 25_000, 5), (0, 5_000, 2)]).last == 5)
  }
}

@Suite("the window")
struct ReportWindowTests {
  private static let day: Int64 = 86_400_000
  private let now: Int64 = 1_800_000_000_000

  /// The window of a week before `clock` over batches of one reading each.
  private func week(before clock: Int64, readings: [Int64]) -> ReportWindow {
    func extent(_ times: [Int64]) -> ClosedRange<Int64>? {
      times.min().flatMap { first in times.max().map { first...$0 } }
    }
    let last = ReportWindow.lastCredibleMilliseconds(nowMilliseconds: clock)
    return ReportWindow.fitting(
      sinceMilliseconds: clock - 7 * Self.day, nowMilliseconds: clock, kept: extent(readings),
      credible: last.flatMap { last in extent(readings.filter { $0 <= last }) })
  }

  @Test("has every moment in one bucket, and nothing beyond its ends")
  func buckets() {
    let window = ReportWindow(
      sinceMilliseconds: 1_000_000, untilMilliseconds: 1_000_000 + 336 * 30_000)
    #expect(window.bucketCount == 336)
    #expect(window.bucket(of: 1_000_000) == 0)
    #expect(window.bucket(of: 1_029_999) == 0)
    #expect(window.bucket(of: 1_030_000) == 1)
    #expect(window.bucket(of: window.untilMilliseconds) == 335)
    #expect(window.bucket(of: 999_999) == nil)
    #expect(window.bucket(of: window.untilMilliseconds + 1) == nil)
  }

  @Test("is as short as what is kept")
  func young() {
    let window = week(before: now, readings: [now - 3 * 3_600_000, now - 10_000])
    #expect(window.sinceMilliseconds == now - 3 * 3_600_000)
    #expect(window.untilMilliseconds == now)
  }

  @Test("ends now where the newest reading is older: that nothing was read is to be seen")
  func stopped() {
    let window = week(before: now, readings: [now - 30 * Self.day, now - 2 * Self.day])
    #expect(window.untilMilliseconds == now)
    #expect(window.sinceMilliseconds == now - 7 * Self.day)
  }

  @Test("goes to what is kept where the clock stands in 1970, or the appliance was off for a month")
  func elsewhere() {
    for clock: Int64 in [3_600_000, now + 40 * Self.day] {
      let window = week(before: clock, readings: [now - 9 * Self.day, now])
      #expect(window.untilMilliseconds == now)
      #expect(window.sinceMilliseconds == now - 7 * Self.day)
    }
  }

  @Test("stays in the present where the clock was ahead for a while")
  func ahead() {
    let future = now + 73 * 365 * Self.day
    let window = week(before: now, readings: [now - 9 * Self.day, now - Self.day, future])
    #expect(window.untilMilliseconds == now)
    #expect(window.sinceMilliseconds == now - 7 * Self.day)
    // Nothing is left of the week before: then it is the newest of what there is, as ever.
    let old = week(before: now, readings: [now - 30 * Self.day, future])
    #expect(old.untilMilliseconds == future)
  }

  @Test("reaches to what is a little ahead: the clock was set back by minutes")
  func setBack() {
    let window = week(before: now, readings: [now - 9 * Self.day, now + 300_000])
    #expect(window.untilMilliseconds == now + 300_000)
  }

  @Test("is where the readings are while the clock stands in 1970, also with some of its own there")
  func unset() {
    let window = week(before: 3_600_000, readings: [3_000_000, now - Self.day, now])
    #expect(window.untilMilliseconds == now)
    #expect(window.sinceMilliseconds == now - 7 * Self.day)
  }

  @Test("is there without any reading, also before 1970")
  func empty() {
    let window = ReportWindow.fitting(
      sinceMilliseconds: -1_000, nowMilliseconds: 5_000, kept: nil, credible: nil)
    #expect(window.untilMilliseconds == 5_000)
    #expect(window.bucketCount == 1)
  }
}
