/// A second, independent reader of the wire format: it shares nothing with the product's reader or
/// writer.
struct WireMessage {
  enum Value: Equatable {
    case varint(UInt64)
    case fixed64(UInt64)
    case bytes([UInt8])
  }

  /// The fields, in the order in which they were written.
  var fields: [(number: Int, value: Value)] = []

  struct Malformed: Error {}

  init(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let tag = try Self.takeVarint(from: &rest)
      let value: Value
      switch tag % 8 {
      case 0: value = .varint(try Self.takeVarint(from: &rest))
      case 1: value = .fixed64(Self.littleEndian(try Self.take(8, from: &rest)))
      case 2: value = .bytes(try Self.take(Int(try Self.takeVarint(from: &rest)), from: &rest))
      default: throw Malformed()
      }
      fields.append((Int(tag / 8), value))
    }
  }

  /// Every nested message or string with this number.
  func all(_ number: Int) -> [[UInt8]] {
    fields.compactMap { field in
      if field.number == number, case .bytes(let bytes) = field.value { bytes } else { nil }
    }
  }

  /// Every nested message with this number, read.
  func messages(_ number: Int) throws -> [WireMessage] {
    try all(number).map { try WireMessage($0) }
  }

  /// The string with this number; empty if it was left out.
  func text(_ number: Int) -> String {
    String(decoding: all(number).first ?? [], as: UTF8.self)
  }

  /// The only value with this number, or nil.
  func only(_ number: Int) -> Value? {
    let found = fields.filter { $0.number == number }
    return found.count == 1 ? found[0].value : nil
  }

  private static func take(_ count: Int, from rest: inout ArraySlice<UInt8>) throws -> [UInt8] {
    guard count <= rest.count else { throw Malformed() }
    defer { rest = rest.dropFirst(count) }
    return Array(rest.prefix(count))
  }

  private static func takeVarint(from rest: inout ArraySlice<UInt8>) throws -> UInt64 {
    guard let last = rest.firstIndex(where: { $0 < 128 }) else { throw Malformed() }
    defer { rest = rest[(last + 1)...] }
    return rest[...last].reversed().reduce(0) { $0 * 128 + UInt64($1 % 128) }
  }

  private static func littleEndian(_ bytes: [UInt8]) -> UInt64 {
    bytes.reversed().reduce(0) { $0 * 256 + UInt64($1) }
  }
}

/// What a metrics request says, in the words of a test.
struct DecodedMetrics {
  struct Point: Equatable {
    var metric: String
    var attributes: [String]
    /// Milliseconds; nil for a gauge.
    var start: Int64?
    var time: Int64
    var value: Double
  }

  /// Keys and values in their order: "service.name=accord".
  let resource: [String]
  let scopeAttributes: [String]
  /// "name unit kind", in their order.
  let metrics: [String]
  let points: [Point]

  init(_ request: WireMessage) throws {
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

  static func attributes(_ pairs: [WireMessage]) throws -> [String] {
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
