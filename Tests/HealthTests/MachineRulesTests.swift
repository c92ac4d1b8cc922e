// Every rule about the machine, with its threshold from both sides.

import Health
import Telemetry
import Testing

private let gibibyte: Double = 1024 * 1024 * 1024

@Suite("The machine")
struct MachineRulesTests {
  @Test func `nothing is found of a healthy machine`() {
    let readings =
      fileSystem(used: 50 * gibibyte, free: 50 * gibibyte)
      + sensor("hw.temperature", 48, limits: ["high.degraded": 84, "high.critical": 100])
      + sensor("hw.fan.speed", 1_180, "fan1", limits: ["low.degraded": 600])
      + status("power_supply", "AC", "ok") + status("battery", "BAT0", "ok")
      + sensor("hw.battery.charge", 0.97, "BAT0", limits: ["degraded": 0.2])
      + [pressure("memory", "1m", 0.001), pressure("io", "5m", 0.08), pressure("cpu", "5m", 0.01)]
      + counters(errors: 17, dropped: 482_113, packets: 7e12)
      + [
        reading("system.memory.linux.available", 12e9), reading("system.memory.limit", 16e9),
        reading("accord.oom_kill.count", 3), reading("system.uptime", 63_000_000),
        reading("accord.file_handle.usage", 4_416), reading("accord.file_handle.limit", 9e18),
      ]
    #expect(findings(readings, before: readings) == [])
  }

  @Test(
    arguments: [
      (0.050, nil), (0.049, .warning), (0.010, .warning), (0.0099, .critical), (0, .critical),
    ] as [(Double, HealthLevel?)])
  func `a file system is nearly full below 5 percent, and full below 1`(
    free: Double, expected: HealthLevel?
  ) throws {
    let size = 20 * gibibyte
    let found = findings(fileSystem(used: size * (1 - free), free: size * free))
    #expect(level(found) == expected)
    guard let finding = found.first else { return }
    #expect(finding.source == .environment && finding.signals == ["system.filesystem.usage"])
    #expect(finding.subject == "disk /data" && finding.sentence.contains(" of 20 GiB are free"))
    #expect(finding.remedy.hasPrefix("find what fills it: du -xh"))
  }

  @Test func `what is plenty whatever part of a large disk it is, is enough`() {
    #expect(findings(fileSystem(used: 990 * gibibyte, free: 10 * gibibyte)) == [])
    #expect(level(findings(fileSystem(used: 990 * gibibyte, free: 9 * gibibyte))) == .warning)
    #expect(level(findings(fileSystem(used: 990 * gibibyte, free: gibibyte))) == .warning)
    #expect(level(findings(fileSystem(used: 990 * gibibyte, free: gibibyte - 1))) == .critical)
  }

  @Test(
    arguments: [(5.0, nil), (4.9, .warning), (1.0, .warning), (0.9, .critical)]
      as [(Double, HealthLevel?)])
  func `inodes run out whatever space there is`(percent: Double, expected: HealthLevel?) {
    let found = findings(
      fileSystem(
        used: gibibyte, free: gibibyte, inodesUsed: 100_000 - 1_000 * percent,
        inodesFree: 1_000 * percent))
    #expect(level(found) == expected)
    #expect(found.allSatisfy { $0.sentence.contains("full of small files") })
  }

  @Test func `a read-only image is full from the day it was made`() {
    #expect(findings(fileSystem("/", used: gibibyte, free: 0, mode: "ro")) == [])
  }

  @Test func `a file system that the kernel made read-only is that, and not full as well`() {
    var machine = MachineFacts(fileSystem(used: gibibyte, free: 0))
    machine.turnedReadOnly = ["/data"]
    let found = findings(machine)
    #expect(level(found) == .critical)
    #expect(found[0].sentence.contains("the kernel has made it read-only after an error"))
  }

