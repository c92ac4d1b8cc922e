// Heat, fans and power, as the chips and the kernel's drivers say it
// (https://docs.kernel.org/hwmon/sysfs-interface.html).
//
// Only limits count, not a chip's alarms: an alarm is also set for inputs to which nothing is connected, and a sensor's
// fault is the sensor's. A fan without a lower limit may be a socket without a fan; it counts when it turned before.

internal import Telemetry

extension MachineFacts {
  private static let limitType = "hw.limit_type"
  private static let fanLimit = "hw.fan.speed.limit"

  /// A limit of the sensor that a reading is of.
  private func limit(_ type: String, of reading: Reading) -> Double? {
    all(reading.signal + ".limit").first {
      $0[Self.limitType] == type && $0["hw.id"] == reading["hw.id"]
    }?.value
  }

  private func isFailed(_ type: String, _ reading: Reading) -> Bool {
    all("hw.status").contains {
      $0["hw.type"] == type && $0["hw.state"] == "failed" && $0.value == 1
        && $0["hw.id"] == reading["hw.id"]
    }
  }

  var heatFindings: [HealthFinding] {
    all("hw.temperature").compactMap(heatFinding) + all("hw.fan.speed").compactMap(fanFinding)
  }

  private func heatFinding(_ reading: Reading) -> HealthFinding? {
    let limits: [(HealthLevel, String, String)] = [
      (.critical, "high.critical", "its critical limit"), (.warning, "high.degraded", "its limit"),
    ]
    for (level, type, words) in limits {
      guard let limit = limit(type, of: reading), limit >= Thresholds.temperatureLimitCelsiusMin,
        reading.value >= limit
      else { continue }
      return .machine(
        level, reading.signal, "temperature",
        "\(reading["hw.name"]) is at \(Phrase.number(reading.value)) degrees Celsius, over \(words) of "
          + "\(Phrase.number(limit)): the appliance overheats",
        "see that air gets in and out, that the fans turn and that the heat sink is free of dust",
        also: ["hw.temperature.limit"])
    }
    return nil
  }

  private func fanFinding(_ reading: Reading) -> HealthFinding? {
    let name = reading["hw.name"]
    let limit = limit("low.degraded", of: reading) ?? 0
    // Who stops a fan when it is cool enough gives it no power.
    let isSwitchedOff = all("hw.fan.speed_ratio").contains {
      $0["hw.id"] == reading["hw.id"] && $0.value == 0
    }
    let before = isSwitchedOff ? 0 : earlier?.values[reading.series] ?? 0
    let remedy = "clean or replace the fan before the appliance overheats"
    if isFailed("fan", reading) {
      return .machine(
        .critical, reading.signal, "fan", "the fan \(name) reports a fault of its own", remedy,
        also: ["hw.status"])
    }
    if reading.value == 0, limit > 0 || before > 0 {
      let turned =
        limit > 0
        ? "it should make \(Phrase.number(limit)) turns a minute at least"
        : "it made \(Phrase.number(before)) turns a minute \(sinceEarlier)"
      return .machine(
        .critical, reading.signal, "fan", "the fan \(name) stands still: \(turned)", remedy,
        also: limit > 0 ? [Self.fanLimit] : [])
    }
    guard reading.value < limit else { return nil }
    return .machine(
      .warning, reading.signal, "fan",
      "the fan \(name) makes \(Phrase.number(reading.value)) turns a minute, fewer than its limit of "
        + "\(Phrase.number(limit))", remedy, also: [Self.fanLimit])
  }

  var supplyFindings: [HealthFinding] {
    [mainsFinding].compactMap(\.self) + all("hw.battery.charge").compactMap(chargeFinding)
      + all("hw.status").compactMap(partFinding) + all("hw.voltage").compactMap(voltageFinding)
  }

  /// The states of all mains supplies. An appliance with two needs one.
  private var mains: [Reading] {
    all("hw.status").filter { $0["hw.type"] == "power_supply" && $0.value == 1 }
  }

  private var isWithoutMains: Bool {
    !mains.isEmpty && mains.allSatisfy { $0["hw.state"] == "failed" }
  }

  private var mainsFinding: HealthFinding? {
    if isWithoutMains {
      let names = mains.map { $0["hw.name"] }.joined(separator: ", ")
      let battery = all("hw.battery.charge").first
      let carries =
        battery.map {
          ": the battery \($0["hw.name"]) carries it, at \(Phrase.percent($0.value))"
        } ?? ""
      return .machine(
        .warning, "hw.status", "power",
        "the appliance has no mains: \(names) is without current\(carries)",
        "see to the mains, the plug and the power supply",
        also: battery == nil ? [] : ["hw.battery.charge"])
    }
    guard let dead = mains.first(where: { $0["hw.state"] == "failed" }) else { return nil }
    return .machine(
      .warning, "hw.status", "power",
      "the power supply \(dead["hw.name"]) is off-line: another carries the appliance alone",
      "see to its mains, its plug and the supply itself")
  }

  private func chargeFinding(_ reading: Reading) -> HealthFinding? {
    let own = limit("degraded", of: reading)
    let isEmpty = reading.value <= Thresholds.batteryChargeCritical
    guard isEmpty || reading.value <= own ?? Thresholds.batteryChargeWarning else { return nil }
    return .machine(
      isEmpty ? .critical : .warning, reading.signal, "battery",
      "the battery \(reading["hw.name"]) is at \(Phrase.percent(reading.value)): it would not carry a power cut",
      isWithoutMains
        ? "restore the mains" : "have the battery charged, or replaced if it does not charge")
  }

  /// What a battery says of itself ("health" of its driver). A mains supply has its own rule.
  private func partFinding(_ status: Reading) -> HealthFinding? {
    guard status.value == 1, status["hw.type"] == "battery",
      ["degraded", "failed"].contains(status["hw.state"])
    else { return nil }
    let isDead = status["hw.state"] == "failed"
    return .machine(
      isDead ? .critical : .warning, "hw.status", "battery",
      "the battery \(status["hw.name"]) reports that it \(isDead ? "has failed" : "is not in order (heat, cold or a wrong voltage)")",
      isDead
        ? "replace the battery" : "see where the appliance stands, and what charges the battery")
  }

  private func voltageFinding(_ reading: Reading) -> HealthFinding? {
    let low = limit("low.critical", of: reading)
    let high = limit("high.critical", of: reading)
    let isLow = low.map { $0 > 0 && reading.value <= $0 } ?? false
    let isHigh = high.map { $0 > 0 && reading.value >= $0 } ?? false
    guard isLow || isHigh, let limit = isLow ? low : high else { return nil }
    return .machine(
      .critical, reading.signal, "power",
      "\(reading["hw.name"]) is at \(Phrase.number(reading.value)) V, \(isLow ? "below" : "above") its critical limit of "
        + "\(Phrase.number(limit)) V", "have the power supply checked", also: ["hw.voltage.limit"])
  }
}
