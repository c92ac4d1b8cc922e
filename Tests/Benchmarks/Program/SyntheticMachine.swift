// A line controller with its week, made up: office hours, a backup each night, a disk that fills, a fan that fails on a
// hot afternoon, a program that leaks memory. The same seed gives the same readings.

import Telemetry

/// Random numbers that come back for the same seed (SplitMix64).
struct WeekNoise {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// Between 0 and 1.
  mutating func unit() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((mixed ^ (mixed >> 31)) >> 11) / Double(UInt64(1) << 53)
  }

  /// Around `mean`, never below zero, seldom far above.
  mutating func around(_ mean: Double) -> Double {
    let spread = 0.85 + 0.3 * unit()
    return mean * (unit() > 0.999_4 ? 2.4 * spread : spread)
  }
}

struct SyntheticMachine {
  private var noise = WeekNoise(seed: 2026)
  /// Sums since the last boot, by series.
  private var sums: [String: Double] = [:]
  private var places: [String: SeriesIndex] = [:]
  private var cpuTemperature = 48.0
  private var mood = 0.0
  private var load5 = 0.4
  private var load15 = 0.4
  private static let processors = 4.0
  private static let gibibyte = 1_073_741_824.0

  /// Counters begin anew.
  mutating func reboot() { sums = [:] }

  /// What the machine is like at a moment of the week.
  struct Moment {
    /// Days since the beginning, and hours of the day (UTC).
    let days: Double
    let hour: Double
    let stepSeconds: Double

    /// 0 at night, 1 at noon.
    var office: Double {
      let weekday = Int(days) % 7 < 5 ? 1.0 : 0.25
      return weekday * max(0, min(1, min(hour - 6, 19 - hour) / 3))
    }
    var isBackup: Bool { (2.0..<2.75).contains(hour) }
    /// The fan stood still on the fifth day.
    var isHot: Bool { Int(days) == 4 && (12.5..<16.5).contains(hour) }
    /// From 0 to 1 over the last day and a half.
    var leak: Double { max(0, min(1, (days - 5.4) / 1.5)) }
  }

  mutating func read(_ moment: Moment, into sample: inout Sample) {
    // What people do comes and goes over an hour or so.
    mood += (noise.unit() - 0.5) * 0.06 - mood * moment.stepSeconds / 2_400
    let office = max(0, moment.office * (1 + mood))
    let busy = min(0.93, noise.around(0.05 + 0.34 * office) + (moment.isBackup ? 0.15 : 0))
    readProcessor(moment, busy, &sample)
    readMemory(moment, busy, &sample)
    for disk in ["sda", "nvme0n1"] { readDisk(disk, moment, busy, &sample) }
    readFileSystems(moment, &sample)
    readNetworks(moment, &sample)
    readSensors(moment, busy, &sample)
    readSystem(moment, busy, &sample)
  }

  // MARK: parts

  private mutating func readProcessor(
    _ moment: Moment, _ busy: Double, _ sample: inout Sample
  ) {
    let all = moment.stepSeconds * Self.processors
    let wait = moment.isBackup ? noise.around(0.12) : noise.around(0.006)
    let parts: [(String, Double)] = [
      ("user", busy * 0.68), ("nice", busy * 0.02), ("system", busy * 0.24),
      ("interrupt", busy * 0.06), ("iowait", wait), ("steal", 0),
    ]
    for (mode, part) in parts {
      count(Catalog.cpuTime, [("cpu.mode", mode)], part * all * 100, &sample)
    }
    let idle = max(0, 1 - parts.reduce(0) { $0 + $1.1 })
    count(Catalog.cpuTime, [("cpu.mode", "idle")], idle * all * 100, &sample)
    set(Catalog.logicalCPUs, [], Self.processors, &sample)
    count(Catalog.processesCreated, [], noise.around(3 + 20 * moment.office), &sample)
    for number in 0..<4 {
      let hertz = moment.isHot ? 1.2e9 : 1.2e9 + 1.6e9 * min(1, busy * 1.6 * noise.around(1))
      set(Catalog.cpuFrequency, [("cpu.logical_number", "\(number)")], hertz, &sample)
    }
    let load = (busy + wait * 2) * Self.processors
    load5 += (load - load5) * moment.stepSeconds / 300
    load15 += (load - load15) * moment.stepSeconds / 900
    set(Catalog.load1, [], load * 100, &sample)
    set(Catalog.load5, [], load5 * 100, &sample)
    set(Catalog.load15, [], load15 * 100, &sample)
    let stalls: [String: Double] = [
      "cpu": busy * busy * 0.3,
      "memory": moment.leak > 0.6 ? noise.around(0.18 * moment.leak) : 0.0002,
      "io": wait * 0.9,
    ]
    for pressure in Catalog.pressures where stalls[pressure.resource] != nil {
      for (kind, factor) in [("some", 1.0), ("full", 0.55)]
      where pressure.resource != "cpu" || kind == "some" {
        let share = min(0.95, (stalls[pressure.resource] ?? 0) * factor)
        let key = [("system.pressure.stall_type", kind)]
        count(pressure.total, key, share * moment.stepSeconds * 1e6, &sample)
        for average in pressure.averages { set(average, key, share * 1e4, &sample) }
      }
    }
  }

