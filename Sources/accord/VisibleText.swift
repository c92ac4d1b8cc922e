// Text that somebody else wrote, for a terminal: nothing in it moves the cursor, changes colours or titles, or makes
// letters stand in another order than they are read.

enum VisibleText {
  /// On one line: line ends and tabs are shown too.
  static func line(_ text: String) -> String { visible(text) { _ in false } }

  /// Over several lines, as it was laid out.
  static func lines(_ text: String) -> String { visible(text) { $0 == "\n" || $0 == "\t" } }

  private static func visible(_ text: String, _ isLayout: (Unicode.Scalar) -> Bool) -> String {
    guard text.unicodeScalars.contains(where: isHidden) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if !isHidden(scalar) || isLayout(scalar) {
        result.append(scalar)
      } else {
        result.append(contentsOf: name(scalar).unicodeScalars)
      }
    }
    return String(result)
  }

  /// "\n", "\u{1B}"
  private static func name(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": "\\n"
    case "\t": "\\t"
    case "\r": "\\r"
    default: "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
    }
  }

  /// Controls (C0, DEL, C1), and what has no width or turns the direction of writing.
  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
      0xFFF9...0xFFFB, 0xE0000...0xE007F:
      true
    default: false
    }
  }
}
