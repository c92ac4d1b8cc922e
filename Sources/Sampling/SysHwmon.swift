// /sys/class/hwmon: the sensors of chips: temperatures, fans, voltages, power.
//
//   hwmon2/name            coretemp
//   hwmon2/device       -> …/coretemp.0
//   hwmon2/temp1_input     48000          thousandths of a degree Celsius
//   hwmon2/temp1_label     Package id 0
//   hwmon2/temp1_max       84000
//   hwmon2/temp1_crit      100000
//   hwmon2/temp1_alarm     0
//   hwmon3/fan1_input      1180           turns a minute
//   hwmon3/in0_input       3312           thousandths of a volt
//   hwmon3/power1_input    14250000       millionths of a watt
//   hwmon3/pwm1            128            0 to 255
//
// The numbers hwmonN change from boot to boot, so a sensor is named by the device behind it, or by
// the chip's name where there is none.
// https://docs.kernel.org/hwmon/sysfs-interface.html

internal import Linux
internal import Telemetry

enum SysHwmon {
  static func probe(below root: KernelRoot) -> DeviceFolderProbe {
    DeviceFolderProbe(
      "/sys/class/hwmon", below: root, isDevice: { $0.hasPrefix("hwmon") }, sensors: sensors)
  }

  static func sensors(of entry: DeviceEntry) -> [Sensor] {
    guard let name = entry.text("name") else { return [] }
    let chip = Chip(entry: entry, name: name, id: entry.link("device") ?? name)
    return chip.temperatures() + chip.fans() + chip.voltages() + chip.powers()
  }

  private struct Chip {
    let entry: DeviceEntry
    let name: String
    let id: String

    /// The sensors of one kind, in the order of their numbers: "temp1", "temp2".
    private func numbered(_ kind: String, _ suffix: String) -> [String] {
      entry.files.filter { file in
        guard file.hasPrefix(kind), file.hasSuffix(suffix) else { return false }
        let number = file.dropFirst(kind.count).dropLast(suffix.count)
        return !number.isEmpty && number.allSatisfy(\.isNumber)
      }
      .map { String($0.dropLast(suffix.count)) }
      .sorted { ($0.count, $0) < ($1.count, $1) }
    }

    private func identity(_ sensor: String) -> [Attribute] {
      [
        Attribute("hw.id", .string("\(id)/\(sensor)")),
        Attribute("hw.name", .string(entry.text(sensor + "_label") ?? "\(name) \(sensor)")),
      ]
    }

    private func limits(
      _ signal: Signal, _ sensor: String, _ types: [(suffix: String, type: String)],
      within range: ClosedRange<Int64> = .min ... .max
    ) -> [Sensor] {
      types.filter { entry.has(sensor + $0.suffix) }.map { limit in
        Sensor(
          signal: signal,
          attributes: (identity(sensor) + [Attribute("hw.limit_type", .string(limit.type))])
            .sorted { $0.key < $1.key },
          value: .constant(file: sensor + limit.suffix, within: range))
      }
    }

    /// What the chip itself says about a sensor: a fault is a broken sensor or fan, an alarm a value out of
    /// bounds. Without any such file there is no status.
    private func status(_ sensor: String, _ type: String) -> [Sensor] {
      let faults = ["_fault"].filter { entry.has(sensor + $0) }
      let alarms = entry.files
        .filter { $0.hasPrefix(sensor + "_") && $0.hasSuffix("alarm") }
        .map { String($0.dropFirst(sensor.count)) }
      let files = (faults + alarms).map { sensor + $0 }
      guard !files.isEmpty else { return [] }
      let faultCount = faults.count
      return [
        Sensor(
          signal: Catalog.status,
          attributes: identity(sensor) + [Attribute("hw.type", .string(type))],
          value: .condition(files: files, states: ["ok", "degraded", "failed"]) { text, position in
            var scanner = TextScanner()
            guard let number = scanner.integer(in: text) else { return nil }
            return number == 0 ? 0 : position < faultCount ? 2 : 1
          })
      ]
    }

    private func reading(_ signal: Signal, _ sensor: String, _ value: Sensor.Value) -> Sensor {
      Sensor(signal: signal, attributes: identity(sensor), value: value)
    }

    private static let bounds = [
      (suffix: "_lcrit", type: "low.critical"), (suffix: "_min", type: "low.degraded"),
      (suffix: "_max", type: "high.degraded"), (suffix: "_crit", type: "high.critical"),
    ]

    func temperatures() -> [Sensor] {
      numbered("temp", "_input").flatMap { sensor in
        [reading(Catalog.temperature, sensor, .number(file: sensor + "_input"))]
          + limits(
            Catalog.temperatureLimit, sensor, Self.bounds, within: SysThermal.plausibleLimits)
          + status(sensor, "temperature")
      }
    }

    func voltages() -> [Sensor] {
      numbered("in", "_input").flatMap { sensor in
        [reading(Catalog.voltage, sensor, .number(file: sensor + "_input"))]
          + limits(Catalog.voltageLimit, sensor, Self.bounds) + status(sensor, "voltage")
      }
    }

    /// The drive of a fan has the fan's number.
    func fans() -> [Sensor] {
      let fans = numbered("fan", "_input").flatMap { sensor in
        [reading(Catalog.fanSpeed, sensor, .number(file: sensor + "_input"))]
          + limits(
            Catalog.fanSpeedLimit, sensor,
            [(suffix: "_min", type: "low.degraded"), (suffix: "_max", type: "max")])
          + status(sensor, "fan")
      }
      let drives = numbered("pwm", "").map { drive in
        reading(
          Catalog.fanSpeedRatio, "fan" + drive.dropFirst(3),
          .number(file: drive, times: 1000, dividedBy: 255))
      }
      return fans + drives
    }

    func powers() -> [Sensor] {
      let type = Attribute("hw.type", .string(Self.consumers[name] ?? "enclosure"))
      func sensor(_ signal: Signal, _ sensor: String, _ file: String) -> Sensor {
        Sensor(signal: signal, attributes: identity(sensor) + [type], value: .number(file: file))
      }
      let input = numbered("power", "_input")
      let average = numbered("power", "_average").filter { !input.contains($0) }
      return input.map { sensor(Catalog.power, $0, $0 + "_input") }
        + average.map { sensor(Catalog.power, $0, $0 + "_average") }
        + numbered("energy", "_input").map { sensor(Catalog.energy, $0, $0 + "_input") }
    }

    /// What takes the power that a chip measures, by the driver's name; a chip on the board measures the board.
    private static let consumers = [
      "coretemp": "cpu", "k10temp": "cpu", "zenpower": "cpu", "amd_energy": "cpu",
      "amdgpu": "gpu", "nouveau": "gpu", "i915": "gpu", "xe": "gpu", "nvme": "physical_disk",
      "drivetemp": "physical_disk",
    ]
  }
}
