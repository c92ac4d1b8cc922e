package import Telemetry

/// Attributes as one text column: a line each, `key="text"`, `key=7` or, hashed, `key=#6a09…`, so that anybody with
/// the sqlite3 command can read a dictionary.
package enum AttributeText {
  package static func encode(_ attributes: [Attribute]) -> String {
    attributes.map { attribute in
      switch attribute.value {
      case .string(let text): "\(attribute.key)=\"\(escaped(text))\""
      case .integer(let number): "\(attribute.key)=\(number)"
      case .hash(let digits): "\(attribute.key)=#\(digits)"
      }
    }.joined(separator: "\n")
  }

  /// The attributes, or nil when the text is not what `encode` makes.
  package static func decode(_ text: String) -> [Attribute]? {
    var attributes: [Attribute] = []
    for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
      guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      let key = String(decoding: line[..<equals], as: UTF8.self)
      let value = line[line.index(after: equals)...]
      if value.count >= 2, value.first == quote, value.last == quote {
        attributes.append(Attribute(key, .string(unescaped(value.dropFirst().dropLast()))))
      } else if value.first == UInt8(ascii: "#"), value.count == 65,
        value.dropFirst().allSatisfy(isHexadecimalDigit)
      {
        attributes.append(Attribute(key, .hash(String(decoding: value.dropFirst(), as: UTF8.self))))
      } else if let number = Int64(Substring(value)) {
        attributes.append(Attribute(key, .integer(number)))
      } else {
        return nil
      }
    }
    return attributes
  }

  package static func encode(_ facts: [Fact]) -> String {
    encode(facts.map { Attribute($0.name, $0.value) })
  }

  private static func isHexadecimalDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }

  private static let quote = UInt8(ascii: "\"")

  /// Scalar by scalar: a mark that combines with a quote or a line break must not hide it. SQLite's C
  /// strings end at a zero, so that is written as two characters as well.
  private static func escaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
      case "\n": result.append(contentsOf: "\\n".unicodeScalars)
      case "\0": result.append(contentsOf: "\\0".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  private static func unescaped(_ text: some Sequence<UInt8>) -> String {
    var result: [UInt8] = []
    var isEscaped = false
    for byte in text {
      switch (isEscaped, byte) {
      case (false, UInt8(ascii: "\\")):
        isEscaped = true
        continue
      case (true, UInt8(ascii: "n")): result.append(UInt8(ascii: "\n"))
      case (true, UInt8(ascii: "0")): result.append(0)
      default: result.append(byte)
      }
      isEscaped = false
    }
    return String(decoding: result, as: UTF8.self)
  }
}
