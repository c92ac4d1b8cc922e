// Gate 1: the only way from a sample to the databases.
//
// The writers take nothing but a `PermittedSample`, and its initialiser is private to this file: no other
// code can make one. It is filled by copying what is allowed, never by removing from the whole, and it is
// lent, not given: the value is kept from tick to tick, so that passing the gate allocates nothing.
//
// What a verdict depends on changes seldom (another agreement, a device plugged in), so verdicts are worked
// out then and only looked up at each tick.

package import Telemetry

/// The readings of one tick that may be kept. Lent by `Gate.permit`.
package struct PermittedSample: ~Copyable {
  package fileprivate(set) var bootTimeMilliseconds: Int64 = 0
  /// For each place of the sample: what remains of the series after redaction, and the verdict on it.
  package fileprivate(set) var series: [PermittedSeries] = []
  fileprivate var values: [Int64] = []
  fileprivate var isPresent: [Bool] = []

  fileprivate init() {}

  /// The reading at a place, or nil when it is absent or denied.
  package func value(at position: Int) -> Int64? { isPresent[position] ? values[position] : nil }
}

/// A series as it may be written down.
package struct PermittedSeries: Sendable {
  package let signal: Signal
  /// What redaction left, sorted by key.
  package let attributes: [Attribute]
  package let decision: Decision

  package var verdict: Verdict { decision.verdict }
}

package struct Gate: ~Copyable {
  package private(set) var permitted = PermittedSample()
  private var agreement: Agreement?
  private var hashKey: HashKey?
  /// The kernel files of which something may be kept. The others are not even read.
  package private(set) var wantedFiles: Set<String> = []

  package init() {}

  /// Closes everything that `agreement` does not allow, from now on.
  ///
  /// - Parameter hashKey: without one, what would be hashed is dropped.
  package mutating func admit(_ agreement: Agreement, hashing hashKey: HashKey? = nil) {
    self.agreement = agreement
    self.hashKey = hashKey
    permitted.series.removeAll(keepingCapacity: true)
    for position in permitted.isPresent.indices { permitted.isPresent[position] = false }
    hasPermittedReadings = false
    wantedFiles = Set(
      Catalog.signals.filter { agreement.decision(for: $0).verdict != .deny }.flatMap(\.origins))
  }

  /// Whether the last sample left anything behind the gate.
  package private(set) var hasPermittedReadings = false

  /// Copies what the agreement allows of `sample` into `permitted`.
  package mutating func permit(_ sample: borrowing Sample) {
    if permitted.series.count != sample.series.count { judge(sample) }
    permitted.bootTimeMilliseconds = sample.bootTimeMilliseconds
    hasPermittedReadings = false
    for position in permitted.series.indices {
      permitted.isPresent[position] = false
      guard permitted.series[position].verdict != .deny,
        let value = sample.value(at: position)
      else { continue }
      permitted.values[position] = value
      permitted.isPresent[position] = true
      hasPermittedReadings = true
    }
  }

  private mutating func judge(_ sample: borrowing Sample) {
    guard let agreement else { return }
    permitted.series = agreement.judge(sample.series, hashing: hashKey)
    permitted.values = [Int64](repeating: 0, count: permitted.series.count)
    permitted.isPresent = [Bool](repeating: false, count: permitted.series.count)
  }
}

extension Agreement {
  /// The verdict on each series. Series that redaction makes equal would be one line made of many, which is
  /// neither of them: all of them are denied.
  package func judge(_ series: [Series], hashing key: HashKey? = nil) -> [PermittedSeries] {
    let redacted = series.map { series in
      consent.map { Redaction.apply($0, to: series.attributes, hashing: key) } ?? series.attributes
    }
    var occurrences: [SeriesKey: Int] = [:]
    for (series, attributes) in zip(series, redacted) {
      occurrences[SeriesKey(series.signal.name, attributes), default: 0] += 1
    }
    return zip(series, redacted).map { series, attributes in
      var decision = decision(for: series.signal)
      if decision.verdict != .deny, occurrences[SeriesKey(series.signal.name, attributes)]! > 1 {
        decision = Decision(
          verdict: .deny, rule: decision.rule,
          reason: "without its identifying attributes it is the same as another series")
      }
      return PermittedSeries(signal: series.signal, attributes: attributes, decision: decision)
    }
  }

  /// Whether a reading that passed the gate under an earlier agreement may still be written down, for
  /// `verdict` or more. A held source keeps what it had; what is withheld or redacted by now does not stay.
  package func stillAllows(_ series: PermittedSeries, atLeast verdict: Verdict) -> Bool {
    if consent != nil, withholding(series.signal.name) != nil || redacts(series.attributes) {
      return false
    }
    return terms(of: series.signal.source).isHeld || decision(for: series.signal).verdict >= verdict
  }

  /// What may be written down of the facts of one source, where that comes to `verdict` or more.
  package func permit(
    _ facts: [Fact], of source: DataSource, atLeast verdict: Verdict, hashing key: HashKey? = nil
  ) -> [Fact] {
    facts.compactMap { fact in
      guard let consent, let signal = Catalog.signal(fact.name), signal.source == source,
        decision(for: signal).verdict >= verdict
      else { return nil }
      return Redaction.apply(consent, to: Attribute(fact.name, fact.value), hashing: key)
        .map { Fact(name: $0.key, value: $0.value) }
    }
  }

  /// Whether a recorded fact may leave as it is.
  package func shares(_ fact: Fact) -> Bool {
    guard let signal = Catalog.signal(fact.name) else { return false }
    return decision(for: signal).verdict == .share && passes(Attribute(fact.name, fact.value))
  }
}
