/// A strict reader of a part of TOML 1.0 (https://toml.io/en/v1.0.0).
///
/// What it reads decides what may leave a customer's site, so three properties come before comfort:
///
/// * **Never misread.** Whatever is accepted here is valid TOML 1.0 and means the same to any other
///   reader. What is not supported is refused by name: floats, date-times, times, multi-line
///   strings and arrays of tables. Where the specification leaves room, the narrower reading is
///   taken: a dotted key may only extend tables that dotted keys of the same section made, a key
///   that differs from another only in how its accents are encoded is a duplicate, and the year 0
///   is no date.
/// * **Always an answer.** Any bytes give a table or an error with its place. No arithmetic can
///   overflow, every index is checked, and `nestingMax` bounds every recursion.
/// * **Linear time and memory.** Each scalar is looked at a bounded number of times.
///
/// The way of a document: `Scanner` decodes bytes and counts places; `Parser` reads lines, keys
/// (`Keys.swift`) and values (`Values.swift`, `BareWord.swift`); `TableTree` knows which key may be
/// defined where. `TableReader` then hands the values to a schema.
package enum TOMLDocument {
  /// The table of the whole document.
  ///
  /// The caller bounds the number of bytes. The error is the first from the top, but that of bytes
  /// which are no UTF-8 comes before all others.
  package static func parse(_ bytes: [UInt8]) throws(TOMLError) -> TOMLTable {
    var parser = Parser(scanner: try Scanner(bytes))
    return try parser.document()
  }

  /// How deep arrays and inline tables may stand in each other, and how many parts a key may have.
  static let nestingMax = 8
  /// How long one part of a key may be, in scalars. Comparing keys costs more than linear time
  /// where a letter has thousands of accents.
  static let keyLengthMax = 256
}

/// The state of reading one document.
struct Parser {
  var scanner: Scanner
  private var tree = TableTree(at: Place(line: 1, column: 1))

  init(scanner: Scanner) {
    self.scanner = scanner
  }

  mutating func document() throws(TOMLError) -> TOMLTable {
    while true {
      scanner.skipBlanks()
      if scanner.next == nil { return tree.table() }
      if scanner.next == "[" {
        try header()
        try scanner.finishLine(after: "the header")
      } else if scanner.next == "#" || scanner.isAtLineEnd {
        try scanner.finishLine(after: "the line")
      } else {
        let (path, value) = try keyAndValue(depth: 0)
        try tree.assign(value, to: path)
        try scanner.finishLine(after: "the value")
      }
    }
  }

  /// `[a.b]`.
  private mutating func header() throws(TOMLError) {
    let place = scanner.place
    scanner.advance()
    if scanner.next == "[" {
      throw TOMLError(
        at: place, "arrays of tables such as [[name]] are not supported",
        "expected a table such as [name]")
    }
    let path = try keyPath()
    guard scanner.skip("]") else {
      throw try scanner.unexpected("in the header", "expected ']' after the name of the table")
    }
    try tree.open(path, at: place)
  }

  /// `a.b = value`, in a line or in an inline table.
  mutating func keyAndValue(depth: Int) throws(TOMLError) -> (path: [Key], value: TOMLValue) {
    let path = try keyPath()
    guard scanner.skip("=") else {
      throw try scanner.unexpected("after the key", "expected '=' and a value")
    }
    scanner.skipBlanks()
    return (path, try value(depth: depth))
  }
}
