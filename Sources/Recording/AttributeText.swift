package import Telemetry

/// Attributes as one text column: a line each, `key="text"` or `key=7`, so that anybody with the sqlite3
/// command can read a dictionary.
package enum AttributeText {
  package static func encode(_ attributes: [Attribute]) -> String {
    attributes.map { attribute in
      switch attribute.value {
      case .string(let text): "\(attribute.key)=\"\(escaped(text))\""
      case .integer(let number): "\(attribute.key)=\(number)"
      }
    }.joined(separator: "\n")
  }

  /// The attributes, or nil when the text is not what `encode` makes.
  package static func decode(_ text: String) -> [Attribute]? {
    var attributes: [Attribute] = []
    for line in text.split(separator: "\n") {
      guard let equals = line.firstIndex(of: "=") else { return nil }
      let value = line[line.index(after: equals)...]
      let key = String(line[..<equals])
      if let number = Int64(value) {
        attributes.append(Attribute(key, .integer(number)))
      } else if value.count >= 2, value.first == "\"", value.last == "\"" {
        attributes.append(Attribute(key, .string(unescaped(value.dropFirst().dropLast()))))
      } else {
        return nil
      }
    }
    return attributes
  }

  package static func encode(_ facts: [Fact]) -> String {
    encode(facts.map { Attribute($0.name, .string($0.value)) })
  }

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "\\": result += "\\\\"
      case "\n", "\r\n": result += "\\n"
      default: result.append(character)
      }
    }
  }

  private static func unescaped(_ text: Substring) -> String {
    var result = ""
    var isEscaped = false
    for character in text {
      switch (isEscaped, character) {
      case (false, "\\"): isEscaped = true
      case (true, "n"):
        result.append("\n")
        isEscaped = false
      default:
        result.append(character)
        isEscaped = false
      }
    }
    return result
  }
}
