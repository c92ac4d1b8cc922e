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
    return [
      Attribute("service.name", .string("accord")),
      Attribute("service.instance.id", .string(pseudonym)),
    ] + facts.filter(agreement.shares).map { Attribute($0.name, $0.value) }
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

  /// The points of a series that have the same start.
  private struct Line: Hashable {
    let series: Int64
    let start: UInt64?
  }

  private let series: [Int64: RecordedSeries]
  private let starts: [Int64: [CounterStart]]
  private let agreement: Agreement
  /// What the agreement says to each series: asked once, not for each batch.
  private var verdicts: [Int64: Bool] = [:]
  private var lines: [Line] = []
  private var points: [Line: [NumberPoint]] = [:]
  /// How many points the body holds.
  private(set) var readings: Int64 = 0

  init(series: [Int64: RecordedSeries], starts: [Int64: [CounterStart]], _ agreement: Agreement) {
    self.series = series
    self.starts = starts
    self.agreement = agreement
  }

  /// For showing what has left, of which the agreement of this moment takes nothing back. It is never encoded.
  init(
    ofWhatHasLeft series: [Int64: RecordedSeries], starts: [Int64: [CounterStart]],
    _ agreement: Agreement
  ) {
    self.init(series: series, starts: starts, agreement)
    verdicts = series.mapValues { _ in true }
  }

  /// The points one by one, in the order of the series.
  func shared() -> [SharedReading] {
    lines.flatMap { line in
      (points[line] ?? []).compactMap { point in
        series[line.series].map {
          SharedReading(
            series: $0, startUnixNanoseconds: line.start,
            timeUnixNanoseconds: point.timeUnixNanoseconds, value: point.value)
        }
      }
    }
  }

  /// Adds what the agreement shares of one batch.
  mutating func add(_ content: BatchContent, boot: Int64, offsetMilliseconds: Int64) {
    for column in content.columns {
      guard let recorded = series[column.series], shares(column.series, recorded) else { continue }
      if recorded.instrument == .counter {
        addCounter(column, content.ticks, boot, offsetMilliseconds)
      } else {
        add(points(column, content.ticks, offsetMilliseconds) { $1 }, of: column.series, from: nil)
      }
    }
  }

  private mutating func shares(_ number: Int64, _ recorded: RecordedSeries) -> Bool {
    if let verdict = verdicts[number] { return verdict }
    let verdict = agreement.shares(recorded)
    verdicts[number] = verdict
    return verdict
  }

  private mutating func add(_ new: [NumberPoint], of series: Int64, from start: UInt64?) {
    guard !new.isEmpty else { return }
    let line = Line(series: series, start: start)
    if points[line] == nil { lines.append(line) }
    points[line, default: []] += new
    readings += Int64(new.count)
  }

  /// The encoded request.
  func encoded(resource: [Attribute], _ source: DataSource) -> [UInt8] {
    var metrics: [Key: [NumberSeries]] = [:]
    for line in lines {
      guard let recorded = series[line.series], let points = points[line] else { continue }
      metrics[Key(recorded), default: []].append(
        NumberSeries(
          attributes: recorded.attributes, startTimeUnixNanoseconds: line.start, points: points))
    }
    let scope = Scope(
      name: "accord", version: AgentVersion.text, attributes: Self.scopeAttributes(source),
      metrics: metrics.sorted { $0.key < $1.key }.map { key, entries in
        Metric(
          name: key.signal, unit: key.unit, instrument: key.instrument, decimals: key.decimals,
          series: entries)
      })
    return MetricsRequest.encode(
      resource: resource, scopes: [scope], schemaURL: Catalog.schemaURL)
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
  private mutating func addCounter(
    _ column: Column, _ ticks: [Int64], _ boot: Int64, _ offset: Int64
  ) {
    let beginnings = (starts[column.series] ?? []).filter { $0.boot == boot }
    for index in beginnings.indices {
      let beginning = beginnings[index]
      let end = index + 1 < beginnings.count ? beginnings[index + 1].sinceMilliseconds : Int64.max
      let points = points(column, ticks, offset) { tick, value in
        tick >= beginning.sinceMilliseconds && tick < end && value >= beginning.value
          ? value - beginning.value : nil
      }
      // A batch stamped by a clock that was corrected must not lie before its own start.
      let start = UnixTime.nanoseconds(beginning.startUnixMilliseconds)
      add(points, of: column.series, from: min(start, points.first?.timeUnixNanoseconds ?? start))
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
  var isExtreme: Bool { signal.hasSuffix(".min") || signal.hasSuffix(".max") }
}

enum UnixTime {
  /// The nearest time that OTLP can express: its 64 bits end in the year 2554, and a clock may say anything.
  static func nanoseconds(_ milliseconds: Int64) -> UInt64 {
    let (product, isTooLate) = UInt64(clamping: milliseconds).multipliedReportingOverflow(
      by: 1_000_000)
    return isTooLate ? .max : product
  }
}
