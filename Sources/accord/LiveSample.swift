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

  /// - Parameter root: where proc and sys are found.
  init(root: String, devices: DeviceRules) {
    var sampler = Sampler(root: KernelRoot(root), devices: devices)
    let all = Set(Catalog.signals.flatMap(\.origins))
    sampler.takeSample(
      atBootTimeMilliseconds: SystemClock().bootTimeMilliseconds, wanted: all
    ) { _ in }
    sampler.refresh(wanted: all)
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
