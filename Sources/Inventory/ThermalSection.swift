// Heat, and what is done against it: thermal zones with their trip points, sensors of chips with their limits, cooling
// devices, and how often processors were slowed down. https://docs.kernel.org/driver-api/thermal/sysfs-api.html,
// https://docs.kernel.org/hwmon/sysfs-interface.html

enum ThermalSection {
  static func collect(_ reader: inout TreeReader) {
    let zones = reader.numbered("thermal_zone", in: "/sys/class/thermal")
    reader.add(
      "Thermal zones", columns: ["zone", "kind", "now", "policy", "mode", "trip points"],
      rows: zones.compactMap { zone($0, &reader) })
    reader.add(
      "Cooling devices", columns: ["device", "kind", "state", "of"],
      rows: reader.numbered("cooling_device", in: "/sys/class/thermal").map { name in
        let folder = "/sys/class/thermal/\(name)/"
        return [
          name, reader.line(folder + "type") ?? "-", reader.line(folder + "cur_state") ?? "-",
          reader.line(folder + "max_state") ?? "-",
        ]
      })
    reader.add(
      "Sensors",
      columns: ["chip", "sensor", "label", "value", "low", "high", "critical", "says"],
      rows: reader.numbered("hwmon", in: "/sys/class/hwmon").flatMap {
        ChipSensors.rows($0, &reader)
      })
    reader.add(
      "Processors slowed down by heat",
      columns: ["processor", "core, times", "package, times", "core", "package"],
      rows: throttled(&reader))
  }

  private static func zone(_ name: String, _ reader: inout TreeReader) -> [String]? {
    let folder = "/sys/class/thermal/\(name)/"
    let type = reader.line(folder + "type") ?? name
    guard let shown = reader.shown("hw.name", type), let id = reader.shown("hw.id", name) else {
      return nil
    }
    var trips: [String] = []
    for index in 0..<16 {
      guard let kind = reader.line("\(folder)trip_point_\(index)_type"),
        let degrees = reader.number("\(folder)trip_point_\(index)_temp")
      else { break }
      // What is not set says THERMAL_TEMP_INVALID, and before Linux 5.10 it said 0.
      trips.append("\(kind) " + (degrees > 0 ? celsius(degrees) : "not set"))
    }
    return [
      id, shown, reader.number(folder + "temp").map(celsius) ?? "-",
      reader.line(folder + "policy") ?? "-", reader.line(folder + "mode") ?? "-",
      trips.joined(separator: ", "),
    ]
  }

  private static func celsius(_ thousandths: Int64) -> String {
    Amount.decimal(thousandths, places: 3) + " °C"
  }

  private static func throttled(_ reader: inout TreeReader) -> [[String]] {
    let folder = "/sys/devices/system/cpu"
    var rows: [[String]] = []
    for name in reader.numbered("cpu", in: folder) {
      let throttle = "\(folder)/\(name)/thermal_throttle/"
      guard let core = reader.number(throttle + "core_throttle_count") else { continue }
      func time(_ file: String) -> String {
        reader.number(throttle + file).map { Amount.decimal($0, places: 3) + " s" } ?? "-"
      }
      let (ofCore, ofPackage) = (
        time("core_throttle_total_time_ms"), time("package_throttle_total_time_ms")
      )
      rows.append([
        name, String(core), reader.line(throttle + "package_throttle_count") ?? "-", ofCore,
        ofPackage,
      ])
    }
    return rows
  }
}
