/// The value of an attribute: the two types that every OTLP receiver keeps as they are.
package enum AttributeValue: Hashable, Sendable {
  case string(String)
  case integer(Int64)
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
