// Where the power comes from, and what restarts the machine: supplies, batteries and watchdogs. Serial numbers lie
// beside these files and are not read. Documentation/ABI/testing/sysfs-class-power, …/sysfs-class-watchdog

enum PowerSection {
  static func collect(_ reader: inout TreeReader) {
    for name in reader.names("/sys/class/power_supply") { supply(name, &reader) }
    reader.add(
      "Watchdogs", columns: ["watchdog", "kind", "state", "timeout", "left", "last start by it"],
      rows: reader.numbered("watchdog", in: "/sys/class/watchdog").map { watchdog($0, &reader) })
    // The Raspberry Pi's firmware; the bits are explained where it is documented.
    let throttled = reader.line("/sys/devices/platform/soc/soc:firmware/get_throttled")
    reader.add("Board", fields: [throttled.flatMap { board($0) }])
    reader.add(
      "Sleep",
      fields: [
        .init("states", ifAny: reader.line("/sys/power/state")),
        .init("suspends that worked", ifAny: reader.line("/sys/power/suspend_stats/success")),
        .init("suspends that failed", ifAny: reader.line("/sys/power/suspend_stats/fail")),
      ])
  }

  private struct Value {
    let name: String
    let file: String
    var places: Int?
    var unit = ""
  }

  private static let values = [
    Value(name: "kind", file: "type"), Value(name: "of", file: "scope"),
    Value(name: "maker", file: "manufacturer"),
    Value(name: "model", file: "model_name"), Value(name: "online", file: "online"),
    Value(name: "present", file: "present"), Value(name: "status", file: "status"),
    Value(name: "health", file: "health"),
    Value(name: "charge", file: "capacity", places: 0, unit: "%"),
    Value(name: "level", file: "capacity_level"), Value(name: "technology", file: "technology"),
    Value(name: "voltage", file: "voltage_now", places: 6, unit: "V"),
    Value(name: "lowest voltage by design", file: "voltage_min_design", places: 6, unit: "V"),
    Value(name: "current", file: "current_now", places: 6, unit: "A"),
    Value(name: "power", file: "power_now", places: 6, unit: "W"),
    Value(name: "energy", file: "energy_now", places: 6, unit: "Wh"),
    Value(name: "energy when full", file: "energy_full", places: 6, unit: "Wh"),
    Value(name: "energy by design", file: "energy_full_design", places: 6, unit: "Wh"),
    Value(name: "charge now", file: "charge_now", places: 6, unit: "Ah"),
    Value(name: "charge when full", file: "charge_full", places: 6, unit: "Ah"),
    Value(name: "charge by design", file: "charge_full_design", places: 6, unit: "Ah"),
    Value(name: "cycles", file: "cycle_count"),
    Value(name: "temperature", file: "temp", places: 1, unit: "°C"),
    Value(name: "charged up to", file: "charge_control_end_threshold", places: 0, unit: "%"),
    Value(name: "warns below", file: "capacity_alert_min", places: 0, unit: "%"),
    Value(name: "empty in", file: "time_to_empty_now", places: 0, unit: "s"),
    Value(name: "full in", file: "time_to_full_now", places: 0, unit: "s"),
  ]

  private static func supply(_ name: String, _ reader: inout TreeReader) {
    let folder = "/sys/class/power_supply/\(name)/"
    guard let shown = reader.shown("hw.id", name) else {
      reader.problem("a power supply whose name may not be shown is left out")
      return
    }
    var fields: [SectionContent.Field?] = []
    for value in values where value.file != "temp" || reader.permits("hw.temperature") {
      guard let text = reader.line(folder + value.file) else { continue }
      guard let places = value.places else {
        let isName = value.file == "model_name"
        fields.append(.init(value.name, ifAny: isName ? reader.shown("hw.name", text) : text))
        continue
      }
      guard let number = Int64(text) else { continue }
      fields.append(.init(value.name, Amount.decimal(number, places: places) + " " + value.unit))
    }
    reader.add("Power supply \(shown)", fields: fields)
  }

  private static func watchdog(_ name: String, _ reader: inout TreeReader) -> [String] {
    let folder = "/sys/class/watchdog/\(name)/"
    func seconds(_ file: String) -> String { reader.number(folder + file).map { "\($0) s" } ?? "-" }
    let (timeout, left) = (seconds("timeout"), seconds("timeleft"))
    // WDIOF_CARDRESET of <linux/watchdog.h>: the watchdog caused the last start.
    let status = reader.number(folder + "bootstatus")
    return [
      name, reader.line(folder + "identity") ?? "-", reader.line(folder + "state") ?? "-", timeout,
      left,
      status.map { $0 & 0x20 != 0 ? "yes" : "no" } ?? "-",
    ]
  }

  /// "50005": in hexadecimal, what is so now (0 to 3) and what has been since the start (16 to 19).
  private static func board(_ text: String) -> SectionContent.Field? {
    let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
    guard let bits = Int64(digits, radix: 16) else { return nil }
    let names = ["too little voltage", "frequency capped", "slowed down", "soft temperature limit"]
    let now = names.indices.filter { bits & (1 << $0) != 0 }.map { names[$0] + " now" }
    let before = names.indices.filter { bits & (1 << ($0 + 16)) != 0 }.map {
      names[$0] + " since the start"
    }
    return .init(
      "firmware says", (now + before).isEmpty ? "well" : (now + before).joined(separator: ", "))
  }
}
