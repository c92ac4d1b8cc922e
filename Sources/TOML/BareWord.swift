extension Parser {
  /// A value without quotes and brackets, up to a blank, a comment, a line end or `,` `]` `}`.
  mutating func bareWord() throws(TOMLError) -> TOMLValue.Kind {
    let place = scanner.place
    var text = String.UnicodeScalarView()
    while let scalar = scanner.next, !scanner.isAtLineEnd, !scalar.endsBareWord {
      try scanner.checkPrintable()
      try scanner.checkPlain()
      text.append(scalar)
      scanner.advance()
    }
    guard !text.isEmpty else {
      throw try scanner.unexpected(
        "where a value should be", "expected a string, an integer, a boolean, a date or an array")
    }
    let kind = try BareWord(text: String(text), place: place).kind()
    // TOML lets a blank stand between a date and a time.
    if case .date = kind, scanner.next == " ", scanner.peek(3) == ":" {
      throw BareWord(text: String(text), place: place).unsupported("date-times")
    }
    return kind
  }
}

/// An unquoted value and what it means: a boolean, an integer or a date, or the name of what this
/// reader does not support.
///
/// It works on UTF-8 bytes, because Swift compares strings by canonical equivalence: there a digit
/// and a digit with an accent are things to be careful about, here they are different bytes.
struct BareWord {
  let text: String
  let place: Place

  func kind() throws(TOMLError) -> TOMLValue.Kind {
    let bytes = Array(text.utf8)
    switch text {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    default: break
    }
    if let date = try date(bytes) { return .date(date) }
    if matches("dd:", bytes.prefix(3)) { throw unsupported("times") }
    if let integer = try integer(bytes) { return .integer(integer) }
    if isFloat(bytes) { throw unsupported("floats", "expected a whole number") }
    if let first = bytes.first, isDigit(first, radix: 10) || "+-".utf8.contains(first) {
      throw TOMLError(
        at: place, "\(TOMLError.shown(text)) is neither an integer nor a date",
        "expected digits such as 42 or 2026-11-21, or text in quotes")
    }
    guard isPlain(bytes) else {
      throw TOMLError(
        at: place, "text without quotes is not a value",
        "expected an integer, a boolean, a date, or text in quotes (did you mean quotes around it?)"
      )
    }
    let hint = nearest(to: text, among: ["true", "false"]) ?? "\"\(text)\" with quotes"
    throw TOMLError(
      at: place, "\(text) is not a value",
      "expected an integer, a boolean, a date, or text in quotes (did you mean \(hint)?)")
  }

  /// A short word, which a message may repeat. A longer one may be a password or a token, any other begin with one.
  private func isPlain(_ bytes: [UInt8]) -> Bool {
    bytes.count < 8
      && bytes.allSatisfy { byte in
        (0x61...0x7A).contains(byte | 0x20) || isDigit(byte, radix: 10) || "_-".utf8.contains(byte)
      }
  }

  func unsupported(
    _ feature: String, _ expected: String = "expected a date such as 2026-11-21, or text in quotes"
  ) -> TOMLError {
    TOMLError(at: place, "\(feature) are not supported", expected)
  }

  private func date(_ bytes: [UInt8]) throws(TOMLError) -> LocalDate? {
    guard matches("dddd-dd-dd", bytes.prefix(10)) else { return nil }
    if bytes.count > 10 {
      if bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t") {
        throw unsupported("date-times")
      }
      return nil
    }
    func number(_ range: Range<Int>) -> Int {
      bytes[range].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
    guard let date = LocalDate(year: number(0..<4), month: number(5..<7), day: number(8..<10))
    else {
      throw TOMLError(
        at: place, "\(text) is not in the calendar", "expected a date such as 2026-11-21")
    }
    return date
  }

  /// Nil when it is not written as an integer; an error when it does not fit into 64 bits.
  private func integer(_ bytes: [UInt8]) throws(TOMLError) -> Int64? {
    var digits = bytes[...]
    var radix = 10
    var sign = ""
    switch (digits.first, digits.dropFirst().first) {
    case (UInt8(ascii: "0"), UInt8(ascii: "x")): radix = 16
    case (UInt8(ascii: "0"), UInt8(ascii: "o")): radix = 8
    case (UInt8(ascii: "0"), UInt8(ascii: "b")): radix = 2
    case (UInt8(ascii: "-"), _): sign = "-"
    case (UInt8(ascii: "+"), _): sign = "+"
    default: break
    }
    digits = digits.dropFirst(radix == 10 ? sign.utf8.count : 2)
    // An underscore stands between two digits, and a decimal number does not start with 0.
    let parts = digits.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
    guard
      parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { isDigit($0, radix: radix) } }),
      radix != 10 || digits.count == 1 || digits.first != UInt8(ascii: "0")
    else { return nil }
    let number = sign + String(decoding: parts.joined(), as: UTF8.self)
    guard let integer = Int64(number, radix: radix) else {
      throw TOMLError(
        at: place, "\(TOMLError.shown(text)) does not fit into 64 bits",
        "expected a number from \(Int64.min) to \(Int64.max)")
    }
    return integer
  }

  /// Whether it looks like a float closely enough to say so.
  private func isFloat(_ bytes: [UInt8]) -> Bool {
    let unsigned = bytes.drop { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
    if unsigned.elementsEqual("inf".utf8) || unsigned.elementsEqual("nan".utf8) { return true }
    let dots = bytes.count { $0 == UInt8(ascii: ".") }
    let exponents = bytes.count { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }
    return dots <= 1 && exponents <= 1 && dots + exponents > 0
      && unsigned.first.map { isDigit($0, radix: 10) } == true
      && bytes.allSatisfy { isDigit($0, radix: 10) || "+-._eE".utf8.contains($0) }
  }

  /// Whether the bytes have the form of the pattern, in which `d` stands for a decimal digit.
  private func matches(_ pattern: String, _ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.count == pattern.utf8.count
      && zip(pattern.utf8, bytes).allSatisfy { form, byte in
        form == UInt8(ascii: "d") ? isDigit(byte, radix: 10) : form == byte
      }
  }

  private func isDigit(_ byte: UInt8, radix: Int) -> Bool {
    Character(Unicode.Scalar(byte)).hexDigitValue.map { $0 < radix } ?? false
  }
}

extension Unicode.Scalar {
  fileprivate var endsBareWord: Bool {
    switch self {
    case " ", "\t", ",", "]", "}", "#": true
    default: false
    }
  }
}
