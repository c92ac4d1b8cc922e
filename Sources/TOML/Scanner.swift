/// The scalars of a document and a position in them.
///
/// Nothing here can run past the end: beyond it `next` is nil. The position only moves forward,
/// which is what makes the whole parser linear.
struct Scanner {
  private let scalars: [Unicode.Scalar]
  private var index = 0
  private(set) var place = Place(line: 1, column: 1)
  /// How many bytes of the document stand before the position.
  private(set) var offset = 0

  /// Decodes the bytes. Errors: UTF-16, not UTF-8 (at the first bad byte), or a byte order mark.
  init(_ bytes: [UInt8]) throws(TOMLError) {
    guard !Self.isUTF16(bytes) else {
      throw TOMLError(
        at: Place(line: 1, column: 1), "the file is saved as UTF-16",
        "expected a file saved as UTF-8"
      )
    }
    var decoded: [Unicode.Scalar] = []
    decoded.reserveCapacity(bytes.count)
    var place = Place(line: 1, column: 1)
    var decoder = Unicode.UTF8()
    var remaining = bytes.makeIterator()
    decoding: while true {
      switch decoder.decode(&remaining) {
      case .scalarValue(let scalar):
        decoded.append(scalar)
        place = place.after(scalar)
      case .emptyInput:
        break decoding
      case .error:
        throw TOMLError(
          at: place, "the file is not valid UTF-8 here", "expected a file saved as UTF-8")
      }
    }
    // TOML 1.0 does not mention the mark, and readers of TOML differ on it.
    if decoded.first == "\u{FEFF}" {
      throw TOMLError(
        at: Place(line: 1, column: 1), "the file starts with a byte order mark",
        "expected a file saved as UTF-8 without byte order mark")
    }
    scalars = decoded
  }

  /// As above, at a place of the document.
  init(_ bytes: [UInt8], from place: Place) throws(TOMLError) {
    self = try Scanner(bytes)
    while self.place != place, next != nil { advance() }
  }

  /// How some editors of Windows save what they call Unicode: with a mark, or two ASCII letters in two bytes each.
  private static func isUTF16(_ bytes: [UInt8]) -> Bool {
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return true }
    let isNUL = bytes.prefix(4).map { $0 == 0 }
    return isNUL == [true, false, true, false] || isNUL == [false, true, false, true]
  }

  /// The scalar at the position, nil at the end of the document.
  var next: Unicode.Scalar? { peek(0) }

  /// The scalar so many scalars after the position.
  func peek(_ distance: Int) -> Unicode.Scalar? {
    index + distance < scalars.count ? scalars[index + distance] : nil
  }

  /// Whether a line ends here: at LF, at CR LF, or with the document.
  var isAtLineEnd: Bool {
    next == nil || next == "\n" || (next == "\r" && peek(1) == "\n")
  }

  /// Steps over one scalar. At the end it stays where it is.
  mutating func advance() {
    guard let scalar = next else { return }
    place = place.after(scalar)
    offset += UTF8.width(scalar)
    index += 1
  }

  /// Steps over one scalar if it is this one.
  mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    advance()
    return true
  }

  mutating func skipBlanks() {
    while next == " " || next == "\t" { advance() }
  }

  /// Steps over blanks, a comment and the line end. The error is for anything else that stands
  /// there.
  mutating func finishLine(after what: String) throws(TOMLError) {
    skipBlanks()
    try skipComment()
    guard isAtLineEnd else {
      throw try unexpected("after \(what)", "expected the end of the line")
    }
    _ = skip("\r")
    _ = skip("\n")
  }

  /// Steps over everything that may stand between the values of an array.
  mutating func skipBlanksAndLines() throws(TOMLError) {
    while true {
      skipBlanks()
      try skipComment()
      guard next != nil, isAtLineEnd else { return }
      _ = skip("\r")
      _ = skip("\n")
    }
  }

  /// Refuses the control characters that TOML 1.0 allows nowhere: all but tab and line ends.
  func checkPrintable() throws(TOMLError) {
    guard let scalar = next, !isAtLineEnd, scalar != "\t",
      scalar.value < 0x20 || scalar.value == 0x7F
    else { return }
    if scalar == "\r" {
      throw TOMLError(
        at: place, "a carriage return stands without a line feed",
        "expected lines that end with LF or CR LF")
    }
    if scalar == "\0" {
      throw TOMLError(
        at: place, "the file holds a NUL byte here",
        "expected text; it may be cut short: save it again")
    }
    let code = TOMLError.codePoint(scalar)
    throw TOMLError(
      at: place, "the control character U+\(code) is not allowed in a file",
      "expected \\u\(code) in a string in double quotes, if it is meant")
  }

  /// Refuses what an eye takes for a blank or for a quote and TOML does not: it comes from word processors,
  /// web pages and some keyboards.
  func checkPlain() throws(TOMLError) {
    guard let scalar = next, scalar.value > 0x7F else { return }
    switch scalar {
    case "\u{201C}", "\u{201D}", "\u{201E}", "\u{2018}", "\u{2019}", "\u{AB}", "\u{BB}":
      throw TOMLError(at: place, "a typographic quote (\(scalar)) stands here", "expected \"")
    case let blank where blank.properties.generalCategory == .spaceSeparator:
      throw TOMLError(
        at: place, "U+\(TOMLError.codePoint(scalar)) stands here, which only looks like a blank",
        "expected an ordinary blank")
    default: break
    }
  }

  /// The error for what stands at the position and should not; that of a control character, or of what only looks
  /// right, goes first.
  func unexpected(_ context: String, _ expected: String) throws(TOMLError) -> TOMLError {
    try checkPrintable()
    try checkPlain()
    let found =
      if let next, !isAtLineEnd { "'\(TOMLError.shown(String(next)))'" } else { "end of line" }
    return TOMLError(at: place, "unexpected \(found) \(context)", expected)
  }

  private mutating func skipComment() throws(TOMLError) {
    guard next == "#" else { return }
    while !isAtLineEnd {
      try checkPrintable()
      advance()
    }
  }
}

extension Place {
  /// The place that follows a scalar which stands here.
  fileprivate func after(_ scalar: Unicode.Scalar) -> Place {
    scalar == "\n"
      ? Place(line: line + 1, column: 1) : Place(line: line, column: column + 1)
  }
}
