import Testing

@testable import Reporting

@Suite("what ticks tell")
struct TickWatchTests {
  private let offset: Int64 = 1_800_000_000_000

  /// Six ticks, 10 s apart.
  private func batch(_ first: Int64) -> [Int64] { (0..<6).map { first + 10_000 * $0 } }

  private func watch(_ batches: [(ticks: [Int64], boot: Int64)]) -> TickWatch {
    var watch = TickWatch()
    for batch in batches {
      watch.note(batch.ticks, boot: batch.boot, offsetMilliseconds: offset + batch.boot * 1_000_000)
    }
    return watch
  }

  @Test("nothing happened while they come at their pace, a little late or not")
  func steady() {
    var late = batch(123_000 + 60_000)
    late[3] += 900
    let watch = watch([(batch(123_000), 1), (late, 1), (batch(123_000 + 120_000), 1)])
    #expect(watch.gaps.isEmpty && watch.reboots.isEmpty && watch.restarts.isEmpty)
    #expect((watch.stepMilliseconds, watch.ticks) == (10_000, 18))
  }

  @Test("a reboot is when the kernel started, not when it was first sampled")
  func reboot() {
    let watch = watch([(batch(500_000), 1), (batch(42_000), 2)])
    #expect(watch.reboots == [offset + 2_000_000])
    #expect(watch.restarts.isEmpty)
    #expect(watch.gaps.map(\.cause) == [.reboot])
  }

  @Test("accordd was started again when they come at another place of the interval")
  func restart() {
    let watch = watch([(batch(100_000), 1), (batch(163_700), 1)])
    #expect(watch.restarts == [offset + 1_000_000 + 163_700])
    #expect(watch.gaps.isEmpty)
  }

  @Test("another pace is a setting, not a restart")
  func pace() {
    let quick = (0..<6).map { Int64(151_000 + 1_000 * $0) }
    #expect(watch([(batch(100_400), 1), (quick, 1)]).restarts.isEmpty)
  }

  @Test("have a pace also where each batch has one: as seldom as readings are written to the disk")
  func single() {
    // accordd samples once as it starts, and then at whole intervals.
    let first: [(ticks: [Int64], boot: Int64)] = [([601_000, 603_000], 1)]
    let watch = watch(first + (1..<20).map { ([603_000 + 300_000 * $0], 1) })
    #expect(watch.stepMilliseconds == 300_000)
    #expect(watch.gaps.count <= 1, "until it is known")
  }

  @Test("keep their pace through a gap in a batch of two")
  func torn() {
    let watch = watch([(batch(100_000), 1), ([160_000, 900_000], 1)])
    #expect(watch.stepMilliseconds == 10_000)
    #expect(watch.gaps.map(\.lengthMilliseconds) == [740_000])
  }

  @Test("take on another pace when it stays")
  func staying() {
    let watch = watch([(batch(100_000), 1)] + (1..<20).map { ([150_000 + 60_000 * $0], 1) })
    #expect(watch.stepMilliseconds == 60_000)
    #expect(watch.gaps.count <= 1)
  }

  @Test("more than three ticks without a reading are a gap, within a batch and between two")
  func gaps() {
    var torn = batch(100_000)
    torn[5] += 60_000
    let watch = watch([(torn, 1), (batch(torn[5] + 40_000), 1)])
    #expect(watch.gaps.map(\.lengthMilliseconds) == [70_000, 40_000])
    #expect(watch.gaps.allSatisfy { $0.cause == .notSampled })
  }
}
