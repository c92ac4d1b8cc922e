import TOML

func parse(_ text: String) throws(TOMLError) -> TOMLTable {
  try TOMLDocument.parse(Array(text.utf8))
}

/// The sentence with which a document is refused, nil when it is accepted.
func refusal(_ text: String) -> String? {
  refusal(Array(text.utf8))
}

func refusal(_ bytes: [UInt8]) -> String? {
  do throws(TOMLError) {
    _ = try TOMLDocument.parse(bytes)
    return nil
  } catch {
    return error.description
  }
}

/// A value without its places, in a form that can be compared and read.
indirect enum Plain: Equatable, Sendable {
  case string([UInt8])
  case integer(Int64)
  case boolean(Bool)
  case date(LocalDate)
  case array([Plain])
  case table([Pair])

  struct Pair: Equatable, Sendable {
    let key: [UInt8]
    let value: Plain
  }

  /// Strings are compared by their bytes: `==` of Swift does not tell the ways to write é apart.
  static func text(_ string: String) -> Plain { .string(Array(string.utf8)) }

  static func pairs(_ pairs: KeyValuePairs<String, Plain>) -> Plain {
    .table(pairs.map { Pair(key: Array($0.key.utf8), value: $0.value) })
  }

  init(_ value: TOMLValue) {
    self =
      switch value.kind {
      case .string(let string): .text(string)
      case .integer(let integer): .integer(integer)
      case .boolean(let boolean): .boolean(boolean)
      case .date(let date): .date(date)
      case .array(let elements): .array(elements.map(Plain.init))
      case .table(let table): Plain(table)
      }
  }

  init(_ table: TOMLTable) {
    self = .table(
      table.entries.map { Pair(key: Array($0.key.utf8), value: Plain($0.value)) })
  }
}