  private mutating func readMemory(
    _ moment: Moment, _ busy: Double, _ sample: inout Sample
  ) {
    let total = 8 * Self.gibibyte
    let used = min(7.4, 2.1 + busy * 1.2 + 4.4 * moment.leak) * Self.gibibyte
    let cached = min(
      total - used - 0.35 * Self.gibibyte, (2.6 + (moment.isBackup ? 1.5 : 0)) * Self.gibibyte)
    let buffers = 0.18 * Self.gibibyte
    for (state, bytes) in [
      ("used", used), ("cached", cached), ("buffers", buffers),
      ("free", max(0, total - used - cached - buffers)),
    ] { set(Catalog.memoryUsage, [("system.memory.state", state)], bytes, &sample) }
    set(Catalog.memoryLimit, [], total, &sample)
    set(Catalog.memoryAvailable, [], total - used, &sample)
    set(Catalog.memoryShared, [], noise.around(2e7), &sample)
    for state in ["reclaimable", "unreclaimable"] {
      set(
        Catalog.slabUsage, [("system.memory.linux.slab.state", state)], noise.around(1.5e8), &sample
      )
    }
    let swapped = max(0, moment.leak - 0.55) * 3.2 * Self.gibibyte
    for (state, bytes) in [("used", swapped), ("free", 2 * Self.gibibyte - swapped)] {
      set(
        Catalog.pagingUsage, [("system.device", "/dev/sda2"), ("system.paging.state", state)],
        bytes, &sample)
    }
    let pages = moment.leak > 0.55 ? noise.around(420 * moment.leak) : 0
    for (direction, factor) in [("in", 0.6), ("out", 1.0)] {
      count(
        Catalog.pagingOperations,
        [("system.paging.direction", direction), ("system.paging.fault.type", "major")],
        pages * factor * moment.stepSeconds, &sample)
    }
    count(
      Catalog.pagingFaults, [("system.paging.fault.type", "minor")],
      noise.around(900 + 5000 * busy) * moment.stepSeconds, &sample)
    count(
      Catalog.pagingFaults, [("system.paging.fault.type", "major")],
      (noise.around(0.4) + pages * 0.3) * moment.stepSeconds, &sample)
    count(Catalog.oomKills, [], moment.leak >= 1 && noise.unit() > 0.9985 ? 1 : 0, &sample)
  }

