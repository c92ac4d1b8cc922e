// Rule 8 from the receiver's chair: out of all that it ever got, it tries to work out what the counters did before and
// between the grants. What the kernel really counted is known to the test alone.

import Telemetry
import TestSupport
import Testing

@Suite("Rule 8: a receiver cannot compute what happened before or between grants")
struct CounterSecretTests {
  enum Act: Sendable {
    case share(Int)
    case deny(Int)
    case local(Int)
    /// The consent cannot be read for so many ticks: a doubt, and no word.
    case hold(Int)
    /// The kernel's files show nothing for so many ticks.
    case missing(Int)
    case reboot, restart, fall, wrap, interface, upload
  }

  struct Story: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let acts: [Act]
  }

  static let stories = [
    Story(testDescription: "before the first grant", acts: [.deny(8), .share(9)]),
    Story(testDescription: "shared from the first tick", acts: [.share(9)]),
    Story(
      testDescription: "deny, share, deny, share, deny, share",
      acts: [.deny(4), .share(6), .deny(5), .share(6), .upload, .deny(7), .share(6)]),
    Story(
      testDescription: "share, local, share", acts: [.share(6), .upload, .local(6), .share(6)]),
    Story(
      testDescription: "denied for one tick", acts: [.share(6), .deny(1), .share(6)]),
    Story(
      testDescription: "a reboot inside a grant", acts: [.deny(3), .share(6), .reboot, .share(7)]),
    Story(
      testDescription: "three reboots inside a grant",
      acts: [.deny(3), .share(6), .reboot, .share(4), .upload, .reboot, .reboot, .share(5)]),
    Story(
      testDescription: "a reboot between grants",
      acts: [.share(6), .deny(4), .reboot, .deny(3), .share(6)]),
    Story(
      testDescription: "a reboot as the first thing after a grant and before the next",
      acts: [.share(6), .deny(1), .reboot, .share(6)]),
    Story(
      testDescription: "counters reset inside a grant",
      acts: [.deny(3), .share(6), .fall, .share(6), .upload, .fall, .share(4)]),
    Story(
      testDescription: "counters reset between grants",
      acts: [.share(6), .deny(4), .fall, .deny(3), .share(6)]),
    Story(
      testDescription: "32 bits wrap inside and between grants",
      acts: [.deny(3), .share(6), .wrap, .share(6), .deny(2), .wrap, .deny(2), .share(6)]),
    Story(
      testDescription: "the first readings of a grant are missing",
      acts: [.deny(4), .missing(4), .share(6), .deny(2), .missing(3), .share(5)]),
    Story(
      testDescription: "the first readings after a reboot are missing",
      acts: [.deny(4), .share(6), .reboot, .missing(4), .share(6)]),
    Story(
      testDescription: "restarts of the agent, in gaps as well",
      acts: [
        .deny(4), .share(6), .restart, .share(5), .missing(3), .restart, .missing(2), .share(5),
      ]),
    Story(
      testDescription: "a reset while readings are missing and the agent is started again",
      acts: [.deny(4), .share(6), .missing(4), .fall, .restart, .share(6)]),
    Story(
      testDescription: "a series that appears late",
      acts: [.deny(4), .share(5), .interface, .share(6)]),
    Story(
      testDescription: "a series that appears late and after a reboot",
      acts: [.deny(4), .share(5), .reboot, .share(4), .interface, .share(6), .reboot, .share(4)]),
    Story(
      testDescription: "hold and resume", acts: [.deny(4), .share(6), .hold(5), .share(6)]),
    Story(
      testDescription: "a reboot while held",
      acts: [.deny(4), .share(6), .hold(3), .reboot, .hold(3), .share(6)]),
    Story(
      testDescription: "held between grants",
      acts: [.share(6), .hold(3), .deny(5), .hold(3), .share(6)]),
  ]

  @Test("nothing hidden comes out, and within a grant nothing is lost", arguments: stories)
  func story(_ story: Story) throws {
    let performance = try Performance(seed: UInt64(story.testDescription.utf8.count))
    for act in story.acts { try performance.play(act) }
    try performance.play(.upload)
    let points = performance.counterPoints()
    #expect(!points.isEmpty)
    for place in Machine.series.indices where Machine.series[place].kind == .counter {
      let grants = performance.grants(place)
      let received = points[Records.text(place)] ?? []
      check(received, hides: grants)
      check(received, holds: grants)
    }
  }

  /// Everything that can be made of a series by adding and subtracting: as it came, and put end to end where it began
  /// anew, as receivers do.
  private func check(_ points: [DecodedMetrics.Point], hides grants: [[TrueReading]]) {
    var (sum, last, start): (Int64, Int64, Int64?) = (0, 0, nil)
    var numbers: Set<Int64> = [0]
    for point in points {
      let value = Int64(point.value)
      if point.start != start { sum += last }
      (last, start) = (value, point.start)
      numbers.formUnion([value, sum + value])
    }
    var results: Set<Int64> = []
    for left in numbers {
      for right in numbers { results.formUnion([left - right, left + right]) }
    }
    var before: TrueReading?
    for grant in grants {
      guard let first = grant.first else { continue }
      #expect(!results.contains(first.value), "what was counted before the grant came out")
      if let before, before.key.boot == first.key.boot {
        #expect(
          !results.contains(first.value - before.value), "the growth between two grants came out")
      }
      before = grant.last
    }
  }

  /// Every reading of every grant, counted from where rule 8 says, and with that start.
  private func check(_ points: [DecodedMetrics.Point], holds grants: [[TrueReading]]) {
    var expected: [Arrival] = []
    for grant in grants {
      var (start, baseline): (Int64, Int64) = (0, 0)
      for (position, reading) in grant.enumerated() {
        let before = position == 0 ? nil : grant[position - 1]
        if before == nil || before!.key.boot == reading.key.boot && reading.value < before!.value {
          (start, baseline) = (reading.wallMilliseconds, reading.value)
        } else if before!.key.boot != reading.key.boot {
          (start, baseline) = (reading.wallMilliseconds - reading.key.milliseconds, 0)
        }
        expected.append(
          Arrival(
            start: start, time: reading.wallMilliseconds, value: reading.value - baseline))
      }
    }
    let received = points.map {
      Arrival(start: $0.start, time: $0.time, value: Int64($0.value))
    }
    #expect(received.count == expected.count)
    for (received, expected) in zip(received, expected) { #expect(received == expected) }
  }
}

