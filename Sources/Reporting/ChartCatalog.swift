// Every chart of the history.

internal import Telemetry

enum ChartCatalog {
  static let all: [ChartDefinition] = [
    cpu, load, pressure, memory, swap, paging, kills, throughput, latency, busy, fullness, inodes,
    network, errors, temperatures, fans, power, voltages, battery,
  ]

  // MARK: processor and memory

  private static let cpu = ChartDefinition(
    id: "cpu", title: "Processor time", section: .processor, form: .stack, quantity: .share,
    order: [
      ("system", 3), ("interrupt", 7), ("steal", 6), ("iowait", 1), ("nice", 5), ("user", 0),
    ],
    measures: [
      // Idle is not drawn: its lows are the peaks of all the others.
      Measure(Catalog.cpuTime, .shareOfAll) { $0.text("cpu.mode").map { LineName($0) } }
    ])

  private static let load = ChartDefinition(
    id: "load", title: "Load average", section: .processor, form: .lines, quantity: .number,
    measures: [
      Measure(Catalog.load1) { _ in LineName("1 min") },
      Measure(Catalog.load5) { _ in LineName("5 min") },
      Measure(Catalog.load15) { _ in LineName("15 min") },
      Measure(Catalog.logicalCPUs, isReference: true) { _ in LineName("processors") },
    ])

  private static let pressure = ChartDefinition(
    id: "pressure", title: "Time lost waiting (pressure)", section: .processor, form: .lines,
    quantity: .share,
    measures: Catalog.pressures.map { pressure in
      Measure(pressure.total, .rate) { attributes in
        let resource = ["cpu": "processor", "io": "disk", "irq": "interrupts"][pressure.resource]
        let kind = attributes.text("system.pressure.stall_type") ?? "some"
        return LineName("\(resource ?? pressure.resource), \(kind)")
      }
    })

  private static let memory = ChartDefinition(
    id: "memory", title: "Memory", section: .processor, form: .stack, quantity: .bytes,
    order: [("used", 0), ("buffers", 3), ("cached", 7)],
    measures: [
      Measure(Catalog.memoryUsage) { attributes in
        attributes.text("system.memory.state").flatMap { $0 == "free" ? nil : LineName($0) }
      },
      Measure(Catalog.memoryLimit, isReference: true) { _ in LineName("installed") },
    ])

  private static let swap = ChartDefinition(
    id: "swap", title: "Swap space in use", section: .processor, form: .lines, quantity: .share,
    range: 0...1,
    measures: [
      Measure(
        Catalog.pagingUsage, .fraction(stateKey: "system.paging.state", other: "free")
      ) { attributes in
        guard attributes.text("system.paging.state") == "used" else { return nil }
        return LineName(attributes.text("system.device") ?? "swap")
      }
    ])

  private static let paging = ChartDefinition(
    id: "paging", title: "Paging", section: .processor, form: .lines, quantity: .perSecond("pages"),
    measures: [
      Measure(Catalog.pagingOperations, .rate) { attributes in
        attributes.text("system.paging.direction").map { LineName("swapped \($0)") }
      },
      Measure(Catalog.pagingFaults, .rate) { attributes in
        attributes.text("system.paging.fault.type") == "major" ? LineName("major faults") : nil
      },
    ])

  private static let kills = ChartDefinition(
    id: "oom", title: "Programs ended because memory ran out", section: .processor, form: .bars,
    quantity: .count("programs"),
    measures: [Measure(Catalog.oomKills, .growth) { _ in LineName("ended") }])

  // MARK: disks

  private static func disk(_ attributes: [Attribute]) -> LineName? {
    guard let device = attributes.text("system.device"),
      let direction = attributes.text("disk.io.direction")
    else { return nil }
    return LineName("\(device) \(direction)")
  }

  private static let throughput = ChartDefinition(
    id: "disk-throughput", title: "Disk throughput", section: .disks, form: .lines,
    quantity: .bytesPerSecond, measures: [Measure(Catalog.diskIO, .rate, name: disk)])

  private static let latency = ChartDefinition(
    id: "disk-latency", title: "Disk latency", section: .disks, form: .lines, quantity: .seconds,
    measures: [
      Measure(
        Catalog.diskOperationTime, .quotient(signal: Catalog.diskOperations.name), name: disk)
    ])

