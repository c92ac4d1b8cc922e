// The catalog, source `environment`: disks, file systems, networks, and the system as a whole.

extension Catalog {
  // MARK: disks

  package static let diskIO = disk("io", unit: "By", for: "disks that are saturated")
  package static let diskOperations = disk(
    "operations", unit: "{operation}", for: "disks that are worn by small writes")
  package static let diskMerged = disk(
    "merged", unit: "{operation}", for: "how well small accesses are joined")
  package static let diskOperationTime = disk(
    "operation_time", unit: "s", decimals: 3,
    for: "disks that answer slowly, often before they fail")
  package static let diskIOTime = Signal(
    "system.disk.io_time", .environment, .counter, unit: "s", decimals: 3,
    attributes: ["system.device"], from: "/proc/diskstats", for: "disks that are never idle")
  package static let diskLimit = Signal(
    "system.disk.limit", .environment, .upDownCounter, unit: "By", attributes: ["system.device"],
    from: "/sys/block", for: "disks that went missing or were exchanged")

  package static let disk: [Signal] = [
    diskIO, diskOperations, diskMerged, diskOperationTime, diskIOTime, diskLimit,
  ]

  private static func disk(
    _ name: String, unit: String, decimals: Int = 0, for brief: String
  ) -> Signal {
    Signal(
      "system.disk.\(name)", .environment, .counter, unit: unit, decimals: decimals,
      attributes: ["system.device", "disk.io.direction"], from: "/proc/diskstats", for: brief)
  }

  // MARK: file systems

  package static let fileSystemUsage = fileSystem(
    "usage", unit: "By", state: true, for: "file systems that run full")
  package static let fileSystemLimit = fileSystem(
    "limit", unit: "By", for: "how large the file systems are")
  package static let fileSystemInodes = fileSystem(
    "inodes.usage", unit: "{inode}", state: true, for: "file systems full of small files")
  package static let fileLocks = Signal(
    "system.filesystem.lock.count", .environment, .upDownCounter, unit: "{lock}",
    attributes: ["file.lock.mechanism", "file.lock.mode", "file.lock.type"], from: "/proc/locks",
    for: "programs that wait for each other's files")

  package static let fileSystem: [Signal] = [
    fileSystemUsage, fileSystemLimit, fileSystemInodes, fileLocks,
  ]

  private static func fileSystem(
    _ name: String, unit: String, state: Bool = false, for brief: String
  ) -> Signal {
    Signal(
      "system.filesystem.\(name)", .environment, .upDownCounter, unit: unit,
      attributes: [
        "system.device", "system.filesystem.mode", "system.filesystem.mountpoint",
      ] + (state ? ["system.filesystem.state"] : []) + ["system.filesystem.type"],
      from: "/proc/self/mountinfo", for: brief)
  }

  // MARK: networks

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
  package static let connections = Signal(
    "system.network.connection.count", .environment, .upDownCounter, unit: "{connection}",
    attributes: ["network.connection.state", "network.transport"],
    from: "/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp", "/proc/net/udp6",
    for: "connections that pile up; only their number is read, no address")

  package static let network: [Signal] = [
    networkIO, networkPackets, networkErrors, networkDropped, connections,
  ]

  private static func network(
    _ name: String, unit: String, device: String, for brief: String
  ) -> Signal {
    Signal(
      "system.network.\(name)", .environment, .counter, unit: unit,
      attributes: [device, "network.io.direction"], from: "/proc/net/dev", for: brief)
  }

  // MARK: the system as a whole

  package static let processes = Signal(
    "system.process.count", .environment, .upDownCounter, unit: "{process}",
    attributes: ["process.state"], from: "/proc/[pid]/stat",
    for: "programs that hang or pile up; only their number is read, no name")
  package static let processLimit = Signal(
    "system.process.limit", .environment, .upDownCounter, unit: "{thread}",
    from: "/proc/sys/kernel/threads-max", for: "how near the limit of processes is")
  package static let fileHandles = Signal(
    "accord.file_handle.usage", .environment, .upDownCounter, unit: "{file_handle}",
    from: "/proc/sys/fs/file-nr", for: "programs that open files and never close them")
  package static let fileHandlesLimit = Signal(
    "accord.file_handle.limit", .environment, .upDownCounter, unit: "{file_handle}",
    from: "/proc/sys/fs/file-nr", for: "how near the limit of open files is")
  package static let clockSynchronised = Signal(
    "accord.clock.synchronized", .environment, .gauge, unit: "1", from: "adjtimex(2)",
    downsampling: .last, for: "whether time stamps can be trusted")
  package static let clockOffset = Signal(
    "accord.clock.offset", .environment, .gauge, unit: "s", decimals: 9, from: "adjtimex(2)",
    for: "how far the clock is off")
  package static let clockErrorBound = Signal(
    "accord.clock.error.bound", .environment, .gauge, unit: "s", decimals: 6, from: "adjtimex(2)",
    for: "how far the clock may be off at most")

  package static let system: [Signal] = [
    processes, processLimit, fileHandles, fileHandlesLimit, clockSynchronised, clockOffset,
    clockErrorBound,
  ]
}
