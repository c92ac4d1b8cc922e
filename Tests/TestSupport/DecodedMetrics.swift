/// What a metrics request says, in the words of a test.
package struct DecodedMetrics {
  package struct Point: Equatable {
    package var metric: String
    package var attributes: [String]
    /// Milliseconds; nil for a gauge.
    package var start: Int64?
    package var time: Int64
    package var value: Double
  }

  /// Keys and values in their order: "service.name=accord".
  package let resource: [String]
  package let scopeAttributes: [String]
  /// "name unit kind", in their order.
  package let metrics: [String]
  package let points: [Point]

  package init(_ request: WireMessage) throws {
    let envelope = try request.messages(1)[0]
    resource = try Self.attributes(try envelope.messages(1)[0].messages(1))
    let scope = try envelope.messages(2)[0]
    scopeAttributes = try Self.attributes(try scope.messages(1)[0].messages(3))
    var (names, points): ([String], [Point]) = ([], [])
    for metric in try scope.messages(2) {
      let gauge = try metric.messages(5).first
      let sum = try metric.messages(7).first
      let kind = gauge != nil ? "gauge" : sum?.only(3) == nil ? "sum" : "counter"
      names.append("\(metric.text(1)) \(metric.text(3)) \(kind)")
      for point in try (gauge ?? sum)!.messages(1) {
        points.append(
          Point(
            metric: metric.text(1), attributes: try Self.attributes(try point.messages(7)),
            start: Self.milliseconds(point.only(2)), time: Self.milliseconds(point.only(3))!,
            value: Self.number(point)))
      }
    }
    (metrics, self.points) = (names, points)
  }

  package static func attributes(_ pairs: [WireMessage]) throws -> [String] {
    try pairs.map { "\($0.text(1))=\(try $0.messages(2)[0].text(1))" }
  }

  private static func milliseconds(_ value: WireMessage.Value?) -> Int64? {
    guard case .fixed64(let nanoseconds)? = value else { return nil }
    return Int64(nanoseconds / 1_000_000)
  }

  private static func number(_ point: WireMessage) -> Double {
    if case .fixed64(let bits)? = point.only(4) { return Double(bitPattern: bits) }
    guard case .fixed64(let bits)? = point.only(6) else { return .nan }
    return Double(Int64(bitPattern: bits))
  }
}
