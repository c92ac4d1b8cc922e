// Changing one value of a TOML text that somebody wrote by hand, and keeping every other byte: comments, layout,
// line endings, the order of things.
//
// The layouts of a table, each found by what stands at the table's place:
//
// | layout                        | an existing key       | a new key                                |
// | ----------------------------- | --------------------- | ---------------------------------------- |
// | `[sources]`                   | its value is replaced | a line after the last of the table       |
// | `sources.product = "share"`   | its value is replaced | a line like it, after the last of them   |
// | `sources = { … }`             | its value is replaced | inside the braces                        |
// | none, or only `[sources.x]`   |                       | a header and a line, at the file's end   |
//
// Nothing here is trusted to be right: the edited text is parsed again, and must mean exactly what the old one meant
// plus the one change. Otherwise it is an error that names the line to change by hand.

/// A value that can be written.
package enum TOMLScalar: Equatable, Sendable {
  case string(String)
  case integer(Int64)
  case date(LocalDate)

  package var text: String {
    switch self {
    case .string(let string): TOMLText.quoted(string)
    case .integer(let integer): String(integer)
    case .date(let date): date.description
    }
  }

  fileprivate var meaning: Meaning {
    switch self {
    case .string(let string): .string(Array(string.utf8))
    case .integer(let integer): .integer(integer)
    case .date(let date): .date(date)
    }
  }
}

package enum TOMLEdit {
  /// The text in which `key` has this value, and all else is as it was.
  ///
  /// - Parameter table: in which table of the document; nil is the document itself.
  /// - Throws: what is wrong with `text`, or where it must be changed by hand.
  package static func set(
    _ key: String, in table: String? = nil, to value: TOMLScalar, of text: [UInt8]
  ) throws(TOMLError) -> [UInt8] {
    let document = try TOMLDocument.parse(text)
    let before = Meaning(document)
    let wanted = before.setting(key, in: table, to: value.meaning)
    if wanted == before { return text }
    let edited = try? edit(key, table, value.text, document, text).applied(to: text)
    if let edited, let result = try? TOMLDocument.parse(edited), Meaning(result) == wanted {
      return edited
    }
    let target = table.flatMap { document[$0] }
    throw TOMLError(
      at: target?.value.place ?? document.place,
      "'\(TOMLError.shown(key))' cannot be set here without changing more than that",
      "write it by hand: \(table.map { "[\(TOMLText.key($0))] " } ?? "")\(TOMLText.key(key)) = \(value.text)"
    )
  }

  private static func edit(
    _ key: String, _ table: String?, _ value: String, _ document: TOMLTable, _ text: [UInt8]
  ) throws(TOMLError) -> Edit {
    var content = document
    if let table {
      guard let entry = document[table] else {
        return Edit.appending(table, "\(TOMLText.key(key)) = \(value)", to: text)
      }
      content = try entry.table()
    }
    if let entry = content[key] { return try Edit.replacing(entry.value, with: value, in: text) }
    return try Edit.adding(key, value, to: content, named: table, in: text)
  }
}

/// Bytes that take the place of others.
private struct Edit {
  let range: Range<Int>
  let bytes: [UInt8]

  func applied(to text: [UInt8]) -> [UInt8] {
    text[..<range.lowerBound] + bytes + text[range.upperBound...]
  }

  static func replacing(
    _ value: TOMLValue, with new: String, in text: [UInt8]
  ) throws(TOMLError) -> Edit {
    var parser = try Parser(scanner: Scanner(text, from: value.place))
    let start = parser.scanner.offset
    _ = try parser.value(depth: 0)
    return Edit(range: start..<parser.scanner.offset, bytes: Array(new.utf8))
  }

  /// A new table at the end of the text.
  static func appending(_ table: String, _ line: String, to text: [UInt8]) -> Edit {
    let ending = lineEnding(of: text)
    let isLineOpen = !text.isEmpty && text.last != UInt8(ascii: "\n")
    let gap = (isLineOpen ? ending : "") + (text.isEmpty ? "" : ending)
    return Edit(
      range: text.count..<text.count,
      bytes: Array("\(gap)[\(TOMLText.key(table))]\(ending)\(line)\(ending)".utf8))
  }

