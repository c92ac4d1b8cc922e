// Memory, disks and processors that are short, links that are bad: rates and shares, with each threshold from both sides.

import Health
import Telemetry
import Testing

@Suite("The load")
struct LoadRulesTests {
  private func swap(_ used: Double, pages: Double) -> [Reading] {
    [
      reading(
        "system.paging.usage", used, ["system.device": "/dev/sda3", "system.paging.state": "used"]),
      reading("system.paging.operations", pages / 2, ["system.paging.direction": "in"]),
      reading("system.paging.operations", pages / 2, ["system.paging.direction": "out"]),
    ]
  }

  @Test(arguments: [(49, nil), (50, .warning)] as [(Double, HealthLevel?)])
  func `swap in use is no finding until its pages move`(perSecond: Double, expected: HealthLevel?) {
    let before = swap(5e8, pages: 1_000)
    let found = findings(
      swap(5e8, pages: 1_000 + perSecond * 600), before: before, secondsAgo: 600)
    #expect(level(found) == expected)
    #expect(
      found.allSatisfy {
        $0.sentence.hasPrefix("the appliance is swapping: 476 MiB of swap are in use")
      })
    #expect(findings(swap(5e8, pages: 1e9)) == [], "without a history no rate is known")
    #expect(findings(swap(0, pages: 1e9), before: before) == [], "nothing lies there any more")
  }

  @Test(
    arguments: [(0.099, nil), (0.1, .warning), (0.59, .warning), (0.6, .critical)]
      as [(Double, HealthLevel?)])
  func `programs that wait for memory are a finding with and without swap`(
    share: Double, expected: HealthLevel?
  ) {
    let found = findings([pressure("memory", "1m", share)])
    #expect(level(found) == expected)
    #expect(found.allSatisfy { $0.sentence.hasPrefix("memory is short: programs stood still") })
    let swapping = findings(swap(1e9, pages: 0) + [pressure("memory", "1m", share)])
    #expect(level(swapping) == expected)
    #expect(swapping.allSatisfy { $0.sentence.hasPrefix("the appliance is swapping") })
  }

  @Test func `memory is nearly used up below 5 percent`() {
    func available(_ bytes: Double) -> [HealthFinding] {
      findings([
        reading("system.memory.linux.available", bytes), reading("system.memory.limit", 1e9),
      ])
    }
    #expect(available(5e7) == [])
    #expect(level(available(4.9e7)) == .warning)
  }

  @Test func `a program that the kernel ended counts when it was lately`() {
    func kills(_ now: Double, before: Double?, uptime: Double) -> [HealthFinding] {
      findings(
        [reading("accord.oom_kill.count", now), reading("system.uptime", uptime)],
        before: before.map { [reading("accord.oom_kill.count", $0)] })
    }
    #expect(kills(3, before: 3, uptime: 1e7) == [])
    #expect(level(kills(4, before: 3, uptime: 1e7)) == .critical)
    #expect(
      kills(4, before: 3, uptime: 1e7)[0].sentence.contains("ended 1 program in the last 60 min"))
    #expect(kills(3, before: nil, uptime: 86_400) == [])
    #expect(level(kills(3, before: nil, uptime: 86_399)) == .critical)
    #expect(kills(0, before: nil, uptime: 60) == [])
    #expect(kills(1, before: 5, uptime: 1e7) == [], "a counter that began anew has not risen")
  }

  @Test func `disks and processors are too slow from a share on`() {
    #expect(findings([pressure("io", "5m", 0.39)]) == [])
    #expect(level(findings([pressure("io", "5m", 0.4)])) == .warning)
    #expect(findings([pressure("cpu", "5m", 0.59)]) == [])
    #expect(level(findings([pressure("cpu", "5m", 0.6)])) == .warning)
  }

  @Test func `where the kernel has no pressure the processors' waiting tells`() {
    func times(_ idle: Double, _ waiting: Double) -> [Reading] {
      [
        reading("system.cpu.time", idle, ["cpu.mode": "idle"]),
        reading("system.cpu.time", waiting, ["cpu.mode": "iowait"]),
      ]
    }
    let before = times(1_000, 100)
    #expect(findings(times(1_076, 124), before: before) == [])
    #expect(level(findings(times(1_075, 125), before: before)) == .warning)
    #expect(findings(times(1_000, 500) + [pressure("io", "5m", 0.1)], before: before) == [])
  }

  @Test(
    arguments: [(799, nil), (800, .warning), (949, .warning), (950, .critical)]
      as [(Double, HealthLevel?)])
  func `a table of the kernel's runs full`(used: Double, expected: HealthLevel?) {
    let files = findings([
      reading("accord.file_handle.usage", used), reading("accord.file_handle.limit", 1_000),
    ])
    #expect(level(files) == expected)
    let threads = findings {
      ($0.machine.tasks, $0.machine.tasksMax) = (used, 1_000)
    }
    #expect(level(threads) == expected)
  }

  @Test func `errors and drops count against the packets of the same time`() {
    let before = counters(errors: 1_000, dropped: 1_000, packets: 1_000_000)
    func later(errors: Double, dropped: Double, packets: Double) -> HealthLevel? {
      level(
        findings(
          counters(errors: 1_000 + errors, dropped: 1_000 + dropped, packets: 1_000_000 + packets),
          before: before))
    }
    #expect(later(errors: 9, dropped: 0, packets: 100) == nil)
    #expect(later(errors: 10, dropped: 0, packets: 9_990) == .warning)
    #expect(later(errors: 10, dropped: 0, packets: 9_991) == nil)
    #expect(later(errors: 0, dropped: 1_800, packets: 100) == nil, "a switch's own protocol")
    #expect(later(errors: 0, dropped: 10_799, packets: 100) == nil)
    #expect(later(errors: 0, dropped: 10_800, packets: 1_069_200) == .warning)
    #expect(later(errors: 0, dropped: 10_800, packets: 1_069_201) == nil)
    #expect(findings(counters(errors: 1e6, dropped: 1e6, packets: 10)) == [])
  }

  @Test func `a link flaps that is lost twice an hour`() {
    func link(_ changes: Int64, hours: Double, carrier: Bool = true) -> [HealthFinding] {
      var machine = MachineFacts([reading("system.uptime", hours * 3_600)])
      machine.links = [
        MachineFacts.Link(name: "eth0", isUp: true, hasCarrier: carrier, carrierChanges: changes)
      ]
      return findings(machine)
    }
    #expect(link(9, hours: 0.1) == [], "negotiation at the start")
    #expect(level(link(10, hours: 2.5)) == .warning)
    #expect(link(10, hours: 2.6) == [])
    #expect(
      link(40, hours: 10)[0].sentence
        == "the link eth0 comes and goes: it was lost 20 times in 10 h")
  }

  @Test func `a link is down that has carried packets`() {
    func link(isUp: Bool, hasCarrier: Bool, packets: Double) -> [HealthFinding] {
      var machine = MachineFacts(counters(errors: 0, dropped: 0, packets: packets))
      machine.links = [
        MachineFacts.Link(name: "eth0", isUp: isUp, hasCarrier: hasCarrier, carrierChanges: 2)
      ]
      return findings(machine)
    }
    #expect(link(isUp: true, hasCarrier: true, packets: 1) == [])
    #expect(link(isUp: false, hasCarrier: false, packets: 1) == [])
    #expect(link(isUp: true, hasCarrier: false, packets: 0) == [])
    #expect(level(link(isUp: true, hasCarrier: false, packets: 1)) == .warning)
  }

  @Test func `failed services are named, three of them at the most`() {
    func units(_ names: String...) -> [HealthFinding] {
      findings { $0.machine.failedUnits = names }
    }
    #expect(units("pump.service").map(\.sentence) == ["the service pump.service has failed"])
    let many = units("a.service", "b.service", "c.timer", "d.service", "e.service")
    #expect(
      many.map(\.sentence) == ["5 services have failed: a.service, b.service, c.timer and 2 more"])
    #expect(many[0].source == .product && many[0].remedy == "see why: systemctl status a.service")
  }

  @Test func `a unit whose name may name a mount, a device or an interface is told as such`() {
    let found = findings {
      $0.machine.failedUnits = ["a.service", "srv-x.mount", "wg-quick@wg0.service"]
    }
    #expect(
      found.map(\.sentence) == [
        "the service a.service has failed",
        "2 units have failed: srv-x.mount, wg-quick@wg0.service",
      ])
    #expect(
      found.map(\.signals) == [
        [], ["system.disk.io", "system.filesystem.usage", "system.network.io"],
      ])
  }
}
