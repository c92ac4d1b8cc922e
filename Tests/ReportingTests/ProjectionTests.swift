import TestSupport
import Testing

@testable import Reporting

@Suite("the projection to full")
struct ProjectionTests {
  private static let hour: Int64 = 3_600_000

  private func points(
    hours: Int64, _ value: (Int64) -> Double
  ) -> [(milliseconds: Int64, value: Double)] {
    (0...hours).map { (1_800_000_000_000 + $0 * Self.hour, value($0)) }
  }

  @Test("of a straight line is exact")
  func straight() throws {
    // 1 % in four hours, 72 % at the end.
    let left = try #require(
      Projection.millisecondsUntil(1, points(hours: 72) { 0.54 + 0.0025 * Double($0) }))
    #expect(abs(left / 3_600_000 - 112) < 0.01)
    #expect(Projection.words(left) == "about 5 days")
  }

  @Test("bears noise", arguments: [1, 2, 3])
  func noisy(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let left = try #require(
      Projection.millisecondsUntil(
        1,
        points(hours: 72) {
          0.54 + 0.0025 * Double($0) + Double.random(in: -0.01...0.01, using: &generator)
        }))
    #expect((95...130).contains(left / 3_600_000), "seed \(seed)")
  }

  @Test("is not made of what stands still, falls, or goes up and down")
  func nothing() {
    #expect(Projection.millisecondsUntil(1, points(hours: 72) { _ in 0.5 }) == nil)
    #expect(Projection.millisecondsUntil(1, points(hours: 72) { 0.9 - 0.001 * Double($0) }) == nil)
    #expect(
      Projection.millisecondsUntil(1, points(hours: 72) { 0.5 + 0.01 * Double($0 % 8) }) == nil)
  }

  @Test("is not made of an hour, nor of a pace that takes years")
  func limits() {
    #expect(Projection.millisecondsUntil(1, points(hours: 1) { 0.5 + 0.1 * Double($0) }) == nil)
    #expect(
      Projection.millisecondsUntil(1, points(hours: 72) { 0.1 + 0.000_01 * Double($0) }) == nil)
    #expect(Projection.millisecondsUntil(1, []) == nil)
  }

  @Test(
    "is as exact as a guess can be",
    arguments: [
      (0.4, "about an hour"), (5.2, "about 5 hours"), (47, "about 2 days"),
      (9 * 24, "about 9 days"),
      (30 * 24, "about 4 weeks"), (300 * 24, "about 10 months"),
    ] as [(Double, String)])
  func words(hours: Double, words: String) {
    #expect(Projection.words(hours * 3_600_000) == words)
  }
}
