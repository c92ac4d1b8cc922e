// What the machine says at this moment, for the rules of Health: one sample through the code that accordd samples with,
// which is stored nowhere, and what the history held an hour ago.

internal import Configuration
internal import Diagnostics
internal import Handshake
internal import Health
internal import Linux
internal import Recording
internal import Sampling
internal import Telemetry

enum MachineLook {
  /// What a rate is about. Longer would show what is over, shorter what happens all the time.
  private static let windowMilliseconds: Int64 = 3_600_000

  static func facts(_ status: ApplianceStatus, kernelRoot: String) -> MachineFacts {
    var facts = MachineFacts()
    // Connections are expensive to count, and no rule asks for them.
    let sampler = LiveSample.taken(
      root: kernelRoot, devices: status.settings.devices, unread: connectionLists)
    facts.add(sampler.sample)
    facts.earlier = earlier(status)
    let root = KernelRoot(kernelRoot).path("")
    let interfaces = DeviceFilter(status.settings.devices.interfaces)
    facts.links = links(root).filter { interfaces.permits($0.name) }
    let mounts = Mount.all(below: root).permitted(by: status.settings.devices.fileSystems)
    facts.turnedReadOnly = mounts.filter(turnedReadOnly).map(\.mountPoint)
    // "0.20 0.18 0.12 1/80 11206" (proc_loadavg(5)): behind the slash are all threads, of which no signal tells.
    let load = KernelAttribute.text(root + "/proc/loadavg")?.split(separator: " ") ?? []
    facts.tasks = load.count > 3 ? Double(load[3].split(separator: "/").last ?? "") ?? 0 : 0
    facts.tasksMax = ["threads-max", "pid_max"].compactMap {
      KernelAttribute.text("\(root)/proc/sys/kernel/\($0)").flatMap(Double.init)
    }.min()
    facts.failedUnits = status.units?.othersFailed ?? []
    return facts
  }

  private static let connectionLists = Set(
    ["tcp", "tcp6", "udp", "udp6"].map { "/proc/net/\($0)" })

  private static func earlier(_ status: ApplianceStatus) -> MachineFacts.Earlier? {
    let found = try? EarlierReadings.of(
      .environment, notOlderThan: windowMilliseconds, clock: status.clock,
      StateDirectory(status.locations.state))
    guard let found = found ?? nil else { return nil }
    let ago = status.clock.bootTimeMilliseconds - found.bootTimeMilliseconds
    let values = found.readings.map { reading in
      let value = MachineFacts.scaled(reading.value, decimals: reading.decimals)
      return (MachineFacts.Reading(reading.key.signal, reading.key.attributes, value).series, value)
    }
    return MachineFacts.Earlier(
      secondsAgo: Double(ago) / 1000, values: Dictionary(values, uniquingKeysWith: { $1 }))
  }

  /// /sys/class/net (Documentation/ABI/testing/sysfs-class-net): only what has a device behind it.
  private static func links(_ root: String) -> [MachineFacts.Link] {
    let folder = root + "/sys/class/net"
    return ((try? Directory.entries(folder)) ?? []).compactMap { name in
      func attribute(_ file: String) -> String? {
        KernelAttribute.text("\(folder)/\(name)/\(file)")
      }
      guard Directory.destination(ofLink: "\(folder)/\(name)/device") != nil,
        let changes = attribute("carrier_changes").flatMap({ Int64($0) }),
        let flags = attribute("flags").flatMap({ UInt32($0.dropFirst(2), radix: 16) })
      else { return nil }
      // IFF_UP; the carrier of an interface that is down cannot be read.
      return MachineFacts.Link(
        name: name, isUp: flags & 1 != 0, hasCarrier: attribute("carrier") != "0",
        carrierChanges: changes)
    }
  }

  private static let readOnlyTypes: Set<String> = [
    "squashfs", "erofs", "cramfs", "romfs", "iso9660",
  ]

  /// A file system that is read-only under a mount that is not: nobody mounted it so. ext4 says "emergency_ro" where it
  /// stopped without that (Linux 6.15).
  private static func turnedReadOnly(_ mount: Mount) -> Bool {
    // What cannot be written at all is read-only however it was mounted.
    mount.source.hasPrefix("/dev/") && !Self.readOnlyTypes.contains(mount.type)
      && mount.options.split(separator: ",").contains("rw")
      && (mount.isReadOnly
        || mount.fileSystemOptions.split(separator: ",").contains("emergency_ro"))
  }
}
