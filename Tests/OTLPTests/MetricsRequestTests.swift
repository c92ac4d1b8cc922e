import OTLP
import Telemetry
import TestSupport
import Testing

@Suite("Metrics are encoded field by field")
struct MetricsRequestTests {
  @Test("random requests are read back with nothing lost, added or reordered", arguments: 1...40)
  func randomRequests(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let resource = randomAttributes(&generator)
    let scopes = (0...Int.random(in: 0...2, using: &generator)).map { index in
      Scope(
        name: "scope\(index)", version: "1", attributes: randomAttributes(&generator),
        metrics: (0...3).map { _ in randomMetric(&generator) })
    }
    let schemaURL = Bool.random(using: &generator) ? "https://example.com/1" : nil
    let encoded = MetricsRequest.encode(resource: resource, scopes: scopes, schemaURL: schemaURL)
    let kept = scopes.filter { $0.metrics.contains(where: hasPoints) }
    guard !kept.isEmpty else {
      #expect(encoded.isEmpty)
      return
    }
    let request = try WireMessage(encoded)
    try #require(request.fields.count == 1)
    let envelope = try request.messages(1)[0]
    #expect(envelope.text(3) == schemaURL ?? "")
    try expectAttributes(envelope.messages(1)[0].messages(1), equal: resource)
    let scopeMetrics = try envelope.messages(2)
    try #require(scopeMetrics.count == kept.count)
    for (encoded, scope) in zip(scopeMetrics, kept) {
      try expectScope(encoded, equal: scope, schemaURL: schemaURL)
    }
  }

  @Test("a request in which no metric has points is empty")
  func nothingToSay() {
    let metric = Metric(
      name: "a", unit: "1", instrument: .gauge, series: [NumberSeries(attributes: [], points: [])])
    for scopes in [[], [Scope(name: "s", version: "1", metrics: [metric])]] {
      let encoded = MetricsRequest.encode(resource: [], scopes: scopes, schemaURL: "x")
      #expect(encoded.isEmpty)
    }
  }

  @Test("the order in which attributes are given does not change the bytes")
  func attributeOrder() {
    let attributes = ["b", "a", "c.d", "c"].map { Attribute($0, .string($0)) }
    let point = NumberPoint(timeUnixNanoseconds: 1, value: 0)
    let encodings = [attributes, attributes.reversed()].map { attributes in
      let series = NumberSeries(attributes: attributes, points: [point])
      let metric = Metric(name: "m", unit: "1", instrument: .gauge, series: [series])
      let scope = Scope(name: "s", version: "1", attributes: attributes, metrics: [metric])
      return MetricsRequest.encode(resource: attributes, scopes: [scope], schemaURL: nil)
    }
    #expect(encodings[0] == encodings[1])
  }

  @Test("a counter that began again is two runs of points with their own start times")
  func counterReset() throws {
    let runs = [(start: 10, time: 20), (start: 30, time: 40)].map { run in
      NumberSeries(
        attributes: [], startTimeUnixNanoseconds: UInt64(run.start),
        points: [NumberPoint(timeUnixNanoseconds: UInt64(run.time), value: 7)])
    }
    let metric = Metric(name: "m", unit: "1", instrument: .counter, series: runs)
    let encoded = MetricsRequest.encode(
      resource: [], scopes: [Scope(name: "s", version: "1", metrics: [metric])], schemaURL: nil)
    let points = try WireMessage(encoded).messages(1)[0].messages(2)[0].messages(2)[0]
      .messages(7)[0].messages(1)
    #expect(points.map { $0.only(2) } == [.fixed64(10), .fixed64(30)])
    #expect(points.map { $0.only(3) } == [.fixed64(20), .fixed64(40)])
  }

  @Test("decimals give the double that is nearest to the number as written", arguments: 1...18)
  func nearestDouble(decimals: Int) throws {
    var generator = SeededGenerator(seed: UInt64(decimals))
    let edges: [Int64] = [
      0, 1, -1, 30, 1 << 53, 1 << 53 + 1, -(1 << 53) - 1, .max, .min, .max - 1, .min + 1,
    ]
    let values =
      edges
      + (0..<500).map { _ in
        // Spread over magnitudes, not only near the largest.
        Int64.random(in: .min ... .max, using: &generator)
          >> Int64.random(in: 0..<63, using: &generator)
      }
    let points = values.map { NumberPoint(timeUnixNanoseconds: 1, value: $0) }
    let metric = Metric(
      name: "m", unit: "1", instrument: .gauge, decimals: decimals,
      series: [NumberSeries(attributes: [], points: points)])
    let encoded = MetricsRequest.encode(
      resource: [], scopes: [Scope(name: "s", version: "1", metrics: [metric])], schemaURL: nil)
    let read = try WireMessage(encoded).messages(1)[0].messages(2)[0].messages(2)[0]
      .messages(5)[0].messages(1)
    try #require(read.count == values.count)
    for (point, value) in zip(read, values) {
      // The standard library's parser rounds correctly.
      let nearest = try #require(Double("\(value)e-\(decimals)"))
      #expect(point.only(4) == .fixed64(nearest.bitPattern), "\(value)e-\(decimals)")
    }
  }

