internal import Handshake
internal import Sampling
internal import Telemetry

/// What this machine has at this moment.
struct LiveSignals {
  private let series: [Series]
  private let facts: [Fact]

  init(kernelRoot: String, _ devices: DeviceRules) {
    let sampler = LiveSample.taken(root: kernelRoot, devices: devices)
    series = sampler.sample.series
    facts = sampler.facts
  }

  /// What an agreement does with each signal of a source that is there: the most that it does with any of its series.
  func verdicts(of source: DataSource, _ agreement: Agreement) -> [String: Verdict] {
    var verdicts: [String: Verdict] = [:]
    for own in agreement.judge(series) where own.signal.source == source {
      verdicts[own.signal.name] = max(verdicts[own.signal.name] ?? .deny, own.decision.verdict)
    }
    for fact in facts {
      guard let signal = Catalog.signal(fact.name), signal.source == source else { continue }
      verdicts[signal.name] = agreement.decision(for: signal).verdict
    }
    return verdicts
  }
}
