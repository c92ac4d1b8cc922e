internal import Sampling
internal import Telemetry

/// Which devices a dump does not name, whatever the agreement says: those that a pattern of the administrator's own
/// denies in accord.toml, and media that are mounted under a person's name. What else is denied by default is so because
/// its readings say nothing, and in a list of what there is it has its place.
struct PrivateDevices {
  private let disks: DeviceFilter
  private let interfaces: DeviceFilter
  private let fileSystems: DeviceFilter

  init(_ rules: DeviceRules) {
    let usual = DeviceRules()
    func own(_ patterns: DevicePatterns, besides usual: DevicePatterns) -> DeviceFilter {
      let deny = patterns.deny.filter { !usual.deny.contains($0) || $0.hasPrefix("/") }
      return DeviceFilter(DevicePatterns(allow: patterns.allow, deny: deny))
    }
    disks = own(rules.disks, besides: usual.disks)
    interfaces = own(rules.interfaces, besides: usual.interfaces)
    fileSystems = own(rules.fileSystems, besides: usual.fileSystems)
  }

  /// Whether the values of an attribute are names of devices.
  static func names(_ key: String) -> Bool {
    ["network.interface.name", "system.device", "system.filesystem.mountpoint"].contains(key)
  }

  func permits(_ key: String, _ value: String) -> Bool {
    switch key {
    case "network.interface.name": interfaces.permits(value)
    case "system.device":
      // The conventions call an interface so as well where its packets are counted.
      disks.permits(value.split(separator: "/").last.map(String.init) ?? value)
        && interfaces.permits(value)
    case "system.filesystem.mountpoint": fileSystems.permits(fileSystem: "", at: value)
    default: true
    }
  }
}