  private mutating func readDisk(
    _ name: String, _ moment: Moment, _ busy: Double, _ sample: inout Sample
  ) {
    let isData = name == "sda"
    let backup = moment.isBackup ? (isData ? 3.4e7 : 2.2e7) : 0
    let rates = [
      ("read", noise.around(isData ? 6e4 + 1.1e6 * moment.office : 2e4) + (isData ? backup : 0)),
      ("write", noise.around(isData ? 3e5 + 9e5 * moment.office : 1e5) + (isData ? 0 : backup)),
    ]
    var time = 0.0
    for (direction, rate) in rates {
      let key = [("disk.io.direction", direction), ("system.device", name)]
      let operations = rate / 24_000
      let latency =
        (isData ? 0.0042 : 0.0004) * (1 + (moment.isBackup ? 2.5 : 0) + moment.leak * 2)
        * noise.around(1)
      count(Catalog.diskIO, key, rate * moment.stepSeconds, &sample)
      count(Catalog.diskOperations, key, operations * moment.stepSeconds, &sample)
      count(Catalog.diskMerged, key, operations * 0.2 * moment.stepSeconds, &sample)
      count(
        Catalog.diskOperationTime, key, operations * latency * moment.stepSeconds * 1000, &sample)
      time += operations * latency * 0.4
    }
    count(
      Catalog.diskIOTime, [("system.device", name)], min(1, time) * moment.stepSeconds * 1000,
      &sample)
    set(Catalog.diskLimit, [("system.device", name)], (isData ? 960 : 240) * 1e9, &sample)
  }

  private mutating func readFileSystems(_ moment: Moment, _ sample: inout Sample) {
    let systems: [(String, String, Double, Double)] = [
      ("/", "/dev/nvme0n1p2", 40, 0.41 + 0.002 * moment.days),
      ("/var", "/dev/sda1", 180, 0.505 + 0.0475 * moment.days + (moment.isBackup ? 0.004 : 0)),
      ("/boot/efi", "/dev/nvme0n1p1", 0.5, 0.12),
    ]
    for (point, device, size, share) in systems {
      let key = [
        ("system.device", device), ("system.filesystem.mode", "rw"),
        ("system.filesystem.mountpoint", point),
      ]
      func state(_ name: String) -> [(String, String)] {
        key + [("system.filesystem.state", name), ("system.filesystem.type", "ext4")]
      }
      let bytes = size * Self.gibibyte
      let used = bytes * 0.95 * share
      set(Catalog.fileSystemUsage, state("used"), used, &sample)
      set(Catalog.fileSystemUsage, state("free"), bytes * 0.95 - used, &sample)
      set(Catalog.fileSystemUsage, state("reserved"), bytes * 0.05, &sample)
      set(Catalog.fileSystemLimit, key + [("system.filesystem.type", "ext4")], bytes, &sample)
      let inodes = size * 65_536
      set(Catalog.fileSystemInodes, state("used"), inodes * 0.08 * (1 + share), &sample)
      set(Catalog.fileSystemInodes, state("free"), inodes * (1 - 0.08 * (1 + share)), &sample)
    }
    set(
      Catalog.fileLocks,
      [
        ("file.lock.mechanism", "posix"), ("file.lock.mode", "advisory"),
        ("file.lock.type", "write"),
      ],
      6, &sample)
  }

  private mutating func readNetworks(_ moment: Moment, _ sample: inout Sample) {
    let interfaces: [(String, Double)] = [
      ("lo", 4e3), ("enp3s0", 5e4 + 1.4e6 * moment.office + (moment.isBackup ? 8e6 : 0)),
      ("enp4s0", 2.4e5),
    ]
    for (name, rate) in interfaces {
      for (direction, factor) in [("receive", 0.7), ("transmit", 1.0)] {
        let bytes = noise.around(rate) * factor
        let key = [("network.interface.name", name), ("network.io.direction", direction)]
        count(Catalog.networkIO, key, bytes * moment.stepSeconds, &sample)
        count(
          Catalog.networkPackets,
          [("network.io.direction", direction), ("system.device", name)],
          bytes / 700 * moment.stepSeconds, &sample)
        // A plug that is loose when the machines on the floor run.
        let isLoose = name == "enp4s0" && direction == "receive" && moment.office > 0.5
        count(
          Catalog.networkErrors, key, isLoose && noise.unit() > 0.93 ? noise.around(4) : 0, &sample)
        count(Catalog.networkDropped, key, isLoose && noise.unit() > 0.98 ? 1 : 0, &sample)
      }
    }
    for state in ["established", "listen", "time_wait"] {
      set(
        Catalog.connections, [("network.connection.state", state), ("network.transport", "tcp")],
        noise.around(14), &sample)
    }
  }

