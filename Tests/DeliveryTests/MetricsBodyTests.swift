import Handshake
import Linux
import OTLP
import SQLite
import Telemetry
import TestSupport
import Testing

@testable import Delivery
@testable import Recording

@Suite("The body of a request")
struct MetricsBodyTests {
  static func cpu(_ mode: String, _ value: Int64) -> Appliance.Reading {
    (Catalog.cpuTime, [Attribute("cpu.mode", .string(mode))], value)
  }

  /// The body of everything that waits of a source.
  static func body(
    _ appliance: Appliance, _ source: DataSource = .environment, _ agreement: Agreement? = nil
  ) throws -> RequestBody {
    let outbox = try appliance.outbox()
    let batches = try outbox.pending(source, after: 0, limit: 96)
    try outbox.fixCounterStarts(for: batches)
    return try RequestBody(
      of: batches, from: outbox, try agreement ?? DeliveryTests.agreement(), pseudonym: "p")
  }

  static func decoded(
    _ appliance: Appliance, _ source: DataSource = .environment, _ agreement: Agreement? = nil
  ) throws -> DecodedMetrics {
    try DecodedMetrics(try WireMessage(try body(appliance, source, agreement).bytes))
  }

  // MARK: counters

  /// Value, milliseconds of its start after the first tick, milliseconds of its time after the first tick.
  static func counter(_ metrics: DecodedMetrics, from first: Int64) -> [[Double]] {
    metrics.points.map { [$0.value, Double($0.start! - first), Double($0.time - first)] }
  }

