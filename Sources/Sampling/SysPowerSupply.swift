// /sys/class/power_supply: batteries, uninterruptible supplies, mains.
//
//   BAT0/type                  Battery        Mains, USB, UPS, Wireless
//   BAT0/capacity              87             percent
//   BAT0/health                Good
//   BAT0/time_to_empty_now     7440           seconds
//   AC/type                    Mains
//   AC/online                  1
//
// What a person plugs in (a mouse) has the scope "Device" and is passed over: it is not the appliance's supply,
// and its name holds a hardware address. https://docs.kernel.org/power/power_supply_class.html,
// Documentation/ABI/testing/sysfs-class-power

internal import Linux
internal import Telemetry

enum SysPowerSupply {
  static func probe(below root: KernelRoot) -> DeviceFolderProbe {
    DeviceFolderProbe("/sys/class/power_supply", below: root, sensors: sensors)
  }

  static func sensors(of entry: DeviceEntry) -> [Sensor] {
    guard let type = entry.text("type"), entry.text("scope") != "Device" else { return [] }
    let identity = [
      Attribute("hw.id", .string(entry.name)),
      Attribute("hw.name", .string(entry.text("model_name") ?? entry.name)),
    ]
    let isBattery = ["Battery", "UPS"].contains(type)
    return (isBattery ? battery(entry, identity) : []) + health(entry, identity, isBattery)
      + (type == "Mains" ? mains(entry, identity) : [])
  }

  private static func battery(_ entry: DeviceEntry, _ identity: [Attribute]) -> [Sensor] {
    func sensor(_ file: String, _ signal: Signal, _ key: String? = nil, _ value: String = "")
      -> Sensor?
    {
      guard entry.has(file) else { return nil }
      let more = key.map { [Attribute($0, .string(value))] } ?? []
      return Sensor(
        signal: signal, attributes: (identity + more).sorted { $0.key < $1.key },
        value: .number(file: file))
    }
    let limit = "hw.limit_type"
    let state = "hw.battery.state"
    return [
      sensor("capacity", Catalog.batteryCharge),
      sensor("capacity_alert_min", Catalog.batteryChargeLimit, limit, "degraded"),
      sensor("charge_control_end_threshold", Catalog.batteryChargeLimit, limit, "throttled"),
      sensor("time_to_empty_now", Catalog.batteryTimeLeft, state, "discharging"),
      sensor("time_to_full_now", Catalog.batteryTimeLeft, state, "charging"),
    ].compactMap(\.self)
  }

  private static let degraded: [StaticString] = [
    "Overheat", "Hot", "Warm", "Cold", "Cool", "Over voltage", "Under voltage", "Over current",
    "Calibration required",
  ]
  private static let failed: [StaticString] = [
    "Dead", "Unspecified failure", "Watchdog timer expire", "Safety timer expire", "No battery",
  ]

  private static func health(
    _ entry: DeviceEntry, _ identity: [Attribute], _ isBattery: Bool
  ) -> [Sensor] {
    guard entry.has("health") else { return [] }
    return [
      status("health", identity, isBattery) { text, _ in
        var scanner = TextScanner()
        if scanner.skip("Good", in: text) { return 0 }
        for word in degraded where scanner.skip(word, in: text) { return 1 }
        for word in failed where scanner.skip(word, in: text) { return 2 }
        return nil
      }
    ]
  }

  /// Mains without current have failed as far as the appliance is concerned; a USB socket is mostly empty.
  private static func mains(_ entry: DeviceEntry, _ identity: [Attribute]) -> [Sensor] {
    guard entry.has("online"), !entry.has("health") else { return [] }
    return [
      status("online", identity, false) { text, _ in
        var scanner = TextScanner()
        return scanner.integer(in: text).map { $0 == 0 ? 2 : 0 }
      }
    ]
  }

  private static func status(
    _ file: String, _ identity: [Attribute], _ isBattery: Bool,
    _ meaning: @escaping (RawSpan, Int) -> Int?
  ) -> Sensor {
    Sensor(
      signal: Catalog.status,
      attributes: identity + [
        Attribute("hw.type", .string(isBattery ? "battery" : "power_supply"))
      ],
      value: .condition(files: [file], states: ["ok", "degraded", "failed"], meaning))
  }
}
