/// Writing TOML, as far as the agent does.
package enum TOMLText {
  /// A key: bare where that is possible, otherwise in quotes.
  static func key(_ key: String) -> String { isBareKey(key) ? key : quoted(key) }

  /// A string in double quotes. What may not stand there as it is becomes an escape.
  package static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\" + String(scalar)
      case "\u{0}"..."\u{1F}", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
