/// The sensors of one chip below /sys/class/hwmon.
///
/// The numbers hwmonN change from boot to boot: a sensor is named by the device behind it, as in the readings.
enum ChipSensors {
  private struct Kind {
    let prefix: String
    let places: Int
    let unit: String
    let low: [String]
    let high: [String]
    let critical: [String]
  }

  private static let kinds = [
    Kind(
      prefix: "temp", places: 3, unit: "°C", low: ["_min", "_lcrit"], high: ["_max"],
      critical: ["_crit", "_emergency"]),
    Kind(prefix: "fan", places: 0, unit: "rpm", low: ["_min"], high: ["_max"], critical: []),
    Kind(
      prefix: "in", places: 3, unit: "V", low: ["_min", "_lcrit"], high: ["_max"],
      critical: ["_crit"]),
    Kind(prefix: "curr", places: 3, unit: "A", low: ["_min"], high: ["_max"], critical: ["_crit"]),
    Kind(
      prefix: "power", places: 6, unit: "W", low: [], high: ["_cap", "_max"], critical: ["_crit"]),
    Kind(prefix: "energy", places: 6, unit: "J", low: [], high: [], critical: []),
    Kind(prefix: "humidity", places: 3, unit: "%", low: ["_min"], high: ["_max"], critical: []),
  ]

  /// Thousandths of a degree. A disk without a limit says 0 or 65,535 K (NVMe 2.0, 5.27.1.3).
  private static let plausible: ClosedRange<Int64> = -273_149...1_000_000

  static func rows(_ entry: String, _ reader: inout TreeReader) -> [[String]] {
    let folder = "/sys/class/hwmon/\(entry)"
    guard let chip = reader.line(folder + "/name"), let shownChip = reader.shown("hw.name", chip)
    else { return [] }
    let device = reader.link(folder + "/device") ?? chip
    let files = reader.names(folder, max: 2 * InventoryLimits.rowsMax)
    var rows: [[String]] = []
    for kind in kinds {
      for sensor in sensors(kind.prefix, among: files) {
        let label = reader.line("\(folder)/\(sensor)_label") ?? "\(chip) \(sensor)"
        guard let name = reader.shown("hw.name", label),
          let identifier = reader.shown("hw.id", "\(device)/\(sensor)")
        else { continue }
        func value(_ suffixes: [String]) -> String {
          for suffix in suffixes {
            guard let number = reader.number("\(folder)/\(sensor)\(suffix)"),
              kind.prefix != "temp" || suffix == "_input" || plausible.contains(number)
            else { continue }
            return "\(Amount.decimal(number, places: kind.places)) \(kind.unit)"
          }
          return "-"
        }
        let now = value(["_input", "_average"])
        let (low, high, critical) = (value(kind.low), value(kind.high), value(kind.critical))
        rows.append([
          shownChip, identifier, name, now, low, high, critical,
          says(sensor, in: folder, files, &reader),
        ])
      }
    }
    for drive in files where drive.hasPrefix("pwm") && drive.dropFirst(3).allSatisfy(\.isNumber) {
      guard let value = reader.number("\(folder)/\(drive)"),
        let identifier = reader.shown("hw.id", "\(device)/\(drive)")
      else { continue }
      rows.append([
        shownChip, identifier, "drive", Amount.share(value, of: 255) ?? "-", "-", "-", "-", "",
      ])
    }
    return rows
  }

  /// "temp1", "temp2", "temp10": those with a value.
  private static func sensors(_ prefix: String, among files: [String]) -> [String] {
    let found = files.compactMap { file -> String? in
      guard file.hasPrefix(prefix), file.hasSuffix("_input") || file.hasSuffix("_average") else {
        return nil
      }
      let number = file.dropFirst(prefix.count).prefix { $0 != "_" }
      return !number.isEmpty && number.allSatisfy(\.isNumber) ? prefix + number : nil
    }
    return Set(found).sorted { ($0.count, $0) < ($1.count, $1) }
  }

  /// What the chip itself says: a fault is a broken sensor or fan, an alarm a value out of bounds.
  private static func says(
    _ sensor: String, in folder: String, _ files: [String], _ reader: inout TreeReader
  ) -> String {
    var words: [String] = []
    for file in files where file.hasPrefix(sensor + "_") {
      guard file.hasSuffix("_fault") || file.hasSuffix("alarm"),
        let number = reader.number("\(folder)/\(file)"), number != 0
      else { continue }
      words.append(String(file.dropFirst(sensor.count + 1)))
    }
    return words.joined(separator: " ")
  }
}
