// The machine whose readings are told apart. Every number that its kernel shows says by itself when it was shown and
// by which series: gauges and amounts are `base + 1024 * code(tick) + series`, where the codes grow and are all
// multiples of 60, so that the mean of up to six of them names its ticks; counters grow by random steps of up to
// 36 bits, so that no difference of two of them is another one's. Names of devices and of the system are canaries.

import Glibc
import Linux
import Telemetry
import TestSupport

/// A signal of the machine.
struct SimulatedSignal {
  let name: String
  let source: DataSource
  var isFact = false
}

/// A series of the machine.
struct SimulatedSeries {
  enum Kind {
    case mean, last, counter
    /// Always the same number: it tells nothing about when it was taken.
    case constant
  }

  let signal: String
  let source: DataSource
  let kind: Kind
  let decimals: Int
  let attributes: [String: String]
  /// The file that shows it.
  let file: String
}

struct Machine {
  static let hostName = "canaryhost"
  static let systemName = "Canary Linux"
  static let interfaces = ["lo", "ethcanary0", "ethcanary1"]
  static let modes = ["user", "nice", "system", "idle", "iowait", "interrupt", "steal"]

  static let series: [SimulatedSeries] = {
    func series(
      _ signal: String, _ kind: SimulatedSeries.Kind, _ file: String, _ decimals: Int = 0,
      _ attributes: [String: String] = [:], source: DataSource = .environment
    ) -> SimulatedSeries {
      SimulatedSeries(
        signal: signal, source: source, kind: kind, decimals: decimals, attributes: attributes,
        file: file)
    }
    var all = [series("system.uptime", .last, "/proc/uptime", 2, source: .product)]
    all += ["1m", "5m", "15m"].map {
      series("system.cpu.load_average.\($0)", .mean, "/proc/loadavg", 2)
    }
    all += modes.map { series("system.cpu.time", .counter, "/proc/stat", 2, ["cpu.mode": $0]) }
    all.append(series("system.process.created", .counter, "/proc/stat"))
    all.append(series("system.cpu.logical.count", .constant, "/proc/stat"))
    all.append(
      series("system.memory.usage", .last, "/proc/meminfo", 0, ["system.memory.state": "free"]))
    all.append(series("system.memory.limit", .last, "/proc/meminfo"))
    for interface in interfaces {
      for direction in ["receive", "transmit"] {
        for (name, key) in [
          ("io", "network.interface.name"), ("packet.count", "system.device"),
          ("errors", "network.interface.name"), ("packet.dropped", "network.interface.name"),
        ] {
          all.append(
            series(
              "system.network.\(name)", .counter, "/proc/net/dev", 0,
              [key: interface, "network.io.direction": direction]))
        }
      }
    }
    return all
  }()

  static let signals: [SimulatedSignal] = {
    var signals = ["os.type", "os.name", "os.version", "host.name"].map {
      SimulatedSignal(name: $0, source: .product, isFact: true)
    }
    for series in series where !signals.contains(where: { $0.name == series.signal }) {
      signals.append(SimulatedSignal(name: series.signal, source: series.source))
    }
    return signals
  }()

  static let sources = Dictionary(uniqueKeysWithValues: signals.map { ($0.name, $0.source) })

  /// Every text that an attribute or a fact may have in clear.
  static let clearTexts = Set(
    series.flatMap(\.attributes.values) + [systemName, hostName, "linux", "12"])

  private let root: String
  private var counters = [Int64](repeating: 0, count: series.count)
  private var tick: Int64 = 0
  /// Files that show nothing that can be read.
  var brokenFiles: Set<String> = []
  var isSecondInterfaceThere = false

  /// Beyond every other number of the appliance's files.
  private static let base: Int64 = 40_000_000_000_000

