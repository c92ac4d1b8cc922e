// The catalog, source `product`: what the appliance is.

extension Catalog {
  package static let osType = osRelease(
    "os.type", for: "the family of the operating system, always linux")
  package static let osName = osRelease("os.name", for: "which distribution the appliance runs")
  package static let osVersion = osRelease(
    "os.version", for: "which updates the appliance still needs")
  package static let osDescription = osRelease(
    "os.description", for: "the system's name as its maker writes it")
  package static let osBuildID = osRelease("os.build_id", for: "which image was installed")
  package static let kernelRelease = Signal(
    "accord.kernel.release", .product, .fact, from: "/proc/sys/kernel/osrelease",
    for: "whether a fault belongs to a known kernel")
  package static let hostArchitecture = Signal(
    "host.arch", .product, .fact, from: "/proc/sys/kernel/arch", for: "which updates fit")
  package static let hostName = Signal(
    "host.name", .product, .fact, from: "/proc/sys/kernel/hostname", identifying: true,
    for: "which appliance a caller means")
  package static let deviceManufacturer = device(
    "device.manufacturer", for: "whose hardware the appliance is")
  package static let deviceModelIdentifier = device(
    "device.model.identifier", for: "which spare parts fit")
  package static let deviceModelName = device(
    "device.model.name", for: "the hardware's name as its maker writes it")

  package static let facts: [Signal] = [
    osType, osName, osVersion, osDescription, osBuildID, kernelRelease, hostArchitecture, hostName,
    deviceManufacturer, deviceModelIdentifier, deviceModelName,
  ]

  private static func osRelease(_ name: String, for brief: String) -> Signal {
    Signal(name, .product, .fact, from: "/etc/os-release", for: brief)
  }

  private static func device(_ name: String, for brief: String) -> Signal {
    Signal(name, .product, .fact, from: "/sys/class/dmi/id", "/proc/device-tree", for: brief)
  }

  package static let uptime = Signal(
    "system.uptime", .product, .gauge, unit: "s", decimals: 2, from: "/proc/uptime",
    downsampling: .last, for: "unexpected restarts")
}
