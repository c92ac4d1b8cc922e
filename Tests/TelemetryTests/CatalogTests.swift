import Telemetry
import Testing

@Suite("The data dictionary")
struct CatalogTests {
  /// One line for each signal: name, source, kind, unit, attribute keys, kernel file. Names, kinds and units as
  /// semantic conventions 1.44 give them; load averages, inodes and pressure as the Collector's hostmetrics receiver
  /// does or would. What begins with `accord.` has no convention.
  private static let expected = """
    os.type product fact - - /etc/os-release
    os.name product fact - - /etc/os-release
    os.version product fact - - /etc/os-release
    os.description product fact - - /etc/os-release
    os.build_id product fact - - /etc/os-release
    system.uptime product gauge s - /proc/uptime
    system.cpu.time environment counter s cpu.mode /proc/stat
    system.cpu.logical.count environment upDownCounter {cpu} - /proc/stat
    system.process.created environment counter {process} - /proc/stat
    system.cpu.load_average.1m environment gauge 1 - /proc/loadavg
    system.cpu.load_average.5m environment gauge 1 - /proc/loadavg
    system.cpu.load_average.15m environment gauge 1 - /proc/loadavg
    system.memory.usage environment upDownCounter By system.memory.state /proc/meminfo
    system.memory.limit environment upDownCounter By - /proc/meminfo
    system.memory.linux.available environment upDownCounter By - /proc/meminfo
    system.memory.linux.shared environment upDownCounter By - /proc/meminfo
    system.memory.linux.slab.usage environment upDownCounter By system.memory.linux.slab.state /proc/meminfo
    system.network.io environment counter By network.interface.name,network.io.direction /proc/net/dev
    system.network.packet.count environment counter {packet} system.device,network.io.direction /proc/net/dev
    system.network.errors environment counter {error} network.interface.name,network.io.direction /proc/net/dev
    system.network.packet.dropped environment counter {packet} network.interface.name,network.io.direction /proc/net/dev
    accord.kernel.release product fact - - /proc/sys/kernel/osrelease
    host.arch product fact - - /proc/sys/kernel/arch
    host.name product fact - - /proc/sys/kernel/hostname
    device.manufacturer product fact - - /sys/class/dmi/id,/proc/device-tree
    device.model.identifier product fact - - /sys/class/dmi/id,/proc/device-tree
    device.model.name product fact - - /sys/class/dmi/id,/proc/device-tree
    system.cpu.physical.count environment upDownCounter {cpu} - /sys/devices/system/cpu
    system.cpu.frequency environment gauge Hz cpu.logical_number /sys/devices/system/cpu
    system.memory.linux.hugepages.limit environment upDownCounter {page} - /proc/meminfo
    system.memory.linux.hugepages.page_size environment upDownCounter By - /proc/meminfo
    system.memory.linux.hugepages.reserved environment upDownCounter {page} - /proc/meminfo
    system.memory.linux.hugepages.surplus environment upDownCounter {page} - /proc/meminfo
    system.memory.linux.hugepages.usage environment upDownCounter {page} system.memory.linux.hugepages.state /proc/meminfo
    system.paging.usage environment upDownCounter By system.device,system.paging.state /proc/swaps
    system.paging.faults environment counter {fault} system.paging.fault.type /proc/vmstat
    system.paging.operations environment counter {operation} system.paging.direction,system.paging.fault.type /proc/vmstat
    accord.oom_kill.count environment counter {process} - /proc/vmstat
    system.cpu.linux.pressure.total environment counter s system.pressure.stall_type /proc/pressure/cpu
    system.cpu.linux.pressure.10s environment gauge 1 system.pressure.stall_type /proc/pressure/cpu
    system.cpu.linux.pressure.1m environment gauge 1 system.pressure.stall_type /proc/pressure/cpu
    system.cpu.linux.pressure.5m environment gauge 1 system.pressure.stall_type /proc/pressure/cpu
    system.memory.linux.pressure.total environment counter s system.pressure.stall_type /proc/pressure/memory
    system.memory.linux.pressure.10s environment gauge 1 system.pressure.stall_type /proc/pressure/memory
    system.memory.linux.pressure.1m environment gauge 1 system.pressure.stall_type /proc/pressure/memory
    system.memory.linux.pressure.5m environment gauge 1 system.pressure.stall_type /proc/pressure/memory
    system.io.linux.pressure.total environment counter s system.pressure.stall_type /proc/pressure/io
    system.io.linux.pressure.10s environment gauge 1 system.pressure.stall_type /proc/pressure/io
    system.io.linux.pressure.1m environment gauge 1 system.pressure.stall_type /proc/pressure/io
    system.io.linux.pressure.5m environment gauge 1 system.pressure.stall_type /proc/pressure/io
    system.irq.linux.pressure.total environment counter s system.pressure.stall_type /proc/pressure/irq
    system.irq.linux.pressure.10s environment gauge 1 system.pressure.stall_type /proc/pressure/irq
    system.irq.linux.pressure.1m environment gauge 1 system.pressure.stall_type /proc/pressure/irq
    system.irq.linux.pressure.5m environment gauge 1 system.pressure.stall_type /proc/pressure/irq
    system.disk.io environment counter By system.device,disk.io.direction /proc/diskstats
    system.disk.operations environment counter {operation} system.device,disk.io.direction /proc/diskstats
    system.disk.merged environment counter {operation} system.device,disk.io.direction /proc/diskstats
    system.disk.operation_time environment counter s system.device,disk.io.direction /proc/diskstats
    system.disk.io_time environment counter s system.device /proc/diskstats
    system.disk.limit environment upDownCounter By system.device /sys/block
    system.filesystem.usage environment upDownCounter By system.device,system.filesystem.mode,system.filesystem.mountpoint,system.filesystem.state,system.filesystem.type /proc/self/mountinfo
    system.filesystem.limit environment upDownCounter By system.device,system.filesystem.mode,system.filesystem.mountpoint,system.filesystem.type /proc/self/mountinfo
    system.filesystem.inodes.usage environment upDownCounter {inode} system.device,system.filesystem.mode,system.filesystem.mountpoint,system.filesystem.state,system.filesystem.type /proc/self/mountinfo
    system.filesystem.lock.count environment upDownCounter {lock} file.lock.mechanism,file.lock.mode,file.lock.type /proc/locks
    system.network.connection.count environment upDownCounter {connection} network.connection.state,network.transport /proc/net/tcp,/proc/net/tcp6,/proc/net/udp,/proc/net/udp6
    system.process.count environment upDownCounter {process} process.state /proc/[pid]/stat
    system.process.limit environment upDownCounter {thread} - /proc/sys/kernel/threads-max
    accord.file_handle.usage environment upDownCounter {file_handle} - /proc/sys/fs/file-nr
    accord.file_handle.limit environment upDownCounter {file_handle} - /proc/sys/fs/file-nr
    accord.clock.synchronized environment gauge 1 - adjtimex(2)
    accord.clock.offset environment gauge s - adjtimex(2)
    accord.clock.error.bound environment gauge s - adjtimex(2)
    hw.temperature environment gauge Cel hw.id,hw.name /sys/class/hwmon,/sys/class/thermal
    hw.temperature.limit environment gauge Cel hw.id,hw.limit_type,hw.name /sys/class/hwmon,/sys/class/thermal
    hw.fan.speed environment gauge rpm hw.id,hw.name /sys/class/hwmon
    hw.fan.speed.limit environment gauge rpm hw.id,hw.limit_type,hw.name /sys/class/hwmon
    hw.fan.speed_ratio environment gauge 1 hw.id,hw.name /sys/class/hwmon
    hw.voltage environment gauge V hw.id,hw.name /sys/class/hwmon
    hw.voltage.limit environment gauge V hw.id,hw.limit_type,hw.name /sys/class/hwmon
    hw.power environment gauge W hw.id,hw.name,hw.type /sys/class/hwmon
    hw.energy environment counter J hw.id,hw.name,hw.type /sys/class/hwmon
    hw.status environment upDownCounter 1 hw.id,hw.name,hw.state,hw.type /sys/class/hwmon,/sys/class/power_supply
    hw.battery.charge environment gauge 1 hw.id,hw.name /sys/class/power_supply
    hw.battery.charge.limit environment gauge 1 hw.id,hw.limit_type,hw.name /sys/class/power_supply
    hw.battery.time_left environment gauge s hw.battery.state,hw.id,hw.name /sys/class/power_supply
    """

