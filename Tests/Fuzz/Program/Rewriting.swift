import TOML

/// Writes what was read as one line for each value: in another layout, with other quotes, the same meaning.
enum Rewriting {
  static func text(of table: TOMLTable) -> String {
    table.entries.map { "\(TOMLText.quoted($0.key)) = \(text(of: $0.value))\n" }.joined()
  }

  private static func text(of value: TOMLValue) -> String {
    switch value.kind {
    case .string(let text): TOMLText.quoted(text)
    case .integer(let number): "\(number)"
    case .boolean(let truth): "\(truth)"
    case .date(let date): "\(date)"
    case .array(let elements): "[" + elements.map { text(of: $0) }.joined(separator: ", ") + "]"
    case .table(let table):
      "{"
        + table.entries.map { "\(TOMLText.quoted($0.key)) = \(text(of: $0.value))" }
        .joined(separator: ", ") + "}"
    }
  }

  /// How many brackets and braces `text` opens at once; those of the document are none.
  static func depth(of table: TOMLTable) -> Int {
    table.entries.map { depth(of: $0.value) }.max() ?? 0
  }

  private static func depth(of value: TOMLValue) -> Int {
    switch value.kind {
    case .array(let elements): 1 + (elements.map { depth(of: $0) }.max() ?? 0)
    case .table(let table): 1 + depth(of: table)
    default: 0
    }
  }
}