  @Test("a counter leaves as what it grew by since the grant's first reading")
  func firstReading() throws {
    let appliance = try Appliance()
    let first = appliance.clock.wallTimeMilliseconds
    try appliance.record(ticks: 3) { [Self.cpu("user", [123_456, 123_466, 123_486][$0])] }
    #expect(
      Self.counter(try Self.decoded(appliance), from: first)
        == [[0, 0, 0], [0.1, 0, 10_000], [0.3, 0, 20_000]])
  }

  @Test("later batches and restarts of the agent go on counting from the same reading")
  func laterBatches() throws {
    let appliance = try Appliance()
    let first = appliance.clock.wallTimeMilliseconds
    for value in [500, 600, 700] as [Int64] {
      try appliance.record { _ in [Self.cpu("user", value)] }
    }
    #expect(
      Self.counter(try Self.decoded(appliance), from: first)
        == [[0, 0, 0], [1, 0, 10_000], [2, 0, 20_000]])
  }

  @Test("a counter that fell is counted from the first reading after the fall")
  func reset() throws {
    let appliance = try Appliance()
    let first = appliance.clock.wallTimeMilliseconds
    try appliance.record(ticks: 4) { [Self.cpu("user", [900, 950, 700, 720][$0])] }
    #expect(
      Self.counter(try Self.decoded(appliance), from: first)
        == [[0, 0, 0], [0.5, 0, 10_000], [0, 20_000, 20_000], [0.2, 20_000, 30_000]])
  }

  @Test("after a boot inside the grant a counter begins at zero with the boot")
  func bootInsideTheGrant() throws {
    let appliance = try Appliance()
    try appliance.record(boot: "before") { _ in [Self.cpu("user", 900)] }
    let clock = appliance.clock
    clock.offsetMilliseconds = clock.wallTimeMilliseconds + 30_000
    clock.bootTimeMilliseconds = 40_000
    try appliance.record(ticks: 2) { [Self.cpu("user", [300, 330][$0])] }
    let boot = clock.offsetMilliseconds
    #expect(
      Self.counter(try Self.decoded(appliance), from: boot).suffix(2)
        == [[3, 0, 40_000], [3.3, 0, 50_000]])
  }

  static let series: [Int64: RecordedSeries] = [
    7: RecordedSeries(
      signal: "system.cpu.time", source: .environment, instrument: .counter, unit: "s", decimals: 0,
      attributes: [])
  ]

  @Test("a reading before any beginning, of another boot or below its beginning does not leave")
  func withoutABeginning() throws {
    let content = BatchContent(
      ticks: [10, 20, 30, 40], columns: [Column(series: 7, values: [100, 110, 90, 130])])
    func values(_ starts: [CounterStart]) throws -> [Double] {
      var body = MetricsBody(
        series: Self.series, starts: [7: starts], try DeliveryTests.agreement())
      body.add(content, boot: 1, offsetMilliseconds: today)
      let bytes = body.encoded(resource: [], .environment)
      return bytes.isEmpty ? [] : try DecodedMetrics(try WireMessage(bytes)).points.map(\.value)
    }
    func start(boot: Int64, since: Int64) -> CounterStart {
      CounterStart(boot: boot, sinceMilliseconds: since, value: 100, startUnixMilliseconds: today)
    }
    #expect(try values([]) == [])
    #expect(try values([start(boot: 2, since: 0)]) == [])
    #expect(try values([start(boot: 1, since: 41)]) == [])
    #expect(try values([start(boot: 1, since: 10)]) == [0, 10, 30])
    #expect(try values([start(boot: 1, since: 20)]) == [10, 30])
  }

  @Test("a start that was fixed does not move with the clock, and no point lies before its start")
  func fixedStart() throws {
    let appliance = try Appliance()
    let first = appliance.clock.wallTimeMilliseconds
    try appliance.record { _ in [Self.cpu("user", 100)] }
    _ = try Self.body(appliance)
    appliance.clock.offsetMilliseconds += 5_000
    try appliance.record { _ in [Self.cpu("user", 200)] }
    #expect(
      Self.counter(try Self.decoded(appliance), from: first) == [[0, 0, 0], [1, 0, 15_000]])
    // The clock was put back by an hour: this batch lies before the start that was fixed.
    appliance.clock.offsetMilliseconds -= 3_600_000
    try appliance.record { _ in [Self.cpu("user", 300)] }
    for point in try Self.decoded(appliance).points { #expect(point.start! <= point.time) }
  }

  @Test("a sum that may fall leaves as it is, without a start")
  func upDownCounter() throws {
    let appliance = try Appliance()
    try appliance.record(ticks: 2) { [(Catalog.memoryLimit, [], [8_000, 4_000][$0])] }
    let metrics = try Self.decoded(appliance)
    #expect(metrics.metrics == ["system.memory.limit By sum"])
    #expect(metrics.points.map(\.value) == [8_000, 4_000])
    #expect(metrics.points.allSatisfy { $0.start == nil })
  }

  // MARK: bytes

  @Test("the same batches give the same bytes, whatever was recorded meanwhile")
  func sameBytes() throws {
    let appliance = try GateTwoTests.recorded()
    func body(_ first: Int) throws -> [UInt8] {
      let outbox = try appliance.outbox()
      let batches = Array(try outbox.pending(.environment, after: 0, limit: 96).prefix(first))
      try outbox.fixCounterStarts(for: batches)
      return try RequestBody(
        of: batches, from: outbox, try DeliveryTests.agreement(), pseudonym: "p"
      ).bytes
    }
    let before = try body(1)
    appliance.clock.offsetMilliseconds += 60_000
    try appliance.record(ticks: 2, facts: [Fact(Catalog.osVersion, "13")]) { _ in
      [Self.cpu("user", 5), Self.cpu("system", 5), (Catalog.load1, [], 7)]
    }
    #expect(try body(1) == before)
    #expect(try body(2) != before)
    #expect(try body(2) == body(2))
  }

  @Test("the points of a series from several batches stand together, the oldest first")
  func order() throws {
    let appliance = try Appliance()
    for batch in 0..<3 {
      try appliance.record(ticks: 2) { tick in
        let value = Int64(batch * 10 + tick)
        // Another order in every batch.
        let readings = [
          Self.cpu("user", value), Self.cpu("idle", 100 + value), Self.cpu("nice", value),
        ]
        return batch == 1 ? readings.reversed() : readings
      }
    }
    let points = try Self.decoded(appliance).points
    let order = points.map { $0.attributes[0] }
    #expect(
      order
        == ["user", "idle", "nice"].flatMap { mode in Array(repeating: "cpu.mode=\(mode)", count: 6)
        })
    for start in stride(from: 0, to: points.count, by: 6) {
      let times = points[start..<start + 6].map(\.time)
      #expect(times == times.sorted() && Set(times).count == 6)
    }
  }

  @Test("a time that OTLP cannot express becomes the nearest that it can")
  func farTimes() {
    #expect(UnixTime.nanoseconds(today) == UInt64(today) * 1_000_000)
    #expect(UnixTime.nanoseconds(-1) == 0)
    #expect(UnixTime.nanoseconds(Int64.min) == 0)
    #expect(UnixTime.nanoseconds(18_446_744_073_709) == 18_446_744_073_709_000_000)
    #expect(UnixTime.nanoseconds(18_446_744_073_710) == UInt64.max)
    #expect(UnixTime.nanoseconds(Int64.max) == UInt64.max)
  }

  @Test("a damaged batch is named, and the others are in the body all the same")
  func damaged() throws {
    let appliance = try Appliance()
    for _ in 0..<3 { try appliance.record { _ in [(Catalog.load1, [], 5)] } }
    let outbox = try appliance.outbox()
    let batches = try outbox.pending(.environment, after: 0, limit: 96)
    try appliance.damage(batches[1])
    let body = try Self.body(appliance)
    #expect(body.damaged.map(\.id) == [batches[1].id])
    // The value, its minimum and its maximum of two batches.
    #expect(body.readings == 6)
  }
}
