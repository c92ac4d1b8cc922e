/// The value of an attribute: the two types that every OTLP receiver keeps as they are, and what redaction made of
/// one of them.
package enum AttributeValue: Hashable, Sendable {
  case string(String)
  case integer(Int64)
  /// 64 hexadecimal digits that stand for a value under a key that never leaves. A type of its own, so that whoever
  /// does not have the key can still tell a hashed value from a clear one.
  case hash(String)

  /// The value as people see it.
  package var text: String {
    switch self {
    case .string(let text), .hash(let text): text
    case .integer(let number): String(number)
    }
  }
}

/// A key and its value, as semantic conventions name them (`network.interface.name` = `eth0`).
package struct Attribute: Hashable, Sendable {
  package let key: String
  package let value: AttributeValue

  package init(_ key: String, _ value: AttributeValue) {
    self.key = key
    self.value = value
  }
}
