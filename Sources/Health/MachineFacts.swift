// What the machine says at this moment, and what it said about an hour ago: the readings of one sample, and a few facts
// that no signal of the catalog holds.

package import Telemetry

package struct MachineFacts: Sendable {
  /// One reading in its signal's own unit.
  package struct Reading: Sendable {
    package let signal: String
    /// Sorted by key, as the history has them.
    package let attributes: [Attribute]
    package let value: Double

    package init(_ signal: String, _ attributes: [Attribute] = [], _ value: Double) {
      self.signal = signal
      self.attributes = attributes.sorted { $0.key < $1.key }
      self.value = value
    }

    package var series: SeriesKey { SeriesKey(signal, attributes) }

    subscript(key: String) -> String { attributes.first { $0.key == key }?.value.text ?? "" }

    /// Whether it is of the same thing: all attributes agree except these.
    func isBeside(_ other: Reading, except keys: Set<String>) -> Bool {
      let mine = attributes.filter { !keys.contains($0.key) }
      return mine == other.attributes.filter { !keys.contains($0.key) }
    }
  }

  /// The readings of some time ago in this same boot, by signal and attributes sorted by key.
  package struct Earlier: Sendable {
    package let secondsAgo: Double
    package let values: [SeriesKey: Double]

    package init(secondsAgo: Double, values: [SeriesKey: Double]) {
      self.secondsAgo = secondsAgo
      self.values = values
    }
  }

  /// A network interface as /sys/class/net has it.
  package struct Link: Sendable {
    package let name: String
    /// Whether the administrator wants it up.
    package let isUp: Bool
    package let hasCarrier: Bool
    /// How often it came and went since the interface is there.
    package let carrierChanges: Int64

    package init(name: String, isUp: Bool, hasCarrier: Bool, carrierChanges: Int64) {
      self.name = name
      self.isUp = isUp
      self.hasCarrier = hasCarrier
      self.carrierChanges = carrierChanges
    }
  }

  package var earlier: Earlier?
  package var links: [Link] = []
  /// Mount points that somebody mounted for writing, and whose file system the kernel has made read-only since.
  package var turnedReadOnly: [String] = []
  /// The kernel's threads, and how many it allows: each has a number of its own (pid_max) and memory (threads-max).
  package var tasks: Double = 0
  package var tasksMax: Double?
  /// Failed systemd units that are not the agent's own.
  package var failedUnits: [String] = []
  private var readings: [String: [Reading]] = [:]

  package init() {}

  package mutating func add(_ reading: Reading) {
    readings[reading.signal, default: []].append(reading)
  }

  /// Takes over every reading of a sample.
  package mutating func add(_ sample: borrowing Sample) {
    for (position, series) in sample.series.enumerated() {
      guard let value = sample.value(at: position) else { continue }
      add(
        Reading(
          series.signal.name, series.attributes,
          Self.scaled(value, decimals: series.signal.decimals)))
    }
  }

  /// A reading as the kernel's integer, in its unit.
  package static func scaled(_ value: Int64, decimals: Int) -> Double {
    var divisor = 1.0
    for _ in 0..<decimals { divisor *= 10 }
    return Double(value) / divisor
  }

  func all(_ signal: String) -> [Reading] { readings[signal] ?? [] }

  /// The only reading of a signal, or the one with this attribute.
  func value(_ signal: String, _ key: String = "", _ wanted: String = "") -> Double? {
    all(signal).first { key.isEmpty || $0[key] == wanted }?.value
  }

  /// By how much a counter rose since `earlier`; nil when that is not known. One that began anew has not risen.
  func increase(_ reading: Reading) -> Double? {
    earlier?.values[reading.series].map {
      max(0, reading.value - $0)
    }
  }

  /// What the readings of a signal that `isMeant` picks rose by, all together; nil when it is not known of any.
  func increase(_ signal: String, where isMeant: (Reading) -> Bool = { _ in true }) -> Double? {
    let increases = all(signal).filter(isMeant).compactMap(increase)
    return increases.isEmpty ? nil : increases.reduce(0, +)
  }

  /// "in the last 58 min".
  var sinceEarlier: String { "in the last \(Phrase.duration(seconds: earlier?.secondsAgo ?? 0))" }
}
