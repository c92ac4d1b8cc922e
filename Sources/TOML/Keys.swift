/// One part of a key, without quotes.
struct Key {
  let text: String
  let place: Place
}

extension Parser {
  /// One or more keys with dots and blanks between them, and the blanks around them.
  mutating func keyPath() throws(TOMLError) -> [Key] {
    var path: [Key] = []
    repeat {
      scanner.skipBlanks()
      let key = try key()
      guard path.count < TOMLDocument.nestingMax else {
        throw TOMLError(
          at: key.place, "the key has more than \(TOMLDocument.nestingMax) parts",
          "expected fewer dots")
      }
      guard key.text.unicodeScalars.count <= TOMLDocument.keyLengthMax else {
        throw TOMLError(
          at: key.place, "the key is longer than \(TOMLDocument.keyLengthMax) characters",
          "expected a shorter key")
      }
      path.append(key)
      scanner.skipBlanks()
    } while scanner.skip(".")
    return path
  }

  private mutating func key() throws(TOMLError) -> Key {
    let place = scanner.place
    switch scanner.next {
    case "\""?: return Key(text: try basicString(), place: place)
    case "'"?: return Key(text: try literalString(), place: place)
    default: break
    }
    var text = String.UnicodeScalarView()
    while let scalar = scanner.next, scalar.isBareKeyCharacter {
      text.append(scalar)
      scanner.advance()
    }
    guard !text.isEmpty else {
      throw try scanner.unexpected(
        "where a key should be",
        "expected a key of the letters a to z, digits, '-' and '_', or a key in quotes")
    }
    return Key(text: String(text), place: place)
  }
}

/// A key for messages, as it would be typed: bare where that is possible, otherwise in quotes.
func typed(_ key: String) -> String {
  isBareKey(key) ? key : "\"\(TOMLError.shown(key))\""
}

func isBareKey(_ key: String) -> Bool {
  !key.isEmpty && key.unicodeScalars.allSatisfy(\.isBareKeyCharacter)
}

extension Unicode.Scalar {
  fileprivate var isBareKeyCharacter: Bool {
    switch self {
    case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
    default: false
    }
  }
}
