// /sys/class/thermal: the zones by which the kernel itself keeps the machine from overheating.
//
//   thermal_zone0/type                 cpu-thermal
//   thermal_zone0/temp                 52350        thousandths of a degree Celsius
//   thermal_zone0/trip_point_0_type    passive      active, passive, hot, critical
//   thermal_zone0/trip_point_0_temp    85000
//
// A zone that has a folder hwmonN inside is shown by /sys/class/hwmon as well (CONFIG_THERMAL_HWMON), and is
// read there. https://docs.kernel.org/driver-api/thermal/sysfs-api.html

internal import Linux
internal import Telemetry

enum SysThermal {
  /// Thousandths of a degree. A disk without a limit says 0 or 65,535 K (NVMe 2.0, 5.27.1.3), a zone -274 degrees
  /// (THERMAL_TEMP_INVALID).
  static let plausibleLimits: ClosedRange<Int64> = -273_149...1_000_000

  static func probe(below root: KernelRoot) -> DeviceFolderProbe {
    DeviceFolderProbe(
      "/sys/class/thermal", below: root, isDevice: { $0.hasPrefix("thermal_zone") },
      sensors: sensors)
  }

  static func sensors(of entry: DeviceEntry) -> [Sensor] {
    guard entry.has("temp"), !entry.files.contains(where: { $0.hasPrefix("hwmon") }) else {
      return []
    }
    let identity = [
      Attribute("hw.id", .string(entry.name)),
      Attribute("hw.name", .string(entry.text("type") ?? entry.name)),
    ]
    let reading = Sensor(
      signal: Catalog.temperature, attributes: identity, value: .number(file: "temp"))
    return [reading] + limits(of: entry, identity)
  }

  /// The first trip point of each kind: the kernel numbers them upwards.
  private static func limits(of entry: DeviceEntry, _ identity: [Attribute]) -> [Sensor] {
    let types = ["passive": "high.degraded", "hot": "high.degraded", "critical": "high.critical"]
    var met: Set<String> = []
    return entry.files.filter { $0.hasPrefix("trip_point_") && $0.hasSuffix("_type") }
      .sorted { ($0.count, $0) < ($1.count, $1) }
      .compactMap { file in
        let temperature = String(file.dropLast("type".count)) + "temp"
        guard let type = entry.text(file).flatMap({ types[$0] }), entry.has(temperature),
          met.insert(type).inserted
        else { return nil }
        return Sensor(
          signal: Catalog.temperatureLimit,
          attributes: (identity + [Attribute("hw.limit_type", .string(type))])
            .sorted { $0.key < $1.key },
          // Before Linux 5.10 a trip point that was not set said 0.
          value: .constant(file: temperature, within: 1...plausibleLimits.upperBound))
      }
  }
}
