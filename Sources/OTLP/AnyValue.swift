import Telemetry

/// The value of a log attribute or the body of a log record.
///
/// OTLP also knows maps and byte strings. Many receivers flatten or drop them, so they are not
/// offered.
package enum AnyValue: Hashable, Sendable {
  case string(String)
  case bool(Bool)
  case int(Int64)
  case double(Double)
  case array([AnyValue])
  /// Present, without a value: a message of no bytes.
  case empty

  init(_ value: AttributeValue) {
    switch value {
    case .string(let text), .hash(let text): self = .string(text)
    case .integer(let number): self = .int(number)
    }
  }

  /// Writes the content of an AnyValue message. Its fields are a `oneof`: none is left out for
  /// being zero.
  func write(to writer: inout ProtobufWriter) {
    switch self {
    case .string(let text): writer.string(1, text)
    case .bool(let flag): writer.bool(2, flag)
    case .int(let number): writer.int64(3, number)
    case .double(let number): writer.double(4, number)
    case .array(let values):
      writer.message(5) { array in
        for value in values { array.message(1) { value.write(to: &$0) } }
      }
    case .empty: break
    }
  }
}