  /// A new key in a table that is there.
  ///
  /// - Parameter name: of the table, nil for the document.
  static func adding(
    _ key: String, _ value: String, to table: TOMLTable, named name: String?, in text: [UInt8]
  ) throws(TOMLError) -> Edit {
    let written = TOMLText.key(key)
    var scanner = try Scanner(text, from: table.place)
    if name != nil, scanner.skip("{") {
      return try addingInside("\(written) = \(value)", table, after: scanner.offset, text)
    }
    for entry in table.entries.reversed() {
      guard let last = try Assignment(at: entry.keyPlace, in: text) else { continue }
      let padding = String(
        repeating: " ", count: max(1, last.keyWidth - written.unicodeScalars.count))
      return insertingLine(
        "\(last.indentation)\(written)\(padding)= \(value)", after: last.end, text)
    }
    if name == nil {
      let ending = lineEnding(of: text)
      return Edit(range: 0..<0, bytes: Array("\(written) = \(value)\(ending)".utf8))
    }
    guard scanner.skip("[") else {
      return appending(name ?? "", "\(written) = \(value)", to: text)
    }
    var parser = Parser(scanner: scanner)
    _ = try parser.keyPath()
    return insertingLine("\(written) = \(value)", after: parser.scanner.offset, text)
  }

  private static func addingInside(
    _ pair: String, _ table: TOMLTable, after brace: Int, _ text: [UInt8]
  ) throws(TOMLError) -> Edit {
    guard let last = table.entries.last,
      let assignment = try Assignment(at: last.keyPlace, in: text)
    else { return Edit(range: brace..<brace, bytes: Array(" \(pair)".utf8)) }
    return Edit(range: assignment.end..<assignment.end, bytes: Array(", \(pair)".utf8))
  }

  /// Behind the line in which `offset` lies, comment and all.
  private static func insertingLine(_ line: String, after offset: Int, _ text: [UInt8]) -> Edit {
    let newline = text[offset...].firstIndex(of: UInt8(ascii: "\n")) ?? text.endIndex
    let isCRLF =
      newline > offset && newline < text.endIndex && text[newline - 1] == UInt8(ascii: "\r")
    let end = isCRLF ? newline - 1 : newline
    let ending = newline == text.endIndex ? lineEnding(of: text) : isCRLF ? "\r\n" : "\n"
    return Edit(range: end..<end, bytes: Array("\(ending)\(line)".utf8))
  }

  /// That of the first line.
  private static func lineEnding(of text: [UInt8]) -> String {
    guard let newline = text.firstIndex(of: UInt8(ascii: "\n")), newline > 0 else { return "\n" }
    return text[newline - 1] == UInt8(ascii: "\r") ? "\r\n" : "\n"
  }
}

/// A `key = value` as it stands in the text.
private struct Assignment {
  /// What stands in the line before the key: blanks, and the tables that a dotted key names.
  let indentation: String
  /// From the key to its `=`, in scalars.
  let keyWidth: Int
  /// Behind the value, in bytes.
  let end: Int

  /// Nil when the key stands in a header.
  init?(at place: Place, in text: [UInt8]) throws(TOMLError) {
    var parser = try Parser(scanner: Scanner(text, from: place))
    let start = parser.scanner.offset
    let path = try parser.keyPath()
    let equals = parser.scanner.place
    guard parser.scanner.skip("=") else { return nil }
    parser.scanner.skipBlanks()
    _ = try parser.value(depth: 0)
    end = parser.scanner.offset
    keyWidth = path.count == 1 ? equals.column - place.column : 0
    let lineStart = text[..<start].lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    indentation = String(decoding: text[lineStart..<start], as: UTF8.self)
  }
}

/// What a document says, without its places and its order. Text is compared by its bytes: `==` of Swift does not tell
/// the ways to write é apart.
private indirect enum Meaning: Equatable {
  case string([UInt8])
  case integer(Int64)
  case boolean(Bool)
  case date(LocalDate)
  case array([Meaning])
  case table([[UInt8]: Meaning])

  init(_ table: TOMLTable) {
    self = .table(
      Dictionary(
        table.entries.map { (Array($0.key.utf8), Meaning($0.value)) },
        uniquingKeysWith: { first, _ in first }))
  }

  private init(_ value: TOMLValue) {
    self =
      switch value.kind {
      case .string(let string): .string(Array(string.utf8))
      case .integer(let integer): .integer(integer)
      case .boolean(let boolean): .boolean(boolean)
      case .date(let date): .date(date)
      case .array(let elements): .array(elements.map { Meaning($0) })
      case .table(let table): Meaning(table)
      }
  }

  func setting(_ key: String, in table: String?, to value: Meaning) -> Meaning {
    var entries: [[UInt8]: Meaning] = [:]
    if case .table(let old) = self { entries = old }
    if let table {
      let name = Array(table.utf8)
      entries[name] = (entries[name] ?? .table([:])).setting(key, in: nil, to: value)
    } else {
      entries[Array(key.utf8)] = value
    }
    return .table(entries)
  }
}
