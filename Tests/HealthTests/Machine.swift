// A healthy appliance, of which a test makes one thing sick.

import Health
import Telemetry

typealias Reading = MachineFacts.Reading

/// A reading of the catalog, with the attributes in the order in which they are given.
func reading(_ signal: String, _ value: Double, _ attributes: KeyValuePairs<String, String> = [:])
  -> Reading
{
  precondition(Catalog.signal(signal) != nil, "the catalog has no \(signal)")
  return Reading(signal, attributes.map { Attribute($0.key, .string($0.value)) }, value)
}

func fileSystem(
  _ mountPoint: String = "/data", used: Double, free: Double, inodesUsed: Double = 100,
  inodesFree: Double = 10_000, mode: String = "rw"
) -> [Reading] {
  func state(_ signal: String, _ state: String, _ value: Double) -> Reading {
    reading(
      signal, value,
      [
        "system.device": "/dev/sda2", "system.filesystem.mode": mode,
        "system.filesystem.mountpoint": mountPoint, "system.filesystem.state": state,
        "system.filesystem.type": "ext4",
      ])
  }
  return [
    state("system.filesystem.usage", "used", used), state("system.filesystem.usage", "free", free),
    state("system.filesystem.inodes.usage", "used", inodesUsed),
    state("system.filesystem.inodes.usage", "free", inodesFree),
  ]
}

func sensor(
  _ signal: String, _ value: Double, _ name: String = "CPU", limits: [String: Double] = [:]
) -> [Reading] {
  [reading(signal, value, ["hw.id": "chip/\(name)", "hw.name": name])]
    + limits.map {
      reading(
        signal + ".limit", $0.value,
        ["hw.id": "chip/\(name)", "hw.limit_type": $0.key, "hw.name": name])
    }
}

func status(_ type: String, _ name: String, _ state: String) -> [Reading] {
  ["ok", "degraded", "failed"].map {
    reading(
      "hw.status", $0 == state ? 1 : 0,
      ["hw.id": name, "hw.name": name, "hw.state": $0, "hw.type": type])
  }
}

func pressure(_ resource: String, _ window: String, _ share: Double) -> Reading {
  reading(
    "system.\(resource).linux.pressure.\(window)", share, ["system.pressure.stall_type": "some"])
}

func counters(errors: Double, dropped: Double, packets: Double) -> [Reading] {
  [
    reading(
      "system.network.errors", errors,
      ["network.interface.name": "eth0", "network.io.direction": "receive"]),
    reading(
      "system.network.packet.dropped", dropped,
      ["network.interface.name": "eth0", "network.io.direction": "receive"]),
    reading(
      "system.network.packet.count", packets,
      ["system.device": "eth0", "network.io.direction": "receive"]),
  ]
}

extension MachineFacts {
  init(_ readings: [Reading], before: [Reading]? = nil, secondsAgo: Double = 3_600) {
    self.init()
    for reading in readings { add(reading) }
    guard let before else { return }
    earlier = Earlier(
      secondsAgo: secondsAgo,
      values: Dictionary(
        before.map { ($0.series, $0.value) },
        uniquingKeysWith: { first, _ in first }))
  }
}

/// What is found of a machine whose agent is well.
func findings(_ machine: MachineFacts) -> [HealthFinding] {
  var facts = HealthFacts()
  facts.machine = machine
  return HealthCheck.findings(facts)
}

func findings(_ readings: [Reading], before: [Reading]? = nil, secondsAgo: Double = 3_600)
  -> [HealthFinding]
{
  findings(MachineFacts(readings, before: before, secondsAgo: secondsAgo))
}

func findings(_ change: (inout HealthFacts) -> Void) -> [HealthFinding] {
  var facts = HealthFacts()
  change(&facts)
  return HealthCheck.findings(facts)
}

/// The level of the only finding; nil for none.
func level(_ findings: [HealthFinding]) -> HealthLevel? {
  precondition(findings.count <= 1, "\(findings)")
  return findings.first?.level
}