  private static let busy = ChartDefinition(
    id: "disk-busy", title: "Disk busy", section: .disks, form: .lines, quantity: .share,
    measures: [
      Measure(Catalog.diskIOTime, .rate) { $0.text("system.device").map { LineName($0) } }
    ])

  private static func used(_ attributes: [Attribute]) -> LineName? {
    guard attributes.text("system.filesystem.state") == "used" else { return nil }
    return (attributes.text("system.filesystem.mountpoint") ?? attributes.text("system.device"))
      .map { LineName($0) }
  }

  private static let fullness = ChartDefinition(
    id: "fullness", title: "File systems: space in use", section: .disks, form: .lines,
    quantity: .share, range: 0...1,
    measures: [
      Measure(
        Catalog.fileSystemUsage, .fraction(stateKey: "system.filesystem.state", other: "free"),
        name: used)
    ])

  private static let inodes = ChartDefinition(
    id: "inodes", title: "File systems: inodes in use", section: .disks, form: .lines,
    quantity: .share, range: 0...1,
    measures: [
      Measure(
        Catalog.fileSystemInodes, .fraction(stateKey: "system.filesystem.state", other: "free"),
        name: used)
    ])

  // MARK: network

  private static func link(_ attributes: [Attribute]) -> LineName? {
    guard let interface = attributes.text("network.interface.name"), interface != "lo",
      let direction = attributes.text("network.io.direction")
    else { return nil }
    return LineName("\(interface) \(direction)")
  }

  private static let network = ChartDefinition(
    id: "network", title: "Network throughput", section: .network, form: .lines,
    quantity: .bytesPerSecond, measures: [Measure(Catalog.networkIO, .rate, name: link)])

  private static let errors = ChartDefinition(
    id: "network-errors", title: "Network errors and dropped packets", section: .network,
    form: .lines, quantity: .perMinute("packets"),
    measures: [
      Measure(Catalog.networkErrors, .rate, factor: 60) { attributes in
        link(attributes).map { LineName("\($0.label) errors") }
      },
      Measure(Catalog.networkDropped, .rate, factor: 60) { attributes in
        link(attributes).map { LineName("\($0.label) dropped") }
      },
    ])

  // MARK: hardware

  /// Sensors are named by their makers; the chip is said where that makes a difference.
  private static func sensor(_ attributes: [Attribute]) -> LineName? {
    guard let id = attributes.text("hw.id") else {
      return attributes.text("hw.name").map { LineName($0) }
    }
    let chip = id.split(separator: "/").first.map(String.init) ?? id
    guard let name = attributes.text("hw.name") else { return LineName(id) }
    return LineName(key: id, label: name.contains(chip) ? name : "\(name) (\(chip))")
  }

  /// The key of the sensor whose limit it is, and the kind of limit.
  private static func limit(_ attributes: [Attribute]) -> LineName? {
    guard let sensor = sensor(attributes), let type = attributes.text("hw.limit_type") else {
      return nil
    }
    return LineName(key: "\(sensor.key)\u{1F}\(type)", label: type)
  }

  private static let temperatures = ChartDefinition(
    id: "temperature", title: "Temperatures", section: .hardware, form: .lines, quantity: .celsius,
    beginsAtZero: false,
    measures: [
      Measure(Catalog.temperature, name: sensor),
      Measure(Catalog.temperatureLimit, isReference: true, name: limit),
    ])

  private static let fans = ChartDefinition(
    id: "fans", title: "Fans", section: .hardware, form: .lines, quantity: .turns,
    measures: [
      Measure(Catalog.fanSpeed, name: sensor),
      Measure(Catalog.fanSpeedLimit, isReference: true, name: limit),
    ])

  private static let power = ChartDefinition(
    id: "power", title: "Power", section: .hardware, form: .lines, quantity: .watts,
    measures: [
      Measure(Catalog.power, name: sensor),
      Measure(Catalog.energy, .rate, name: sensor),
    ])

  private static let voltages = ChartDefinition(
    id: "voltage", title: "Voltages", section: .hardware, form: .lines, quantity: .volts,
    measures: [Measure(Catalog.voltage, name: sensor)])

  private static let battery = ChartDefinition(
    id: "battery", title: "Battery charge", section: .hardware, form: .lines, quantity: .share,
    range: 0...1, measures: [Measure(Catalog.batteryCharge, name: sensor)])
}
