import Delivery
import Telemetry
import TestSupport
import Testing

@Suite("The schedule is a pure function of answers and time")
struct UploadScheduleTests {
  typealias Schedule = UploadSchedule

  static let none = Schedule.Pause(failures: 0, untilMilliseconds: 0)
  static let ok = UploadResult.accepted(rejected: 0, message: "")
  static let busy = UploadResult.retryLater(reason: "busy", afterMilliseconds: nil)
  static let broken = UploadResult.failedThere(reason: "500")
  static let bad = UploadResult.refused(message: "bad")
  static let big = UploadResult.tooLarge(reason: "413")
  static let stranger = UploadResult.notTheSupplier(reason: "401")

  static func schedule(
    _ sources: [DataSource] = [.product, .environment], pause: Schedule.Pause = none,
    isByHand: Bool = false
  ) -> Schedule {
    Schedule(sources: sources, pause: pause, isByHand: isByHand, nowMilliseconds: today)
  }

  /// The steps that follow from answers for whichever source has its turn, the first one before any answer.
  static func steps(
    _ schedule: inout Schedule, _ answers: [(batches: Int, UploadResult)]
  ) -> [Schedule.Step] {
    var steps = [schedule.next()]
    for (batches, result) in answers {
      guard case .upload(let source, _) = steps.last else { break }
      schedule.finished(
        source, batches: batches, result, nowMilliseconds: today + 1_000, jitter: 1)
      steps.append(schedule.next())
    }
    return steps
  }