  @Test(
    arguments: [(99.9, nil), (100, .critical), (83.9, nil), (84, .warning)]
      as [(Double, HealthLevel?)])
  func `a sensor at its limit overheats, and is named`(celsius: Double, expected: HealthLevel?) {
    let limits =
      celsius > 90 ? ["high.critical": 100.0] : ["high.degraded": 84, "high.critical": 100]
    let found = findings(sensor("hw.temperature", celsius, "Package id 0", limits: limits))
    #expect(level(found) == expected)
    #expect(
      found.allSatisfy { $0.sentence.hasPrefix("Package id 0 is at \(Int(celsius)) degrees") })
  }

  @Test func `a limit of a chip that has none is no limit`() {
    #expect(findings(sensor("hw.temperature", 48, limits: ["high.critical": 0])) == [])
    #expect(findings(sensor("hw.temperature", 48, limits: ["high.degraded": -128])) == [])
  }

  @Test func `a fan stands still when it should turn, or turned before`() {
    func fan(_ speed: Double, limits: [String: Double] = [:], before: Double? = nil)
      -> [HealthFinding]
    {
      findings(
        sensor("hw.fan.speed", speed, "fan1", limits: limits),
        before: before.map { sensor("hw.fan.speed", $0, "fan1") })
    }
    #expect(fan(0) == [])
    #expect(fan(0, before: 0) == [])
    #expect(level(fan(0, before: 1_200)) == .critical)
    #expect(
      fan(0, before: 1_200)[0].sentence.contains("it made 1200 turns a minute in the last 60 min"))
    #expect(level(fan(0, limits: ["low.degraded": 600])) == .critical)
    #expect(level(fan(599, limits: ["low.degraded": 600])) == .warning)
    #expect(fan(600, limits: ["low.degraded": 600]) == [])
    let switchedOff = sensor("hw.fan.speed", 0, "fan1") + sensor("hw.fan.speed_ratio", 0, "fan1")
    #expect(findings(switchedOff, before: sensor("hw.fan.speed", 1_200, "fan1")) == [])
    let faulty = sensor("hw.fan.speed", 900, "fan1") + status("fan", "chip/fan1", "failed")
    #expect(level(findings(faulty)) == .critical)
  }

  @Test func `an appliance with two supplies needs one`() {
    #expect(level(findings(status("power_supply", "A", "failed"))) == .warning)
    let one = findings(status("power_supply", "A", "ok") + status("power_supply", "B", "failed"))
    #expect(
      one.map(\.sentence) == ["the power supply B is off-line: another carries the appliance alone"]
    )
    let none = findings(
      status("power_supply", "A", "failed") + status("power_supply", "B", "failed")
        + sensor("hw.battery.charge", 0.41, "BAT0"))
    #expect(
      none.map(\.sentence) == [
        "the appliance has no mains: A, B is without current: the battery BAT0 carries it, at 41 %"
      ])
  }

  @Test(
    arguments: [(0.21, nil), (0.2, .warning), (0.051, .warning), (0.05, .critical)]
      as [(Double, HealthLevel?)])
  func `a battery would not carry a power cut`(charge: Double, expected: HealthLevel?) {
    #expect(level(findings(sensor("hw.battery.charge", charge, "BAT0"))) == expected)
  }

  @Test func `a battery's own level counts where it has one, and what it says of itself`() {
    #expect(
      level(findings(sensor("hw.battery.charge", 0.4, "B", limits: ["degraded": 0.4]))) == .warning)
    #expect(findings(sensor("hw.battery.charge", 0.15, "B", limits: ["degraded": 0.1])) == [])
    #expect(level(findings(status("battery", "B", "degraded"))) == .warning)
    #expect(level(findings(status("battery", "B", "failed"))) == .critical)
    #expect(findings(status("temperature", "T", "failed")) == [])
    #expect(findings(status("voltage", "V", "degraded")) == [])
  }

  @Test func `a voltage counts at its critical limits only`() {
    let limits = ["low.critical": 21.6, "high.critical": 26.4, "high.degraded": 24]
    #expect(findings(sensor("hw.voltage", 24.1, limits: limits)) == [])
    #expect(level(findings(sensor("hw.voltage", 21.6, limits: limits))) == .critical)
    #expect(level(findings(sensor("hw.voltage", 26.4, limits: limits))) == .critical)
  }

  @Test func `every finding of the machine tells whose data it is`() {
    var machine = MachineFacts(
      fileSystem(used: 1, free: 0) + sensor("hw.temperature", 99, limits: ["high.critical": 90])
        + [pressure("io", "5m", 0.9), pressure("memory", "1m", 0.9)])
    machine.failedUnits = ["a.service"]
    let found = findings(machine)
    #expect(found.count == 5)
    for finding in found {
      // What is compared may be of another source: the time since the start is the product's.
      if let signal = finding.signals.first {
        #expect(Catalog.signal(signal)?.source == finding.source)
      }
      for signal in finding.signals { #expect(Catalog.signal(signal) != nil, "\(signal)") }
      #expect(finding.source != nil && !finding.remedy.isEmpty && finding.sentence.last != ".")
    }
  }
}
