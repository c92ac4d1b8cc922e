import Telemetry
import Testing

@testable import Handshake
@testable import Recording

@Suite("From the tick to the resolution that was agreed")
struct DownsamplerTests {
  /// Runs ticks of one gauge through a down-sampler and returns what is recorded: tick and value by column.
  private func run(
    _ statistics: [SpoolColumn.Statistic] = [.mean], resolution: Int64 = 60_000,
    tick: Int64 = 10_000,
    on readings: [(Int64, Int64?)]
  ) -> [[Int64?]] {
    var gate = Gate()
    gate.admit(agreement())
    var sample = Sample()
    let place = sample.add(Catalog.load1)
    var downsampler = Downsampler(resolutionMilliseconds: resolution, tickMilliseconds: tick)
    for statistic in statistics { downsampler.add(SpoolColumn(position: 0, statistic: statistic)) }
    for (time, value) in readings {
      sample.begin(atBootTimeMilliseconds: time)
      if let value { sample.set(place, value) }
      gate.permit(sample)
      downsampler.add(gate.permitted)
    }
    let columns = statistics.indices.map { downsampler.closed.column($0) }
    return downsampler.closed.ticks.indices.map { row in
      [downsampler.closed.ticks[row]] + columns.map { $0?[row] ?? nil }
    }
  }

  private func ticks(_ range: StrideThrough<Int64>, _ value: (Int64) -> Int64? = { $0 / 1000 })
    -> [(Int64, Int64?)]
  {
    range.map { ($0, value($0)) }
  }

  @Test("an interval gives its last value, mean, minimum and maximum, at its last tick")
  func statistics() {
    let readings: [(Int64, Int64?)] = [
      (0, 5), (10_000, 9), (20_000, 1), (30_000, 3), (40_000, 3), (50_000, 4),
    ]
    #expect(run([.last, .mean, .minimum, .maximum], on: readings) == [[50_000, 4, 4, 1, 9]])
  }

  @Test("an interval is closed by its own last tick, and the next begins on a whole multiple")
  func boundaries() {
    #expect(run(on: ticks(stride(from: 0, through: 40_000, by: 10_000))).isEmpty)
    #expect(run(on: ticks(stride(from: 0, through: 50_000, by: 10_000))).count == 1)
    #expect(
      run([.last], on: ticks(stride(from: 30_000, through: 170_000, by: 10_000))) == [
        [50_000, 50], [110_000, 110], [170_000, 170],
      ])
  }

  @Test("when ticks go missing the next interval closes the one before, stamped with its last tick")
  func missedTicks() {
    #expect(run([.last], on: [(0, 1), (10_000, 2), (200_000, 3)]) == [[10_000, 2]])
    #expect(run([.last], on: [(0, 1), (110_000, 2)]) == [[0, 1], [110_000, 2]])
  }

  @Test("absent readings do not count, and an interval without any is absent")
  func absent() {
    #expect(
      run([.mean, .last], on: [(0, nil), (10_000, 4), (20_000, nil), (50_000, 8)]) == [
        [50_000, 6, 8]
      ])
    #expect(run([.mean], on: [(0, nil), (50_000, nil)]) == [[50_000, nil]])
  }

  @Test(
    "at the tick's own pace every reading passes, and a finer resolution than the tick is the tick",
    arguments: [Int64(10_000), 1_000, 100])
  func tickPace(_ resolution: Int64) {
    let readings = ticks(stride(from: 0, through: 50_000, by: 10_000))
    #expect(run([.mean], resolution: resolution, on: readings) == readings.map { [$0.0, $0.1] })
  }

  @Test("never more than one record of an interval, however late or early the ticks come")
  func oneRecordEach() {
    for seed in UInt64(0)..<2_000 {
      var random = Seeded(seed)
      let tick = [Int64(1_000), 7_000, 10_000].randomElement(using: &random)!
      let resolution =
        tick + .random(in: 0...6, using: &random) * [tick, 2_500].randomElement(using: &random)!
      var time = Int64.random(in: 0...100_000, using: &random)
      var readings: [(Int64, Int64?)] = []
      for _ in 0..<60 {
        readings.append((time, 1))
        time =
          (time / tick + 1) * tick + Int64.random(in: 0..<tick, using: &random)
          * .random(in: 0...1, using: &random)
      }
      let numbers = run([.last], resolution: resolution, tick: tick, on: readings).map {
        $0[0]! / resolution
      }
      #expect(
        Set(numbers).count == numbers.count, "seed \(seed): tick \(tick), resolution \(resolution)")
    }
  }

  @Test(
    "the mean is rounded half away from zero, and extreme values do not overflow",
    arguments: [
      ([1, 2], 2), ([-1, -2], -2), ([0, 1, 0], 0), ([1, 1, 0], 1), ([-1, -1, 0], -1), ([3], 3),
      ([.max, .max, .max], .max), ([.min, .min], .min), ([.min, .max], -1),
      ([.max, .min, .max], 3_074_457_345_618_258_602),
    ] as [([Int64], Int64)])
  func mean(_ values: [Int64], _ expected: Int64) {
    let readings = values.enumerated().map { (Int64($0.offset) * 10_000, Int64?($0.element)) }
    #expect(
      run([.mean], on: readings + [(60_000, nil)])[0] == [
        Int64(values.count - 1) * 10_000, expected,
      ])
  }

  @Test("another agreement drops the interval that is open")
  func agreementChange() throws {
    let appliance = try Appliance()
    let minute = offerText.replacing("resolution = \"10s\"", with: "resolution = \"60s\"")
    appliance.bootTime = 1_200_000 - 10_000
    try appliance.agree(agreement(offer: minute))
    for value in 0..<8 { appliance.tick(Catalog.load1, Int64(value)) }
    // Six ticks made an interval; the two after it belong to nobody once something else is agreed.
    try appliance.agree(agreement(more: "[resolution]\nenvironment = \"2min\"", offer: minute))
    for value in 8..<12 { appliance.tick(Catalog.load1, Int64(value * 100)) }
    try appliance.seal()
    let name = "system.cpu.load_average.1m "
    #expect(
      try appliance.readings(appliance.directory.spool) == [
        "\(name) 1250000 3", "\(name) 1310000 950",
      ])
    #expect(try appliance.readings(appliance.directory.history).count == 12)
  }
}