  @Test("sources take turns, whatever is answered that does not end the run")
  func turns() {
    for result in [Self.ok, Self.bad, Self.broken, Self.big, .stopped] {
      var schedule = Self.schedule()
      #expect(
        Self.steps(&schedule, [(1, result), (1, result)]).prefix(2)
          == [.upload(.product, batchesMax: 96), .upload(.environment, batchesMax: 96)])
    }
  }

  @Test("a request that is too large is halved at once and stays small for this run")
  func halves() {
    var schedule = Self.schedule([.product])
    #expect(
      Self.steps(&schedule, [(90, Self.big), (45, Self.big), (22, Self.ok), (22, Self.ok)])
        == [96, 45, 22, 22, 22].map { .upload(.product, batchesMax: $0) })
  }

  @Test("a refused request is halved until the bad batch stands alone, and then grows again")
  func bisection() {
    var schedule = Self.schedule([.product])
    let answers = [(4, Self.bad), (2, Self.bad), (1, Self.bad), (1, Self.ok), (2, Self.ok)]
    #expect(
      Self.steps(&schedule, answers)
        == [96, 2, 1, 1, 2, 4].map { .upload(.product, batchesMax: $0) })
  }

  @Test("a source that gets nowhere twice in a row rests, and one success starts the count again")
  func rest() {
    for result in [Self.bad, Self.broken, Self.big, .stopped] {
      var schedule = Self.schedule([.product])
      #expect(Self.steps(&schedule, [(1, result), (1, result)]).last == .done)
      schedule = Self.schedule([.product])
      let mixed = [(1, result), (1, Self.ok), (1, result)]
      #expect(Self.steps(&schedule, mixed).last == .upload(.product, batchesMax: 96))
    }
  }

  @Test("when the receiver is not well or a stranger, the run is over and nobody is contacted")
  func stops() {
    for (result, reason) in [(Self.busy, "busy"), (Self.stranger, "401")] {
      var schedule = Self.schedule()
      #expect(schedule.mayContact)
      #expect(Self.steps(&schedule, [(1, result)]).last == .stop(reason: reason))
      #expect(!schedule.mayContact)
      schedule.exhausted(.product)
      schedule.exhausted(.environment)
      #expect(schedule.next() == .stop(reason: reason))
    }
  }

  @Test("a pause is waited for by the timer and not by a person")
  func pauses() {
    let pause = Schedule.Pause(failures: 3, untilMilliseconds: today + 1)
    #expect(Self.schedule(pause: pause).next() == .wait(untilMilliseconds: today + 1))
    #expect(!Self.schedule(pause: pause).mayContact)
    #expect(!Self.schedule([], pause: pause).mayContact, "nothing waits, and still a pause")
    let byHand = Self.schedule(pause: pause, isByHand: true)
    #expect(byHand.next() == .upload(.product, batchesMax: 96) && byHand.mayContact)
    let over = Schedule.Pause(failures: 3, untilMilliseconds: today)
    #expect(Self.schedule(pause: over).next() == .upload(.product, batchesMax: 96))
  }

  @Test(
    "a pause that no receiver can have asked for comes from a wrong clock and is not waited for")
  func pauseOfAWrongClock() {
    for until in [today + 86_400_001, Int64.max] {
      let pause = Schedule.Pause(failures: 1, untilMilliseconds: until)
      #expect(Self.schedule(pause: pause).next() == .upload(.product, batchesMax: 96))
    }
    let longest = Schedule.Pause(failures: 1, untilMilliseconds: today + 86_400_000)
    #expect(Self.schedule(pause: longest).next() == .wait(untilMilliseconds: today + 86_400_000))
  }

  @Test("a failure inside the receiver does not end a timer's run before the others had their turn")
  func oneStuckBatch() {
    var schedule = Self.schedule()
    let steps = Self.steps(&schedule, [(1, Self.broken), (1, Self.ok), (1, Self.broken)])
    #expect(
      steps == [.product, .environment, .product, .environment].map { .upload($0, batchesMax: 96) })
  }

  @Test("the pause doubles with every failed run up to its bound, and jitter takes any part of it")
  func backoff() {
    var pause = Self.none
    for run in 0..<30 {
      let bound = min(4 * 3_600_000, 60_000 << min(run, 20))
      for jitter in [-1, 0, 0.25, 1, 2] {
        var schedule = Self.schedule(pause: pause, isByHand: true)
        schedule.finished(
          .product, batches: 1, Self.busy, nowMilliseconds: today, jitter: jitter)
        let part = min(max(jitter, 0), 1)
        #expect(
          schedule.pause.untilMilliseconds == today + Int64(Double(bound) * part),
          "run \(run), jitter \(jitter)")
      }
      var schedule = Self.schedule(pause: pause, isByHand: true)
      schedule.finished(.product, batches: 1, Self.busy, nowMilliseconds: today, jitter: 1)
      #expect(schedule.pause.failures == pause.failures + 1)
      pause = schedule.pause
    }
  }

  @Test("a run counts as one failure, however many of its requests fail")
  func oneRunIsOneFailure() {
    var schedule = Self.schedule(pause: Schedule.Pause(failures: 4, untilMilliseconds: 0))
    _ = Self.steps(&schedule, [(1, Self.broken), (1, Self.broken), (1, Self.busy)])
    #expect(schedule.pause.failures == 5)
  }

  @Test("the pause begins when the answer came, not when the run began")
  func pauseFromTheAnswer() {
    var schedule = Self.schedule()
    schedule.finished(
      .product, batches: 1, .retryLater(reason: "r", afterMilliseconds: 120_000),
      nowMilliseconds: today + 900_000, jitter: 0)
    #expect(schedule.pause.untilMilliseconds == today + 900_000 + 120_000)
  }

  @Test("a pause that is asked for in answer to the event holds for all requests")
  func announcement() {
    var schedule = Self.schedule([])
    schedule.announced(.retryLater(reason: "r", afterMilliseconds: 5_000), nowMilliseconds: today)
    #expect(schedule.pause == Schedule.Pause(failures: 0, untilMilliseconds: today + 5_000))
    for result in [Self.ok, Self.busy, Self.bad, Self.big, Self.broken, Self.stranger, .stopped] {
      var schedule = Self.schedule([])
      schedule.announced(result, nowMilliseconds: today)
      #expect(schedule.pause == Self.none)
    }
  }

  // MARK: simulation

  static func randomResult(_ generator: inout SeededGenerator) -> UploadResult {
    switch Int.random(in: 0..<20, using: &generator) {
    case 0..<9: ok
    case 9..<12: broken
    case 12..<14: bad
    case 14..<16: big
    case 16: .stopped
    case 17: stranger
    default:
      .retryLater(
        reason: "busy",
        afterMilliseconds: Bool.random(using: &generator)
          ? Int64.random(in: 0...86_400_000, using: &generator) : nil)
    }
  }

  struct World {
    var generator: SeededGenerator
    /// How many batches of each source wait.
    var waiting: [DataSource: Int] = [:]
    /// One source may fail for ever: the others must not notice.
    var stuck: DataSource?
    /// The receiver never ends a run.
    let isQuiet: Bool
    var pause = none
    var now = today

    init(seed: UInt64) {
      generator = SeededGenerator(seed: seed)
      isQuiet = seed % 2 == 0
      for source in DataSource.allCases.shuffled(using: &generator).prefix(Int(seed % 7) + 1) {
        waiting[source] = Int.random(in: 1...300, using: &generator)
      }
      stuck =
        Bool.random(using: &generator) ? DataSource.allCases.first { waiting[$0] != nil } : nil
    }

    mutating func answer(_ source: DataSource) -> UploadResult {
      let result = source == stuck ? broken : randomResult(&generator)
      switch result {
      case .retryLater, .notTheSupplier, .stopped: return isQuiet ? ok : result
      default: return result
      }
    }
  }

  @Test("random answers to random queues", arguments: 1...200 as ClosedRange<UInt64>)
  func simulation(seed: UInt64) throws {
    var world = World(seed: seed)
    for _ in 0..<20 {
      try Self.run(&world, seed)
      world.now += 900_000
    }
    guard world.isQuiet, let stuck = world.stuck else { return }
    for (source, batches) in world.waiting where source != stuck {
      #expect(batches == 0, "seed \(seed): \(source.name) was blocked by \(stuck.name)")
    }
  }

  private static func run(_ world: inout World, _ seed: UInt64) throws {
    let sources = DataSource.allCases.filter { world.waiting[$0, default: 0] > 0 }
    var schedule = Schedule(
      sources: sources, pause: world.pause, isByHand: Bool.random(using: &world.generator),
      nowMilliseconds: world.now)
    var seen: Set<DataSource> = []
    var passed: [DataSource: Int] = [:]
    var requests = 0
    defer { world.pause = schedule.pause }
    while true {
      switch schedule.next() {
      case .done:
        #expect(seen == Set(sources), "seed \(seed): every source has its turn")
        return
      case .stop: return
      case .wait(let until, _):
        #expect(until > world.now && requests == 0, "seed \(seed)")
        return
      case .upload(let source, let batchesMax):
        requests += 1
        try #require(requests < 20_000, "seed \(seed): the run does not end")
        #expect((1...96).contains(batchesMax), "seed \(seed)")
        seen.insert(source)
        let batches = min(batchesMax, world.waiting[source]! - passed[source, default: 0])
        guard batches > 0 else {
          schedule.exhausted(source)
          continue
        }
        let (result, before) = (world.answer(source), schedule.pause)
        world.now += Int64.random(in: 0...100_000, using: &world.generator)
        schedule.finished(
          source, batches: batches, result, nowMilliseconds: world.now,
          jitter: Double.random(in: 0...1, using: &world.generator))
        check(schedule.pause, before, result, world.now, seed)
        #expect(schedule.mayContact == !ends(result), "seed \(seed): no request after a stop")
        switch result {
        case .accepted: world.waiting[source]! -= batches
        case .refused where batches == 1, .tooLarge where batches == 1: world.waiting[source]! -= 1
        case .failedThere: passed[source, default: 0] += batches
        default: break
        }
      }
    }
  }

  private static func ends(_ result: UploadResult) -> Bool {
    switch result {
    case .retryLater, .notTheSupplier: true
    default: false
    }
  }

  private static func check(
    _ pause: UploadSchedule.Pause, _ before: UploadSchedule.Pause, _ result: UploadResult,
    _ now: Int64, _ seed: UInt64
  ) {
    switch result {
    case .accepted: #expect(pause == none, "seed \(seed)")
    case .retryLater(_, let asked):
      #expect(pause.untilMilliseconds >= now + (asked ?? 0), "seed \(seed)")
      #expect(
        pause.untilMilliseconds <= now + max(asked ?? 0, 4 * 3_600_000), "seed \(seed)")
      #expect(pause.failures >= 1)
    case .notTheSupplier:
      #expect((now + 3_600_000...now + 4 * 3_600_000).contains(pause.untilMilliseconds))
    case .failedThere: #expect(pause.failures >= 1 && pause.untilMilliseconds >= now)
    case .refused, .tooLarge, .stopped, .overQuota: #expect(pause == before, "seed \(seed)")
    }
  }
}
