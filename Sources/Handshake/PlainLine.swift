internal import TOML

/// Text that one half of the agreement says to people who read it at a terminal.
///
/// A line end forges the lines below it ("kept for 1 days"), an escape sequence hides what follows, and a mark that
/// turns the direction of writing lets a sentence read as another one. What is agreed to has to be what is seen, so
/// such text is refused where it is read, and nobody who prints it has to think of it.
package enum PlainLine {
  package static let expected = "one line of text without control characters"

  /// Whether every character of `text` is seen as it is.
  package static func holds(_ text: String) -> Bool { stranger(in: text) == nil }

  static func stranger(in text: String) -> Unicode.Scalar? {
    text.unicodeScalars.first {
      switch $0.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: true
      default: false
      }
    }
  }
}

extension TableReader {
  mutating func plainLine(_ key: String) throws(TOMLError) -> Located<String> {
    let text = try string(key)
    try Self.check(text, key)
    guard text.value.contains(where: { !$0.isWhitespace }) else {
      throw TOMLError(at: text.place, "'\(key)' is empty", "expected some text")
    }
    return text
  }

  mutating func optionalPlainLine(_ key: String) throws(TOMLError) -> Located<String>? {
    guard let text = try optionalString(key) else { return nil }
    try Self.check(text, key)
    return text
  }

  private static func check(_ text: Located<String>, _ key: String) throws(TOMLError) {
    guard let stranger = PlainLine.stranger(in: text.value) else { return }
    throw TOMLError(
      at: text.place, "'\(key)' holds the character \(TOMLError.shown(String(stranger)))",
      "expected \(PlainLine.expected)")
  }
}
