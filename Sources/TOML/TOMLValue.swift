/// A value of a document and the place of its first character.
package struct TOMLValue: Sendable {
  package enum Kind: Sendable {
    case string(String)
    case integer(Int64)
    case boolean(Bool)
    case date(LocalDate)
    case array([TOMLValue])
    case table(TOMLTable)
  }

  package let kind: Kind
  package let place: Place
}

extension TOMLValue.Kind {
  /// The kind with its article, for messages: `an integer`.
  package var noun: String {
    switch self {
    case .string: "a string"
    case .integer: "an integer"
    case .boolean: "a boolean"
    case .date: "a date"
    case .array: "an array"
    case .table: "a table"
    }
  }
}

/// The keys and values of one table, in the order in which the document first mentions them.
package struct TOMLTable: Sendable {
  package struct Entry: Sendable {
    package let key: String
    package let keyPlace: Place
    package let value: TOMLValue
  }

  /// The bracket of the header or of the inline table; for a table that no header opens the key
  /// that mentions it first; for the document 1:1.
  package let place: Place
  /// No two entries have the same key.
  package let entries: [Entry]

  /// The entry of a key. Takes time in proportion to the number of entries.
  package subscript(key: String) -> Entry? {
    entries.first { $0.key.isIdentical(to: key) }
  }
}
