internal import JSON
internal import Linux
internal import Sampling
internal import Telemetry

/// One look at the machine, through the same code as accordd; nothing of it is stored.
struct LiveSample {
  struct Row {
    let signal: Signal
    let attributes: [Attribute]
    let value: String
  }

  let rows: [Row]

  /// - Parameters:
  ///   - root: where proc and sys are found.
  ///   - unread: the kernel's files that are not read.
  static func taken(
    root: String, devices: DeviceRules, unread: Set<String> = []
  ) -> Sampler {
    var sampler = Sampler(root: KernelRoot(root), devices: devices)
    let wanted = Set(Catalog.signals.flatMap(\.origins)).subtracting(unread)
    sampler.takeSample(
      atBootTimeMilliseconds: SystemClock().bootTimeMilliseconds, wanted: wanted
    ) { _ in }
    sampler.refresh(wanted: wanted)
    return sampler
  }

  /// - Parameter root: where proc and sys are found.
  init(root: String, devices: DeviceRules) {
    let sampler = Self.taken(root: root, devices: devices)
    var rows = sampler.facts.compactMap { fact -> Row? in
      // What is a fact is its own attribute, and is redacted as one.
      Catalog.signal(fact.name).map {
        Row(signal: $0, attributes: [Attribute(fact.name, fact.value)], value: "")
      }
    }
    for (position, series) in sampler.sample.series.enumerated() {
      guard let value = sampler.sample.value(at: position) else { continue }
      rows.append(
        Row(
          signal: series.signal, attributes: series.attributes,
          value: DecimalText.text(value, decimals: series.signal.decimals)))
    }
    self.rows = rows
  }
}
