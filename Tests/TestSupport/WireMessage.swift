/// A second, independent reader of the wire format: it shares nothing with the product's reader or
/// writer.
package struct WireMessage {
  package enum Value: Equatable {
    case varint(UInt64)
    case fixed64(UInt64)
    case bytes([UInt8])
  }

  /// The fields, in the order in which they were written.
  package var fields: [(number: Int, value: Value)] = []

  package struct Malformed: Error {}

  package init(_ bytes: [UInt8]) throws {
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
  package func all(_ number: Int) -> [[UInt8]] {
    fields.compactMap { field in
      if field.number == number, case .bytes(let bytes) = field.value { bytes } else { nil }
    }
  }

  /// Every nested message with this number, read.
  package func messages(_ number: Int) throws -> [WireMessage] {
    try all(number).map { try WireMessage($0) }
  }

  /// The string with this number; empty if it was left out.
  package func text(_ number: Int) -> String {
    String(decoding: all(number).first ?? [], as: UTF8.self)
  }

  /// The only value with this number, or nil.
  package func only(_ number: Int) -> Value? {
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