  private mutating func readSensors(
    _ moment: Moment, _ busy: Double, _ sample: inout Sample
  ) {
    let goal = moment.isHot ? 99 : 44 + 30 * busy
    cpuTemperature += (goal - cpuTemperature) * min(1, moment.stepSeconds / 600)
    let temperatures: [(String, String, Double, Double, Double)] = [
      ("coretemp.0/temp1", "Package id 0", cpuTemperature, 84, 100),
      ("coretemp.0/temp2", "Core 0", cpuTemperature - 1.5, 84, 100),
      ("nct6775.656/temp1", "SYSTIN", 31 + (cpuTemperature - 44) * 0.25, 70, 85),
      ("nvme0/temp1", "Composite", 38 + (moment.isBackup ? 14 : 0), 81.8, 84.8),
    ]
    for (id, name, value, high, critical) in temperatures {
      let key = [("hw.id", id), ("hw.name", name)]
      set(Catalog.temperature, key, (value + noise.unit()) * 1000, &sample)
      for (type, limit) in [("high.degraded", high), ("high.critical", critical)] {
        set(
          Catalog.temperatureLimit, [("hw.id", id), ("hw.limit_type", type), ("hw.name", name)],
          limit * 1000, &sample)
      }
    }
    let isStuck = moment.isHot && cpuTemperature < 98.5
    for (number, name) in [(1, "CPU fan"), (2, "case fan")] {
      let key = [("hw.id", "nct6775.656/fan\(number)"), ("hw.name", name)]
      let speed =
        number == 1 && isStuck
        ? 0 : (900 + 14 * (cpuTemperature - 40)) * (0.98 + 0.04 * noise.unit())
      set(Catalog.fanSpeed, key, min(2_600, speed), &sample)
      set(
        Catalog.fanSpeedLimit,
        [
          ("hw.id", "nct6775.656/fan\(number)"), ("hw.limit_type", "low.degraded"),
          ("hw.name", name),
        ], 500,
        &sample)
    }
    for (number, volts) in [(0, 1.02), (1, 3.31)] {
      set(
        Catalog.voltage,
        [("hw.id", "nct6775.656/in\(number)"), ("hw.name", number == 0 ? "Vcore" : "+3.3V")],
        (volts + 0.004 * noise.unit()) * 1000, &sample)
    }
    set(
      Catalog.power, [("hw.id", "amps.0/power1"), ("hw.name", "board"), ("hw.type", "enclosure")],
      (17 + 31 * busy + noise.unit()) * 1e6, &sample)
  }

  private mutating func readSystem(
    _ moment: Moment, _ busy: Double, _ sample: inout Sample
  ) {
    for (state, number) in [
      ("running", 1 + busy * 4), ("sleeping", 190.0), ("stopped", 0), ("zombie", 0),
    ] {
      set(Catalog.processes, [("process.state", state)], number, &sample)
    }
    set(Catalog.processLimit, [], 62_000, &sample)
    set(Catalog.fileHandles, [], noise.around(2_400), &sample)
    set(Catalog.fileHandlesLimit, [], 790_000, &sample)
    set(Catalog.clockSynchronised, [], 1, &sample)
    set(Catalog.clockOffset, [], noise.unit() * 40_000, &sample)
    set(Catalog.clockErrorBound, [], noise.around(900), &sample)
    sums["uptime", default: 0] += moment.stepSeconds * 100
    set(Catalog.uptime, [], sums["uptime"] ?? 0, &sample)
  }

  // MARK: readings

  private mutating func count(
    _ signal: Signal, _ attributes: [(String, String)], _ growth: Double, _ sample: inout Sample
  ) {
    let key = signal.name + attributes.map(\.1).joined(separator: " ")
    sums[key, default: 0] += growth
    set(signal, attributes, sums[key] ?? 0, &sample)
  }

  private mutating func set(
    _ signal: Signal, _ attributes: [(String, String)], _ value: Double, _ sample: inout Sample
  ) {
    let key = signal.name + attributes.map(\.1).joined(separator: " ")
    let place =
      places[key] ?? sample.add(signal, attributes.map { Attribute($0.0, .string($0.1)) })
    places[key] = place
    sample.set(place, Int64(value))
  }
}