  init(below root: String) throws {
    self.root = root
    for folder in ["/proc/net", "/proc/sys/kernel", "/etc"] {
      try Directory.create(root + folder, mode: 0o755)
    }
    let release = "NAME=\"\(Self.systemName)\"\nVERSION_ID=\"12\"\n"
    for (file, text) in [
      ("/etc/os-release", release), ("/proc/sys/kernel/hostname", Self.hostName + "\n"),
    ] {
      try AtomicFile.replace(
        root + file, with: Array(text.utf8), mode: 0o644, durability: .volatile)
    }
  }

  /// The kernel begins again, with counters that begin at zero.
  mutating func boot(_ generator: inout SeededGenerator) {
    for place in counters.indices { counters[place] = .random(in: 0...50_000, using: &generator) }
  }

  /// A driver is loaded again, or 32 bits wrap: some counters fall.
  mutating func fall(_ generator: inout SeededGenerator) {
    for place in counters.indices where Bool.random(using: &generator) {
      counters[place] /= .random(in: 2...5, using: &generator)
    }
  }

  /// Registers of 32 bits run over.
  mutating func wrap() {
    for place in counters.indices { counters[place] &= 0xFFFF_FFFF }
  }

  /// Time goes on. Returns what the kernel shows now, by series; nil where it shows nothing.
  mutating func turn(_ generator: inout SeededGenerator) -> [Int64?] {
    tick += 1
    let code = 60 * (64 * tick + .random(in: 0..<64, using: &generator))
    var values = Self.series.indices.map { place -> Int64? in
      let series = Self.series[place]
      if brokenFiles.contains(series.file) { return nil }
      if !isSecondInterfaceThere, series.attributes.values.contains("ethcanary1") { return nil }
      switch series.kind {
      case .constant: return 1
      case .mean, .last: return Self.base + 1_024 * code + Int64(place)
      case .counter:
        counters[place] += .random(in: 1...(1 << 36), using: &generator)
        return counters[place]
      }
    }
    show(values)
    // The kernel counts memory in KiB.
    for place in values.indices where Self.series[place].file == "/proc/meminfo" {
      values[place] = values[place].map { $0 * 1_024 }
    }
    return values
  }

  /// Numbers of this kind stand nowhere but in readings.
  static func isTag(_ number: Int64) -> Bool {
    let bases = base..<(base + 10_000_000_000_000)
    return bases.contains(number) || bases.contains(number / 1_024)
  }
}

extension Machine {
  private func show(_ values: [Int64?]) {
    func hundredths(_ value: Int64?) -> String {
      let value = value ?? 0
      return "\(value / 100).\(value % 100 / 10)\(value % 10)"
    }
    let value = { (place: Int) in values[place] ?? 0 }
    write("/proc/uptime", "\(hundredths(values[0])) 1.00\n")
    write(
      "/proc/loadavg", "\((1...3).map { hundredths(values[$0]) }.joined(separator: " ")) 1/1 1\n")
    let times = (4...10).map(value)
    write(
      "/proc/stat",
      "cpu  \(times[0]) \(times[1]) \(times[2]) \(times[3]) \(times[4]) \(times[5]) 0 \(times[6]) 0 0\n"
        + "cpu0 1 1 1 1 1 1 1 1 0 0\nprocesses \(value(11))\n")
    write("/proc/meminfo", "MemTotal: \(value(14)) kB\nMemFree: \(value(13)) kB\n")
    var table = "Inter-|   Receive   |  Transmit\n face |bytes    packets errs drop\n"
    var place = 15
    for interface in Self.interfaces {
      let numbers = (place..<place + 8).map { "\(value($0))" }
      place += 8
      if interface == "ethcanary1", !isSecondInterfaceThere { continue }
      table += "\(interface): \(numbers[..<4].joined(separator: " ")) 0 0 0 0 "
      table += "\(numbers[4...].joined(separator: " ")) 0 0 0 0\n"
    }
    write("/proc/net/dev", table)
  }

  /// In place, as the kernel does it: the agent keeps the file open.
  private func write(_ path: String, _ text: String) {
    let bytes = Array((brokenFiles.contains(path) ? "?\n" : text).utf8)
    let file = open(root + path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    precondition(Glibc.write(file, bytes, bytes.count) == bytes.count)
    close(file)
  }
}
