import TestSupport
import Testing

@testable import Reporting

@Suite("axes")
struct AxisTests {
  private func labels(_ maximum: Double, _ quantity: Quantity) -> [String] {
    ValueAxis(minimum: 0, maximum: maximum, quantity: quantity).ticks.map(\.label)
  }

  @Test("of values have round numbers in a fitting unit")
  func round() {
    #expect(labels(0.93, .share) == ["0", "25", "50", "75", "100"])
    #expect(labels(3.4, .number) == ["0", "1", "2", "3", "4"])
    #expect(labels(7.5 * 1_073_741_824, .bytes) == ["0", "2", "4", "6", "8"])
    #expect(labels(0.0123, .seconds) == ["0", "5", "10", "15"])
    #expect(labels(2, .count("batches")) == ["0", "1", "2"])
  }

  @Test("of values reach over all values, with three to six numbers", arguments: 1...60)
  func covering(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let quantities: [Quantity] = [
      .bytes, .share, .seconds, .celsius, .count("x"), .number, .bytesPerSecond,
    ]
    let quantity = quantities[Int(seed) % quantities.count]
    let maximum = Double.random(in: 0...1, using: &generator) * [1e-4, 1, 1e3, 1e11][Int(seed) % 4]
    let axis = ValueAxis(minimum: 0, maximum: maximum, quantity: quantity)
    #expect(axis.upper >= maximum && axis.lower == 0, "\(maximum)")
    #expect((2...6).contains(axis.ticks.count), "\(axis)")
    #expect(Set(axis.ticks.map(\.label)).count == axis.ticks.count, "\(axis)")
  }

  @Test("of temperatures begin where the temperatures are")
  func temperatures() {
    let axis = ValueAxis(minimum: 38, maximum: 99, quantity: .celsius, beginsAtZero: false)
    #expect(axis.lower == 20 && axis.upper == 100)
  }

  @Test("do not blow noise up, and bear that there is nothing but zero")
  func flat() {
    let axis = ValueAxis(minimum: 45.1, maximum: 45.2, quantity: .celsius, beginsAtZero: false)
    #expect(axis.upper - axis.lower >= 2.5)
    #expect(ValueAxis(minimum: 0, maximum: 0, quantity: .bytes).upper > 0)
  }

  @Test("of time have days in a week and hours in a day, in UTC")
  func time() {
    let end: Int64 = 1_795_219_200_000  // 2026-11-21 00:00
    let week = TimeAxis(
      ReportWindow(sinceMilliseconds: end - 7 * 86_400_000 + 5, untilMilliseconds: end + 5))
    #expect(week.ticks.map(\.label) == (15...21).map { "\($0) Nov" })
    let day = TimeAxis(
      ReportWindow(sinceMilliseconds: end - 43_200_000, untilMilliseconds: end + 3_600_000))
    #expect(
      day.ticks.map(\.label) == ["12:00", "14:00", "16:00", "18:00", "20:00", "22:00", "21 Nov"])
  }

  @Test("of time go on before 1970")
  func before1970() {
    let axis = TimeAxis(ReportWindow(sinceMilliseconds: -7_200_000, untilMilliseconds: 3_600_000))
    #expect(axis.ticks.first?.label == "22:00")
    #expect(axis.ticks.contains { $0.label == "1 Jan" })
  }
}

@Suite("numbers")
struct QuantityTests {
  @Test("have the unit that makes them easiest to read")
  func units() {
    #expect(Quantity.bytes.text(512) == "512 B")
    #expect(Quantity.bytes.text(1_363_148_800, digits: 4) == "1.27 GiB")
    #expect(Quantity.bytesPerSecond.text(46_490) == "45.4 KiB/s")
    #expect(Quantity.share.text(0.837_51) == "83.8 %")
    #expect(Quantity.share.text(0) == "0 %")
    #expect(Quantity.seconds.text(0.0042) == "4.2 ms")
    #expect(Quantity.seconds.text(0.000_42) == "420 µs")
    #expect(Quantity.celsius.text(-12.345) == "-12.3 °C")
    #expect(Quantity.count("batches").text(3_412) == "3,412 batches")
    #expect(Quantity.count("batches").text(1) == "1 batch")
    #expect(Quantity.count("requests").text(1) == "1 request")
    #expect(Quantity.number.text(0.012_34) == "0.0123")
  }

  @Test(
    "are as exact as they are given",
    arguments: [
      (1234.5678, "1,235"), (0.5, "0.5"), (99.995, "100"), (-0.0001, "-0.0001"),
      (1e9, "1,000,000,000"),
      (0, "0"), (1e17, "very much"), (Double.nan, "?"),
    ] as [(Double, String)])
  func digits(value: Double, text: String) {
    #expect(Numeral.text(value) == text)
  }

  @Test(
    "of time are as long as they have to be",
    arguments: [
      (45_000, "45 s"), (90_000, "1 min"), (3 * 3_600_000 + 300_000, "3 h 5 min"),
      (86_400_000, "1 day"),
      (2 * 86_400_000 + 4 * 3_600_000, "2 days 4 h"), (-5, "0 s"),
      (0, "0 s"), (200, "200 ms"), (1_000, "1 s"),
    ] as [(Int64, String)])
  func lengths(milliseconds: Int64, text: String) {
    #expect(Moment.length(milliseconds) == text)
  }
}
