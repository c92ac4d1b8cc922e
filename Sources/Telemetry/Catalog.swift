// The data dictionary: every signal that the agent can produce, and nothing else can be sampled.
//
// Names, units, instruments and attributes follow OpenTelemetry semantic conventions 1.44
// (https://opentelemetry.io/docs/specs/semconv/system/system-metrics/), where every `system.*` metric still
// has the status Development. Exceptions, because the conventions have no name:
// - load averages: the names of the OpenTelemetry Collector's hostmetrics receiver.
// `system.network.packet.count` really does call the interface `system.device` where its siblings say
// `network.interface.name`: that is how the convention stands.
//
// CPU time is the machine's sum. `cpu.logical_number` is opt-in by the conventions, and on a 64-core
// appliance it would be 448 series where 7 answer the question.

package enum Catalog {
  /// The version of the conventions, for OTLP's `schema_url`.
  package static let schemaURL = "https://opentelemetry.io/schemas/1.44.0"

  package static let signals: [Signal] = facts + [uptime] + cpu + memory + network

  /// The signal of that name, if there is one.
  package static func signal(_ name: String) -> Signal? { signals.first { $0.name == name } }

  // MARK: product

  package static let osType = fact(
    "os.type", for: "the family of the operating system, always linux")
  package static let osName = fact("os.name", for: "which distribution the appliance runs")
  package static let osVersion = fact("os.version", for: "which updates the appliance still needs")
  package static let osDescription = fact(
    "os.description", for: "the system's name as its maker writes it")
  package static let osBuildID = fact("os.build_id", for: "which image was installed")

  package static let facts = [osType, osName, osVersion, osDescription, osBuildID]

  private static func fact(_ name: String, for brief: String) -> Signal {
    Signal(name, .product, .fact, from: "/etc/os-release", for: brief)
  }

  package static let uptime = Signal(
    "system.uptime", .product, .gauge, unit: "s", decimals: 2, from: "/proc/uptime",
    downsampling: .last, for: "unexpected restarts")

  // MARK: environment

  package static let cpuTime = Signal(
    "system.cpu.time", .environment, .counter, unit: "s", decimals: 2, attributes: ["cpu.mode"],
    from: "/proc/stat", for: "how busy the appliance is and with what")
  package static let logicalCPUs = Signal(
    "system.cpu.logical.count", .environment, .upDownCounter, unit: "{cpu}", from: "/proc/stat",
    for: "processors that went missing")
  package static let processesCreated = Signal(
    "system.process.created", .environment, .counter, unit: "{process}", from: "/proc/stat",
    for: "programs that crash and start again in a loop")
  package static let load1 = load("1m")
  package static let load5 = load("5m")
  package static let load15 = load("15m")

  package static let cpu = [cpuTime, logicalCPUs, processesCreated, load1, load5, load15]

  private static func load(_ window: String) -> Signal {
    Signal(
      "system.cpu.load_average.\(window)", .environment, .gauge, unit: "1", decimals: 2,
      from: "/proc/loadavg", for: "work that waits for a processor or a disk")
  }

  package static let memoryUsage = bytes(
    "system.memory.usage", attributes: ["system.memory.state"],
    for: "memory that runs out or leaks")
  package static let memoryLimit = bytes(
    "system.memory.limit", for: "memory modules that went missing")
  package static let memoryAvailable = bytes(
    "system.memory.linux.available", for: "how far the appliance is from swapping")
  package static let memoryShared = bytes(
    "system.memory.linux.shared", for: "files in memory (tmpfs) that grow")
  package static let slabUsage = bytes(
    "system.memory.linux.slab.usage", attributes: ["system.memory.linux.slab.state"],
    for: "leaks inside the kernel")

  package static let memory = [memoryUsage, memoryLimit, memoryAvailable, memoryShared, slabUsage]

  private static func bytes(_ name: String, attributes: [String] = [], for brief: String) -> Signal
  {
    Signal(
      name, .environment, .upDownCounter, unit: "By", attributes: attributes, from: "/proc/meminfo",
      for: brief)
  }

  package static let networkIO = network(
    "io", unit: "By", device: "network.interface.name", for: "links that are saturated or silent")
  package static let networkPackets = network(
    "packet.count", unit: "{packet}", device: "system.device", for: "links that are flooded")
  package static let networkErrors = network(
    "errors", unit: "{error}", device: "network.interface.name",
    for: "bad cables, ports and adapters")
  package static let networkDropped = network(
    "packet.dropped", unit: "{packet}", device: "network.interface.name",
    for: "packets the appliance could not take in time")

  package static let network = [networkIO, networkPackets, networkErrors, networkDropped]

  private static func network(
    _ name: String, unit: String, device: String, for brief: String
  ) -> Signal {
    Signal(
      "system.network.\(name)", .environment, .counter, unit: unit,
      attributes: [device, "network.io.direction"], from: "/proc/net/dev", for: brief)
  }
}

// MARK: what identifies

extension Catalog {
  /// Attributes and facts that can identify a site or a person, whether or not a probe produces them.
  package static let identifyingKeys: Set<String> = [
    "host.name", "host.id", "host.ip", "host.mac", "device.id", "hw.serial_number",
    "hw.network.physical_address", "user.name", "process.owner",
  ]

  /// Every key that `[redact]` may name.
  package static let attributeKeys: Set<String> = identifyingKeys.union(
    signals.flatMap { $0.instrument == .fact ? [$0.name] : $0.attributeKeys })

  /// Every name that `[withhold]` may match.
  package static let knownNames: [String] = signals.map(\.name) + identifyingKeys.sorted()

  /// Whether an attribute can identify a site: by its key, or because udev made the name of a network
  /// interface from its hardware address (`enx` and twelve hexadecimal digits).
  package static func isIdentifying(_ attribute: Attribute) -> Bool {
    if identifyingKeys.contains(attribute.key) { return true }
    guard ["network.interface.name", "system.device"].contains(attribute.key),
      case .string(let name) = attribute.value
    else { return false }
    return name.utf8.count == 15 && name.utf8.suffix(12).allSatisfy(isHexadecimalDigit)
  }

  private static func isHexadecimalDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
    default: false
    }
  }
}
