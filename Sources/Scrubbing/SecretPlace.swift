// How a key is written, and what joins it to its value.

/// A key, what joins it to its value, and where that begins.
struct SecretPlace {
  enum Joint {
    case colon, equals, option
  }

  let text: Text
  let key: Range<Int>
  let joint: Joint
  /// The first byte of the value, a quote or whatever it is.
  let start: Int
  let words: [String]
  /// How many bytes the quotes around the key have: 0, 1, or 2 for `\"`.
  let keyQuotes: Int

  /// Nil when nothing joins the key to a value.
  init?(_ text: Text, _ key: Range<Int>) {
    var index = key.upperBound
    var keyQuotes = 0
    if text[index] == 0x5c, ASCII.isQuote(text[index + 1]) { keyQuotes = 2 }
    if ASCII.isQuote(text[index]) { keyQuotes = 1 }
    index += keyQuotes
    if keyQuotes > 0, text[index] == UInt8(ascii: "]") { index += 1 }
    let gap = index
    index = text.end(of: ASCII.isBlank, from: index)
    let joint: Joint
    switch (text[index], text[index + 1]) {
    case (0x3d, 0x3e), (0x3a, 0x3d): (joint, index) = (.equals, index + 2)
    case (0x3d, _): (joint, index) = (.equals, text.end(of: { $0 == 0x3d }, from: index))
    // Not "token::kind", nor "token://".
    case (0x3a, 0x3a),
      (0x3a, 0x2f) where text[index + 2] == 0x2f:
      return nil
    case (0x3a, _): (joint, index) = (.colon, index + 1)
    case (0x25, 0x33) where text.holds("%3d", at: index): (joint, index) = (.equals, index + 3)
    default:
      guard text.bytes[key.lowerBound] == 0x2d, index > gap || text[index] == 0x2c else {
        return nil
      }
      joint = .option
      if text[index] == 0x2c { index += 1 }
    }
    self.text = text
    self.key = key
    self.joint = joint
    self.keyQuotes = keyQuotes
    start = Self.skippingBlanks(text, index)
    words = Self.words(text, key)
  }

  /// Blanks, and a line end behind a backslash.
  private static func skippingBlanks(_ text: Text, _ start: Int) -> Int {
    var index = start
    while true {
      index = text.end(of: ASCII.isBlank, from: index)
      guard text[index] == 0x5c, text[index + 1] == 10 else { return index }
      index += 2
    }
  }

  /// The words of the key, and for "API key" the word before it.
  private static func words(_ text: Text, _ key: Range<Int>) -> [String] {
    let words = SecretKeys.words(text.bytes[key])
    guard words.count == 1, ["key", "code", "pin"].contains(words[0]),
      text[key.lowerBound - 1] == 0x20
    else { return words }
    var start = key.lowerBound - 1
    while start > 0, key.lowerBound - start < 24, Secrets.isKeyByte(text.bytes[start - 1]) {
      start -= 1
    }
    return SecretKeys.words(text.bytes[start..<key.lowerBound - 1]) + words
  }

  var isInQuery: Bool {
    let before = text[key.lowerBound - 1]
    return joint == .equals
      && (before == 0x3f || before == 0x26 || text.holds("&amp;", at: key.lowerBound - 5))
  }

  var label: Label? {
    guard let label = SecretKeys.label(words, isQuery: isInQuery) else { return nil }
    let before = text.lowercased(max(0, key.lowerBound - 11)..<key.lowerBound)
    // "unexpected token: }" is a parser's.
    return label == .token && (before.hasSuffix("unexpected ") || before.hasSuffix("near "))
      ? nil : label
  }
}