  @Test("a fact is never a metric")
  func facts() async {
    await #expect(processExitsWith: .failure) {
      _ = Metric(name: "os.version", unit: "", instrument: .fact, series: [])
    }
  }

  @Test("nineteen decimal places are refused")
  func tooManyDecimals() async {
    await #expect(processExitsWith: .failure) {
      _ = Metric(name: "m", unit: "", instrument: .gauge, decimals: 19, series: [])
    }
  }
}

private func hasPoints(_ metric: Metric) -> Bool {
  metric.series.contains { !$0.points.isEmpty }
}

private func expectScope(_ encoded: WireMessage, equal scope: Scope, schemaURL: String?) throws {
  #expect(encoded.text(3) == schemaURL ?? "")
  let instrumentation = try encoded.messages(1)[0]
  #expect(instrumentation.text(1) == scope.name)
  #expect(instrumentation.text(2) == scope.version)
  try expectAttributes(instrumentation.messages(3), equal: scope.attributes)
  let metrics = try encoded.messages(2)
  let kept = scope.metrics.filter(hasPoints)
  try #require(metrics.count == kept.count)
  for (encoded, metric) in zip(metrics, kept) {
    try expectMetric(encoded, equal: metric)
  }
}

private func expectMetric(_ encoded: WireMessage, equal metric: Metric) throws {
  #expect(encoded.text(1) == metric.name)
  #expect(encoded.text(3) == metric.unit)
  let isSum = metric.instrument != .gauge
  let data = try encoded.messages(isSum ? 7 : 5)[0]
  #expect(data.only(2) == (isSum ? .varint(2) : nil))
  #expect(data.only(3) == (metric.instrument == .counter ? .varint(1) : nil))
  var points = try data.messages(1)[...]
  for series in metric.series {
    for point in series.points {
      let next = points.popFirst()
      let encoded = try #require(next)
      let numbers = encoded.fields.map(\.number)
      #expect(numbers == numbers.sorted(), "fields in the order of their numbers")
      #expect(encoded.only(2) == series.startTimeUnixNanoseconds.map { .fixed64($0) })
      #expect(encoded.only(3) == .fixed64(point.timeUnixNanoseconds))
      let asInteger = WireMessage.Value.fixed64(UInt64(bitPattern: point.value))
      #expect(encoded.only(6) == (metric.decimals == 0 ? asInteger : nil))
      #expect((encoded.only(4) == nil) == (metric.decimals == 0))
      try expectAttributes(encoded.messages(7), equal: series.attributes)
    }
  }
  #expect(points.isEmpty)
}

private func expectAttributes(_ encoded: [WireMessage], equal attributes: [Attribute]) throws {
  let read = try encoded.map { pair in
    let value = try pair.messages(2)[0]
    if case .varint(let number) = value.only(3) {
      return Attribute(pair.text(1), .integer(Int64(bitPattern: number)))
    }
    return Attribute(pair.text(1), .string(value.text(1)))
  }
  #expect(read == attributes.sorted { $0.key < $1.key })
}

private func randomAttributes(_ generator: inout SeededGenerator) -> [Attribute] {
  ["host.name", "a", "ünïcode", "empty", "n"].shuffled(using: &generator)
    .prefix(Int.random(in: 0...5, using: &generator))
    .map { key in
      switch key {
      case "n": Attribute(key, .integer(Int64.random(in: .min ... .max, using: &generator)))
      case "empty": Attribute(key, .string(""))
      // Up to 400 bytes: lengths of one and of two bytes.
      default:
        Attribute(
          key, .string(String(repeating: "é", count: .random(in: 0...200, using: &generator))))
      }
    }
}

private func randomMetric(_ generator: inout SeededGenerator) -> Metric {
  let instruments: [Instrument] = [.counter, .upDownCounter, .gauge]
  let series = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
    NumberSeries(
      attributes: randomAttributes(&generator),
      startTimeUnixNanoseconds: Bool.random(using: &generator) ? generator.next() : nil,
      // Enough now and then for lengths of three bytes.
      points: (0..<(Int.random(in: 0...9, using: &generator) == 0 ? 700 : 3)).map { _ in
        NumberPoint(
          timeUnixNanoseconds: generator.next(), value: Int64(truncatingIfNeeded: generator.next()))
      })
  }
  return Metric(
    name: "metric", unit: Bool.random(using: &generator) ? "By" : "",
    instrument: instruments.randomElement(using: &generator)!,
    decimals: Int.random(in: 0...3, using: &generator), series: series)
}
