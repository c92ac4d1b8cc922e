// The catalog, source `environment`: sensors, as far as the kernel shows them without privileges.
//
// `hw.id` names the part of the machine that the sensor sits in and the sensor ("coretemp.0/temp2"); it stays
// the same when the kernel numbers its devices anew. `hw.name` is the sensor's own label. The conventions ask for
// `hw.state` on `hw.battery.time_left`: it would cut one line into several, and `hw.status` tells it.

extension Catalog {
  package static let temperature = sensor(
    "temperature", .gauge, unit: "Cel", decimals: 3, from: hwmon, thermal, for: "overheating")
  package static let temperatureLimit = limit(
    "temperature", unit: "Cel", decimals: 3, from: hwmon, thermal, for: "how near overheating is")
  package static let fanSpeed = sensor(
    "fan.speed", .gauge, unit: "rpm", from: hwmon, for: "fans that wear out or stand still")
  package static let fanSpeedLimit = limit(
    "fan.speed", unit: "rpm", from: hwmon, for: "when a fan counts as broken")
  package static let fanSpeedRatio = sensor(
    "fan.speed_ratio", .gauge, unit: "1", decimals: 3, from: hwmon,
    for: "how hard the cooling works")
  package static let voltage = sensor(
    "voltage", .gauge, unit: "V", decimals: 3, from: hwmon, for: "bad power supplies")
  package static let voltageLimit = limit(
    "voltage", unit: "V", decimals: 3, from: hwmon, for: "when a voltage counts as bad")
  package static let power = sensor(
    "power", .gauge, unit: "W", decimals: 6, attributes: ["hw.type"], from: hwmon,
    for: "how much power the appliance takes")
  package static let energy = sensor(
    "energy", .counter, unit: "J", decimals: 6, attributes: ["hw.type"], from: hwmon,
    for: "how much energy the appliance takes")
  package static let status = sensor(
    "status", .upDownCounter, unit: "1", attributes: ["hw.state", "hw.type"], from: hwmon,
    powerSupply, for: "parts that report a fault themselves")
  package static let batteryCharge = sensor(
    "battery.charge", .gauge, unit: "1", decimals: 2, from: powerSupply,
    for: "whether the battery would carry a power cut")
  package static let batteryChargeLimit = limit(
    "battery.charge", unit: "1", decimals: 2, from: powerSupply,
    for: "between which levels the battery is kept")
  package static let batteryTimeLeft = sensor(
    "battery.time_left", .gauge, unit: "s", attributes: ["hw.battery.state"],
    from: powerSupply, for: "how long the battery would carry a power cut")

  package static let hardware: [Signal] = [
    temperature, temperatureLimit, fanSpeed, fanSpeedLimit, fanSpeedRatio, voltage, voltageLimit,
    power, energy, status, batteryCharge, batteryChargeLimit, batteryTimeLeft,
  ]

  private static let hwmon = "/sys/class/hwmon"
  private static let thermal = "/sys/class/thermal"
  private static let powerSupply = "/sys/class/power_supply"

  private static func limit(
    _ name: String, unit: String, decimals: Int = 0, from origins: String..., for brief: String
  ) -> Signal {
    Signal(
      "hw.\(name).limit", .environment, .gauge, unit: unit, decimals: decimals,
      attributes: ["hw.id", "hw.limit_type", "hw.name"], from: origins, downsampling: .last,
      for: brief)
  }

  private static func sensor(
    _ name: String, _ instrument: Instrument, unit: String, decimals: Int = 0,
    attributes: [String] = [], from origins: String..., for brief: String
  ) -> Signal {
    Signal(
      "hw.\(name)", .environment, instrument, unit: unit, decimals: decimals,
      attributes: (["hw.id", "hw.name"] + attributes).sorted(), from: origins, for: brief)
  }
}
