/// Why a document is refused: where, what is wrong, and what would be right.
///
/// Schema readers above this module throw it too, for values that are well-formed but make no
/// sense.
package struct TOMLError: Error, Equatable, Sendable, CustomStringConvertible {
  package let place: Place
  /// What is wrong, without a full stop: `'accepts' is a string`.
  package let problem: String
  /// What would be right, as a clause: `expected an integer, for example accepts = 2`.
  package let expected: String

  package init(at place: Place, _ problem: String, _ expected: String) {
    self.place = place
    self.problem = problem
    self.expected = expected
  }

  /// `LINE:COLUMN: problem; expected`. The caller puts the file's name in front.
  package var description: String {
    "\(place.line):\(place.column): \(problem); \(expected)"
  }

  /// Text from a document in a form that fits into a message.
  ///
  /// A file may hold megabytes in one string, escape sequences that a terminal obeys, and marks
  /// that turn the direction of writing. So long text is cut, and what is not plainly visible is
  /// written as its number. Of a URL only the scheme is, and of an
  /// address only what stands behind the last `@`: they may hold a password.
  package static func shown(_ text: String) -> String {
    let lengthMax = 60
    var shown = ""
    for scalar in withoutCredentials(text).unicodeScalars.prefix(lengthMax) {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
        shown += "\\u" + codePoint(scalar)
      default:
        shown.unicodeScalars.append(scalar)
      }
    }
    return text.unicodeScalars.dropFirst(lengthMax).isEmpty ? shown : shown + "…"
  }

  /// "http://user:password@host" as "http://…": what is not in quotes may end before the `@`. And "user:password@host"
  /// as "…@host".
  private static func withoutCredentials(_ text: String) -> String {
    guard let colon = text.firstIndex(of: ":") else { return text }
    if text[colon...].hasPrefix("://") { return "\(text[..<colon])://…" }
    return text[colon...].lastIndex(of: "@").map { "…" + text[$0...] } ?? text
  }

  /// The number of a scalar in at least four hexadecimal digits, as in U+001B.
  static func codePoint(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }
}