/// A point as far as it matters here.
struct Arrival: Equatable {
  let start: Int64?
  let time: Int64
  let value: Int64
}

/// What a counter really was when the agent looked.
struct TrueReading {
  let key: MomentKey
  let wallMilliseconds: Int64
  let value: Int64
}

/// An appliance that acts a story out.
private final class Performance {
  let appliance: SimulatedAppliance
  private var offsets: [String: Int64] = [:]

  init(seed: UInt64) throws {
    appliance = try SimulatedAppliance(seed: seed)
    appliance.wire.received = []
    appliance.model.offer.half.requests[.environment]!.signals = ["system.*"]
    appliance.writeOffer()
    offsets[appliance.clock.boot!] = appliance.clock.offsetMilliseconds
  }

  func play(_ act: CounterSecretTests.Act) throws {
    switch act {
    case .share(let ticks): try agree(.share, for: ticks)
    case .deny(let ticks): try agree(.deny, for: ticks)
    case .local(let ticks): try agree(.local, for: ticks)
    case .hold(let ticks):
      appliance.model.consent.flaw = .brokenSyntax
      appliance.writeConsent()
      for _ in 0..<ticks { try appliance.tick() }
      appliance.model.consent.flaw = nil
      appliance.writeConsent()
    case .missing(let ticks):
      appliance.machine.brokenFiles = ["/proc/stat", "/proc/net/dev"]
      for _ in 0..<ticks { try appliance.tick() }
      appliance.machine.brokenFiles = []
    case .reboot:
      try appliance.reboot(stopping: true)
      offsets[appliance.clock.boot!] = appliance.clock.offsetMilliseconds
    case .restart:
      try appliance.end(stopping: true)
      appliance.clock.advance(25_000)
      try appliance.start()
    case .fall: appliance.machine.fall(&appliance.generator)
    case .wrap: appliance.machine.wrap()
    case .interface: appliance.machine.isSecondInterfaceThere = true
    case .upload:
      try appliance.end(stopping: true)
      try appliance.upload()
      try appliance.start()
    }
  }

  /// What a grant holds has left before it is closed: the receiver shall have all that it can have.
  private func agree(_ mode: Mode, for ticks: Int) throws {
    if mode != .share, !appliance.moments.isEmpty { try play(.upload) }
    appliance.model.consent.half.modes[.environment] = mode
    appliance.writeConsent()
    for _ in 0..<ticks { try appliance.tick() }
  }

  /// What was received of each counter, in the order of its times, without its decimal places.
  func counterPoints() -> [String: [DecodedMetrics.Point]] {
    var points: [String: [DecodedMetrics.Point]] = [:]
    for body in appliance.wire.received ?? [] {
      for var point in body.points {
        let text = Records.text(point.metric, point.attributes)
        guard let place = Machine.series.indices.first(where: { Records.text($0) == text }) else {
          continue
        }
        for _ in 0..<Machine.series[place].decimals { point.value *= 10 }
        point.value.round()
        points[text, default: []].append(point)
      }
    }
    return points.mapValues { $0.sorted { $0.time < $1.time } }
  }

  /// What the counter really was at each look at which it was shared, grant by grant.
  func grants(_ place: Int) -> [[TrueReading]] {
    var readings: [Int: [TrueReading]] = [:]
    for (key, moment) in appliance.moments {
      guard let value = moment.values[place], let grant = moment.grants[.environment],
        moment.judgement.mode(Machine.series[place].signal) == .share
      else { continue }
      readings[grant.number, default: []].append(
        TrueReading(
          key: key, wallMilliseconds: key.milliseconds + offsets[key.boot]!, value: value))
    }
    return readings.sorted { $0.key < $1.key }.map {
      $0.value.sorted { $0.wallMilliseconds < $1.wallMilliseconds }
    }
  }
}

extension Records {
  /// A series of the machine as a body names it.
  static func text(_ place: Int) -> String {
    let series = Machine.series[place]
    return text(series.signal, series.attributes.map { "\($0)=\($1)" })
  }

  static func text(_ metric: String, _ attributes: [String]) -> String {
    metric + " " + attributes.sorted().joined(separator: " ")
  }
}
