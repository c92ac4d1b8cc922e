import Telemetry
import Testing

@Suite("The data dictionary")
struct CatalogTests {
  /// One line for each signal: name, source, kind, unit, attribute keys, kernel file. Names, kinds and units as
  /// semantic conventions 1.44 give them; the load averages as the Collector's hostmetrics receiver does.
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
    let fractional = Catalog.signals.filter { $0.decimals != 0 }
    #expect(fractional.allSatisfy { $0.decimals == 2 })
    #expect(
      Set(fractional.map(\.name)) == [
        "system.uptime", "system.cpu.time", "system.cpu.load_average.1m",
        "system.cpu.load_average.5m", "system.cpu.load_average.15m",
      ])
  }

  @Test("gauges leave as means, except a clock; sums leave as their last value")
  func downsampling() {
    for signal in Catalog.signals where signal.instrument != .fact {
      let isMean = signal.instrument == .gauge && signal.name != "system.uptime"
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
