// The catalog, source `environment`: processors, memory and what waits for them.

extension Catalog {
  // MARK: processors

  package static let cpuTime = Signal(
    "system.cpu.time", .environment, .counter, unit: "s", decimals: 2, attributes: ["cpu.mode"],
    from: "/proc/stat", for: "how busy the appliance is and with what")
  package static let logicalCPUs = Signal(
    "system.cpu.logical.count", .environment, .upDownCounter, unit: "{cpu}", from: "/proc/stat",
    for: "processors that went missing")
  package static let physicalCPUs = Signal(
    "system.cpu.physical.count", .environment, .upDownCounter, unit: "{cpu}",
    from: "/sys/devices/system/cpu", for: "what the appliance can do at all")
  package static let cpuFrequency = Signal(
    "system.cpu.frequency", .environment, .gauge, unit: "Hz", attributes: ["cpu.logical_number"],
    from: "/sys/devices/system/cpu", for: "processors slowed down by heat")
  package static let processesCreated = Signal(
    "system.process.created", .environment, .counter, unit: "{process}", from: "/proc/stat",
    for: "programs that crash and start again in a loop")
  package static let load1 = load("1m")
  package static let load5 = load("5m")
  package static let load15 = load("15m")

  package static let cpu: [Signal] = [
    cpuTime, logicalCPUs, physicalCPUs, cpuFrequency, processesCreated, load1, load5, load15,
  ]

  private static func load(_ window: String) -> Signal {
    Signal(
      "system.cpu.load_average.\(window)", .environment, .gauge, unit: "1", decimals: 2,
      from: "/proc/loadavg", for: "work that waits for a processor or a disk")
  }

  // MARK: pressure

  /// The signals of one file below /proc/pressure.
  package struct Pressure: Sendable {
    /// The last part of the file's name.
    package let resource: String
    package let total: Signal
    /// Over the last 10 s, minute and five minutes.
    package let averages: [Signal]
  }

  package static let pressures = [
    Pressure("cpu", for: "programs that wait for a processor"),
    Pressure("memory", for: "programs that wait for memory"),
    Pressure("io", for: "programs that wait for a disk"),
    Pressure("irq", for: "programs held up by interrupts"),
  ]

  package static let pressure: [Signal] = pressures.flatMap { [$0.total] + $0.averages }

  // MARK: memory

  package static let memoryUsage = bytes(
    "usage", attributes: ["system.memory.state"], for: "memory that runs out or leaks")
  package static let memoryLimit = bytes("limit", for: "memory modules that went missing")
  package static let memoryAvailable = bytes(
    "linux.available", for: "how far the appliance is from swapping")
  package static let memoryShared = bytes(
    "linux.shared", for: "files in memory (tmpfs) that grow")
  package static let slabUsage = bytes(
    "linux.slab.usage", attributes: ["system.memory.linux.slab.state"],
    for: "leaks inside the kernel")
  package static let hugePagesLimit = hugePages("limit", for: "the pool of huge pages")
  package static let hugePageSize = hugePages(
    "page_size", unit: "By", for: "the pool of huge pages")
  package static let hugePagesReserved = hugePages(
    "reserved", for: "huge pages that are promised and not used")
  package static let hugePagesSurplus = hugePages("surplus", for: "huge pages beyond the pool")
  package static let hugePagesUsage = hugePages(
    "usage", attributes: ["system.memory.linux.hugepages.state"], for: "a pool that runs out")

  package static let memory: [Signal] = [
    memoryUsage, memoryLimit, memoryAvailable, memoryShared, slabUsage, hugePagesLimit,
    hugePageSize, hugePagesReserved, hugePagesSurplus, hugePagesUsage,
  ]

  private static func hugePages(
    _ name: String, unit: String = "{page}", attributes: [String] = [], for brief: String
  ) -> Signal {
    bytes("linux.hugepages.\(name)", unit: unit, attributes: attributes, for: brief)
  }

  private static func bytes(
    _ name: String, unit: String = "By", attributes: [String] = [], for brief: String
  ) -> Signal {
    Signal(
      "system.memory.\(name)", .environment, .upDownCounter, unit: unit, attributes: attributes,
      from: "/proc/meminfo", for: brief)
  }

  // MARK: paging

  package static let pagingUsage = Signal(
    "system.paging.usage", .environment, .upDownCounter, unit: "By",
    attributes: ["system.device", "system.paging.state"], from: "/proc/swaps",
    for: "swap space that runs out")
  package static let pagingFaults = Signal(
    "system.paging.faults", .environment, .counter, unit: "{fault}",
    attributes: ["system.paging.fault.type"], from: "/proc/vmstat",
    for: "programs slowed down because their pages are on the disk")
  package static let pagingOperations = Signal(
    "system.paging.operations", .environment, .counter, unit: "{operation}",
    attributes: ["system.paging.direction", "system.paging.fault.type"], from: "/proc/vmstat",
    for: "swapping, the usual reason of a slow appliance")
  package static let oomKills = Signal(
    "accord.oom_kill.count", .environment, .counter, unit: "{process}", from: "/proc/vmstat",
    for: "programs that the kernel ended because memory ran out")

  package static let paging: [Signal] = [pagingUsage, pagingFaults, pagingOperations, oomKills]
}

extension Catalog.Pressure {
  fileprivate init(_ resource: String, for brief: String) {
    func signal(_ part: String, _ instrument: Instrument, _ unit: String, _ decimals: Int) -> Signal
    {
      Signal(
        "system.\(resource).linux.pressure.\(part)", .environment, instrument, unit: unit,
        decimals: decimals, attributes: ["system.pressure.stall_type"],
        from: "/proc/pressure/\(resource)", for: brief)
    }
    self.resource = resource
    total = signal("total", .counter, "s", 6)
    averages = ["10s", "1m", "5m"].map { signal($0, .gauge, "1", 4) }
  }
}
