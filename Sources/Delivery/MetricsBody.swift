// From batches to the body of one request.
//
// GATE 2 stands here: a series leaves only if the agreement at this moment shares its signal, whatever was
// agreed when it was recorded. The body depends on nothing but the batches, the agreement and the start times
// that were fixed at the first attempt, so that a repeat has the same bytes.

internal import Handshake
internal import OTLP
internal import Recording
internal import Telemetry

struct MetricsBody {
  /// The resource that both kinds of requests name: the closed envelope, and the facts of the source.
  static func resource(pseudonym: String, facts: [Fact], _ agreement: Agreement) -> [Attribute] {
    let shared = facts.filter { fact in
      Catalog.signal(fact.name).map { agreement.decision(for: $0).verdict == .share } ?? false
    }
    return [
      Attribute("service.name", .string("accord")),
      Attribute("service.instance.id", .string(pseudonym)),
    ] + shared.map { Attribute($0.name, .string($0.value)) }
  }

  static func scopeAttributes(_ source: DataSource) -> [Attribute] {
    [Attribute("accord.source", .string(source.name))]
  }

  /// What makes one metric. Beside the name it is all the same but for signals that another version of the
  /// catalog described in another way.
  private struct Key: Hashable, Comparable {
    let signal: String
    let unit: String
    let instrument: Instrument
    let decimals: Int

    init(_ series: RecordedSeries) {
      (signal, unit, decimals) = (series.signal, series.unit, series.decimals)
      instrument = series.isExtreme ? .gauge : series.instrument
    }

    static func < (left: Key, right: Key) -> Bool {
      (left.signal, left.unit, left.instrument.rawValue, left.decimals)
        < (right.signal, right.unit, right.instrument.rawValue, right.decimals)
    }
  }

  private let series: [Int64: RecordedSeries]
  private let starts: [Int64: [CounterStart]]
  private var metrics: [Key: [NumberSeries]] = [:]
  /// How many points the body holds.
  private(set) var readings: Int64 = 0

  init(series: [Int64: RecordedSeries], starts: [Int64: [CounterStart]]) {
    self.series = series
    self.starts = starts
  }

  /// Adds what the agreement shares of one batch.
  mutating func add(
    _ content: BatchContent, boot: Int64, offsetMilliseconds: Int64, _ agreement: Agreement
  ) {
    for column in content.columns {
      guard let recorded = series[column.series], agreement.shares(recorded) else { continue }
      let entries =
        recorded.instrument == .counter
        ? counterEntries(column, content.ticks, boot, offsetMilliseconds, recorded)
        : [entry(recorded, nil, points(column, content.ticks, offsetMilliseconds) { $1 })]
      metrics[Key(recorded), default: []] += entries.filter { !$0.points.isEmpty }
      readings += entries.reduce(0) { $0 + Int64($1.points.count) }
    }
  }

  /// The encoded request.
  func encoded(resource: [Attribute], _ source: DataSource) -> [UInt8] {
    let scope = Scope(
      name: "accord", version: AgentVersion.text, attributes: Self.scopeAttributes(source),
      metrics: metrics.sorted { $0.key < $1.key }.map { key, entries in
        Metric(
          name: key.signal, unit: key.unit, instrument: key.instrument, decimals: key.decimals,
          series: Self.joined(entries))
      })
    return MetricsRequest.encode(
      resource: resource, scopes: [scope], schemaURL: Catalog.schemaURL)
  }

  /// Entries of the same series from several batches become one.
  private static func joined(_ entries: [NumberSeries]) -> [NumberSeries] {
    struct Identity: Hashable {
      let attributes: [Attribute]
      let start: UInt64?
    }
    var order: [Identity] = []
    var points: [Identity: [NumberPoint]] = [:]
    for entry in entries {
      let identity = Identity(attributes: entry.attributes, start: entry.startTimeUnixNanoseconds)
      if points[identity] == nil { order.append(identity) }
      points[identity, default: []] += entry.points
    }
    return order.map {
      NumberSeries(
        attributes: $0.attributes, startTimeUnixNanoseconds: $0.start, points: points[$0]!)
    }
  }

  private func entry(
    _ recorded: RecordedSeries, _ start: UInt64?, _ points: [NumberPoint]
  ) -> NumberSeries {
    NumberSeries(
      attributes: recorded.attributes, startTimeUnixNanoseconds: start, points: points)
  }

  private func points(
    _ column: Column, _ ticks: [Int64], _ offsetMilliseconds: Int64,
    _ value: (_ tick: Int64, _ value: Int64) -> Int64?
  ) -> [NumberPoint] {
    zip(ticks, column.values).compactMap { tick, reading in
      guard let reading, let value = value(tick, reading) else { return nil }
      return NumberPoint(
        timeUnixNanoseconds: UnixTime.nanoseconds(tick + offsetMilliseconds), value: value)
    }
  }

  /// Rule 8. A counter without a beginning does not leave.
  private func counterEntries(
    _ column: Column, _ ticks: [Int64], _ boot: Int64, _ offset: Int64, _ recorded: RecordedSeries
  ) -> [NumberSeries] {
    let beginnings = (starts[column.series] ?? []).filter { $0.boot == boot }
    return beginnings.indices.map { index in
      let beginning = beginnings[index]
      let end = index + 1 < beginnings.count ? beginnings[index + 1].sinceMilliseconds : Int64.max
      let points = points(column, ticks, offset) { tick, value in
        tick >= beginning.sinceMilliseconds && tick < end && value >= beginning.value
          ? value - beginning.value : nil
      }
      // A batch stamped by a clock that was corrected must not lie before its own start.
      let start = UnixTime.nanoseconds(beginning.startUnixMilliseconds)
      return entry(recorded, min(start, points.first?.timeUnixNanoseconds ?? start), points)
    }
  }
}

extension Agreement {
  /// Whether a recorded series may leave at this moment. What a newer catalog does not know, or what the
  /// redaction of today would have dropped, stays.
  func shares(_ series: RecordedSeries) -> Bool {
    let name = series.isExtreme ? String(series.signal.dropLast(4)) : series.signal
    guard let signal = Catalog.signal(name), signal.source == series.source,
      decision(for: signal).verdict == .share, !series.isExtreme || asksForExtremes(of: signal)
    else { return false }
    return !redacts(series.attributes)
  }
}

extension RecordedSeries {
  /// Whether it is the minimum or maximum of each interval of a gauge.
  fileprivate var isExtreme: Bool { signal.hasSuffix(".min") || signal.hasSuffix(".max") }
}

enum UnixTime {
  /// The nearest time that OTLP can express: its 64 bits end in the year 2554, and a clock may say anything.
  static func nanoseconds(_ milliseconds: Int64) -> UInt64 {
    let (product, isTooLate) = UInt64(clamping: milliseconds).multipliedReportingOverflow(
      by: 1_000_000)
    return isTooLate ? .max : product
  }
}
