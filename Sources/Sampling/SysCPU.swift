// /sys/devices/system/cpu: the processors themselves.
//
//   cpu0/topology/physical_package_id     0
//   cpu0/topology/core_id                 0
//   cpu0/cpufreq/scaling_cur_freq         3400000      kHz
//
// Hyper-threads share a core, so the physical processors are the different pairs of package and core.
// https://docs.kernel.org/admin-guide/cputopology.html, …/admin-guide/pm/cpufreq.html

internal import Linux
internal import Telemetry

final class SysCPUProbe: Probe {
  let file = "/sys/devices/system/cpu"
  let isOptional = true
  private let path: String
  private let folder: DeviceFolder
  private var physical: Int64 = 0
  private var place: SeriesIndex?
  var leftOut: Int { folder.leftOut }

  init(below root: KernelRoot) {
    path = root.path(file)
    folder = DeviceFolder(path, isDevice: { Self.number($0) != nil }, sensors: Self.sensors)
  }

  private static func sensors(of entry: DeviceEntry) -> [Sensor] {
    guard let number = number(entry.name), entry.has("cpufreq") else { return [] }
    return [
      Sensor(
        signal: Catalog.cpuFrequency,
        attributes: [Attribute("cpu.logical_number", .integer(number))],
        value: .number(file: "cpufreq/scaling_cur_freq", times: 1000))
    ]
  }

  private static func number(_ name: String) -> Int64? {
    name.hasPrefix("cpu") ? UInt16(name.dropFirst(3)).map(Int64.init) : nil
  }

  func lookForDevices(_ sample: inout Sample) {
    folder.look(&sample)
    var cores: Set<String> = []
    for name in (try? Directory.entries(path)) ?? [] where Self.number(name) != nil {
      let topology = "\(path)/\(name)/topology/"
      // A processor that is switched off has no topology.
      guard let core = KernelAttribute.text(topology + "core_id") else { continue }
      let package = KernelAttribute.text(topology + "physical_package_id") ?? "0"
      cores.insert(package + "." + core)
    }
    physical = Int64(cores.count)
  }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    if physical > 0 {
      let place = place ?? sample.add(Catalog.physicalCPUs)
      self.place = place
      sample.set(place, physical)
    }
    return folder.sample(into: &sample)
  }
}