  @Test("every signal is as the conventions say, and no signal is more or less")
  func table() {
    let lines = Catalog.signals.map { signal in
      let keys = signal.attributeKeys.isEmpty ? "-" : signal.attributeKeys.joined(separator: ",")
      let unit = signal.unit.isEmpty ? "-" : signal.unit
      return
        "\(signal.name) \(signal.source.name) \(signal.instrument) \(unit) \(keys) \(signal.origins.joined(separator: ","))"
    }
    #expect(lines.sorted() == Self.expected.split(separator: "\n").map(String.init).sorted())
  }

  @Test("names are unique and found again")
  func names() {
    #expect(Set(Catalog.signals.map(\.name)).count == Catalog.signals.count)
    for signal in Catalog.signals { #expect(Catalog.signal(signal.name)?.name == signal.name) }
    #expect(Catalog.signal("system.cpu") == nil && Catalog.signal("") == nil)
  }

  @Test("a fact has no unit, no decimals and no attributes; every metric has a unit")
  func units() {
    for signal in Catalog.signals {
      #expect(signal.unit.isEmpty == (signal.instrument == .fact), "\(signal.name)")
      guard signal.instrument == .fact else { continue }
      #expect(signal.decimals == 0 && signal.attributeKeys.isEmpty, "\(signal.name)")
    }
  }

  @Test("decimals are those of the kernel's files")
  func decimals() {
    // Hundredths, percents, thousandths, millionths and billionths; what counts things has none.
    for signal in Catalog.signals {
      let expected =
        switch signal.name {
        case "system.uptime", "system.cpu.time", "hw.battery.charge", "hw.battery.charge.limit",
          _ where signal.name.hasPrefix("system.cpu.load_average."):
          2
        case "system.disk.operation_time", "system.disk.io_time", "hw.fan.speed_ratio",
          _ where ["Cel", "V"].contains(signal.unit):
          3
        case _ where signal.name.hasSuffix(".linux.pressure.total"): 6
        case _ where signal.name.contains(".linux.pressure."): 4
        case "accord.clock.error.bound", "hw.power", "hw.energy": 6
        case "accord.clock.offset": 9
        default: 0
        }
      #expect(signal.decimals == expected, "\(signal.name)")
    }
  }

  @Test(
    "gauges leave as means, except a clock, a limit and a yes or no; sums leave as their last value"
  )
  func downsampling() {
    for signal in Catalog.signals where signal.instrument != .fact {
      let isLast =
        ["system.uptime", "accord.clock.synchronized"].contains(signal.name)
        || signal.name.hasPrefix("hw.") && signal.name.hasSuffix(".limit")
      let isMean = signal.instrument == .gauge && !isLast
      #expect((signal.downsampling == .mean) == isMean, "\(signal.name)")
    }
  }

  @Test("every attribute key can be named for redaction, and every signal for withholding")
  func keys() {
    for signal in Catalog.signals {
      #expect(Catalog.attributeKeys.isSuperset(of: signal.attributeKeys), "\(signal.name)")
      #expect(Catalog.attributeKeys.contains(signal.name) == (signal.instrument == .fact))
      #expect(Catalog.knownNames.contains(signal.name))
    }
    #expect(Catalog.attributeKeys.isSuperset(of: Catalog.identifyingKeys))
    #expect(Set(Catalog.knownNames).isSuperset(of: Catalog.identifyingKeys))
    #expect(Set(Catalog.knownNames).count == Catalog.knownNames.count)
  }

  @Test("every signal says what it is for, in words that follow 'for'")
  func briefs() {
    for signal in Catalog.signals {
      #expect(signal.brief.count > 10 && signal.brief.last != ".", "\(signal.name)")
      #expect(signal.brief.first?.isLowercase == true, "\(signal.name)")
    }
  }

  @Test(
    "an interface that udev named after its hardware address identifies the site",
    arguments: [
      ("network.interface.name", "enx001122aabbcc", true),
      ("system.device", "wlx001122aabbcc", true),
      ("network.interface.name", "eth0", false),
      ("network.interface.name", "enx001122aabbc", false),
      ("network.interface.name", "enx001122aabbcg", false),
      ("network.interface.name", "enp0s31f6", false),
      ("cpu.mode", "enx001122aabbcc", false), ("host.name", "any", true), ("host.mac", "", true),
    ])
  func identifying(key: String, value: String, expected: Bool) {
    #expect(Catalog.isIdentifying(Attribute(key, .string(value))) == expected)
  }

  @Test("a number is no hardware address")
  func numbers() {
    #expect(!Catalog.isIdentifying(Attribute("system.device", .integer(123_456_789_012_345))))
  }

  @Test("the numbers that stand in the databases are these for ever")
  func rawValues() {
    #expect(DataSource.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 6])
    #expect(
      DataSource.allCases.map(\.name)
        == ["product", "environment", "interaction", "usage", "process", "customer", "industry"])
    #expect(DataSource.allCases.allSatisfy { DataSource(name: $0.name) == $0 })
    #expect(DataSource(name: "Product") == nil && DataSource(name: "") == nil)
    let instruments: [Instrument] = [.counter, .upDownCounter, .gauge, .fact]
    #expect(instruments.map(\.rawValue) == [0, 1, 2, 3])
  }
}

@Suite("The readings of one tick")
struct SampleTests {
  @Test("a series keeps its place, and what is not set in a tick is absent")
  func places() {
    var sample = Sample()
    sample.begin(atBootTimeMilliseconds: 10)
    let load = sample.add(Catalog.load1)
    #expect(sample.value(at: load.position) == nil)
    sample.set(load, 0)
    let user = sample.add(Catalog.cpuTime, [Attribute("cpu.mode", .string("user"))])
    sample.set(user, .max)
    #expect(sample.value(at: load.position) == 0)
    #expect(sample.value(at: user.position) == .max)
    sample.begin(atBootTimeMilliseconds: 20)
    #expect(sample.bootTimeMilliseconds == 20)
    #expect(sample.value(at: load.position) == nil && sample.value(at: user.position) == nil)
    #expect(sample.series.map(\.signal.name) == ["system.cpu.load_average.1m", "system.cpu.time"])
    #expect(sample.series[1].attributes == [Attribute("cpu.mode", .string("user"))])
  }
}
