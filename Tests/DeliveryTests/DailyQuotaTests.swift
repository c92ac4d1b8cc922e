import Delivery
import TestSupport
import Testing

@Suite("The daily quota")
struct DailyQuotaTests {
  static let day = DailyQuota.dayMilliseconds

  static func quota(_ bytes: Int64?, day: Int64? = today / Self.day, now: Int64 = today)
    -> DailyQuota
  {
    DailyQuota(bytesMax: 1_600, day: day, bytes: bytes, nowMilliseconds: now)
  }

  @Test("what was sent today is used up, and midnight UTC gives it back")
  func days() {
    #expect(Self.quota(1_000, now: today + Self.day - 1).bytes == 1_000)
    #expect(Self.quota(1_000, now: today + Self.day).bytes == 0)
    #expect(Self.quota(nil, day: nil).bytes == 0)
    #expect(Self.quota(1_000).nextDayMilliseconds == today + Self.day)
    #expect(Self.quota(-5).bytes == 0)
  }

  @Test(
    "setting the clock back gives nothing, and a day far ahead holds nobody up for longer than one")
  func wrongClock() {
    for ahead: Int64 in [1, 30_000] {
      let quota = Self.quota(1_600, day: today / Self.day + ahead)
      #expect(quota.bytes == 1_600 && !quota.allows(1))
      #expect(quota.nextDayMilliseconds == today + Self.day)
    }
  }

  @Test(
    "a request goes while the quota holds it, and on a day that has hardly begun",
    arguments: [
      // bytes sent, bytes of the request, holds, allows
      (0, 1_600, true, true), (0, 1_601, false, true), (99, 5_000, false, true),
      (100, 1_500, true, true), (100, 1_501, false, false), (1_600, 1, false, false),
      (5_000, 1, false, false), (5_000, 0, false, false),
    ] as [(Int64, Int64, Bool, Bool)])
  func table(sent: Int64, bytes: Int64, holds: Bool, allows: Bool) {
    #expect(Self.quota(sent).holds(bytes) == holds)
    #expect(Self.quota(sent).allows(bytes) == allows)
  }

  @Test(
    "whatever is sent, a day never costs more than the quota and one request beyond its first sixteenth",
    arguments: seeds)
  func property(seed: UInt64) {
    var numbers = SeededGenerator(seed: seed)
    let bytesMax = Int64.random(in: 1_000...100_000, using: &numbers)
    var quota = DailyQuota(bytesMax: bytesMax, day: nil, bytes: nil, nowMilliseconds: today)
    var (now, sent, largest) = (today, Int64(0), Int64(0))
    for _ in 0..<500 {
      let before = now / Self.day
      now += Int64.random(in: 0...Self.day / 20, using: &numbers)
      if now / Self.day > before { (sent, largest) = (0, 0) }
      quota.turn(nowMilliseconds: now)
      #expect(quota.nextDayMilliseconds > now && quota.nextDayMilliseconds <= now + Self.day)
      let bytes = Int64.random(in: 1...20_000, using: &numbers)
      guard quota.allows(bytes) else {
        #expect(sent > 0)
        continue
      }
      quota.add(bytes)
      if Int.random(in: 0..<5, using: &numbers) == 0 {
        quota.giveBack(bytes)
      } else {
        (sent, largest) = (sent + bytes, max(largest, bytes))
      }
      #expect(sent <= max(bytesMax, bytesMax / 16 + largest))
    }
  }
}
