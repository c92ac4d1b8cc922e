/// Values: strings, arrays and inline tables. Numbers, booleans and dates are in `BareWord.swift`.
extension Parser {
  /// A value that stands in so many arrays and inline tables.
  mutating func value(depth: Int) throws(TOMLError) -> TOMLValue {
    let place = scanner.place
    let kind: TOMLValue.Kind =
      switch scanner.next {
      case "\""?: .string(try basicString())
      case "'"?: .string(try literalString())
      case "["?: try array(depth: depth + 1)
      case "{"?: try inlineTable(depth: depth + 1)
      default: try bareWord()
      }
    return TOMLValue(kind: kind, place: place)
  }

  // MARK: Strings

  /// A string in double quotes, with escapes.
  mutating func basicString() throws(TOMLError) -> String {
    try string(quote: "\"")
  }

  /// A string in single quotes, in which nothing is an escape.
  mutating func literalString() throws(TOMLError) -> String {
    try string(quote: "'")
  }

  private mutating func string(quote: Unicode.Scalar) throws(TOMLError) -> String {
    let start = scanner.place
    if scanner.peek(1) == quote, scanner.peek(2) == quote {
      throw TOMLError(
        at: start, "multi-line strings are not supported",
        "expected a string in single quotes or double quotes, on one line")
    }
    scanner.advance()
    var text = String.UnicodeScalarView()
    while let scalar = scanner.next, !scanner.isAtLineEnd {
      if scanner.skip(quote) { return String(text) }
      if scalar == "\\", quote == "\"" {
        text.append(try escape())
        continue
      }
      try scanner.checkPrintable()
      text.append(scalar)
      scanner.advance()
    }
    throw TOMLError(
      at: start, "the string is not closed on its line", "expected a closing \(quote)")
  }

  private mutating func escape() throws(TOMLError) -> Unicode.Scalar {
    let start = scanner.place
    scanner.advance()
    let letter = scanner.next
    switch letter {
    case "b"?, "t"?, "n"?, "f"?, "r"?, "\""?, "\\"?: scanner.advance()
    case "u"?: return try codePoint(digits: 4, from: start)
    case "U"?: return try codePoint(digits: 8, from: start)
    default: break
    }
    switch letter {
    case "b"?: return "\u{8}"
    case "t"?: return "\t"
    case "n"?: return "\n"
    case "f"?: return "\u{C}"
    case "r"?: return "\r"
    case "\""?: return "\""
    case "\\"?: return "\\"
    default:
      throw TOMLError(
        at: start, "the backslash starts no escape that TOML knows",
        "expected \\\\ for a backslash, or one of \\b \\t \\n \\f \\r \\\" \\uXXXX \\UXXXXXXXX")
    }
  }

  /// The digits of `\u` or `\U`; `start` is the place of the backslash.
  private mutating func codePoint(
    digits: Int, from start: Place
  ) throws(TOMLError) -> Unicode.Scalar {
    scanner.advance()
    var number: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = scanner.next?.hexadecimalValue else {
        throw TOMLError(
          at: start, "the escape is cut short", "expected \(digits) hexadecimal digits")
      }
      number = number << 4 | digit
      scanner.advance()
    }
    guard let scalar = Unicode.Scalar(number) else {
      throw TOMLError(
        at: start, "the escape is not a Unicode character",
        "expected 0000 to D7FF or E000 to 10FFFF")
    }
    return scalar
  }

  // MARK: Collections

  private func checkDepth(_ depth: Int) throws(TOMLError) {
    guard depth <= TOMLDocument.nestingMax else {
      throw TOMLError(
        at: scanner.place,
        "arrays and inline tables stand in each other more than \(TOMLDocument.nestingMax) deep",
        "expected fewer brackets")
    }
  }

  private mutating func array(depth: Int) throws(TOMLError) -> TOMLValue.Kind {
    try checkDepth(depth)
    let start = scanner.place
    scanner.advance()
    var elements: [TOMLValue] = []
    while true {
      try scanner.skipBlanksAndLines()
      if scanner.skip("]") { return .array(elements) }
      try checkOpen(from: start)
      elements.append(try value(depth: depth))
      try scanner.skipBlanksAndLines()
      if scanner.skip("]") { return .array(elements) }
      try checkOpen(from: start)
      guard scanner.skip(",") else {
        throw try scanner.unexpected("in the array", "expected ',' or ']'")
      }
    }
  }

  /// Names the bracket that was never closed, instead of the end of the file.
  private func checkOpen(from start: Place) throws(TOMLError) {
    if scanner.next == nil {
      throw TOMLError(at: start, "the array is not closed", "expected ']'")
    }
  }

  /// An inline table. It stays on its line, except inside arrays that it holds, and is complete.
  private mutating func inlineTable(depth: Int) throws(TOMLError) -> TOMLValue.Kind {
    try checkDepth(depth)
    var tree = TableTree(at: scanner.place)
    scanner.advance()
    scanner.skipBlanks()
    if scanner.skip("}") { return .table(tree.table()) }
    while true {
      let (path, value) = try keyAndValue(depth: depth)
      try tree.assign(value, to: path)
      scanner.skipBlanks()
      if scanner.skip("}") { return .table(tree.table()) }
      guard scanner.skip(",") else {
        throw try scanner.unexpected(
          "in the inline table", "expected ',' or '}', all on one line")
      }
    }
  }
}

extension Unicode.Scalar {
  /// The value of a hexadecimal digit.
  fileprivate var hexadecimalValue: UInt32? {
    switch self {
    case "0"..."9": value - 0x30
    case "A"..."F": value - 0x41 + 10
    case "a"..."f": value - 0x61 + 10
    default: nil
    }
  }
}
