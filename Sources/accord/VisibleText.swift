// Text that somebody else wrote, for a terminal: nothing in it moves the cursor, changes colours or titles, or makes
// letters stand in another order than they are read.

internal import Linux

enum VisibleText {
  /// On one line: line ends and tabs are shown too.
  static func line(_ text: String) -> String { visible(text, lineNames) }

  /// Over several lines, as it was laid out.
  static func lines(_ text: String) -> String { visible(text, linesNames) }

  /// Prints a whole file as `lines`, and ends its last line. Made visible, it may have many times its size: it goes
  /// out in pieces.
  static func print(_ content: [UInt8]) {
    var rest = content[...]
    while !rest.isEmpty {
      let end = rest.startIndex + pieceBytes(rest)
      guard Process.write(visible(rest[..<end], linesNames), to: 1) else { return }
      rest = rest[end...]
    }
    if let last = content.last, last != UInt8(ascii: "\n") { Process.print("\n", to: 1) }
  }

  private static let pieceBytesMax = 64 * 1024

  /// Up to the beginning of a character. Of more bytes in a row that continue one, no character has so many.
  private static func pieceBytes(_ bytes: ArraySlice<UInt8>) -> Int {
    guard bytes.count > pieceBytesMax else { return bytes.count }
    let continued = (0...3).first { bytes[bytes.startIndex + pieceBytesMax - $0] & 0xC0 != 0x80 }
    return pieceBytesMax - (continued ?? 0)
  }

  private static func visible(_ text: String, _ names: [[UInt8]?]) -> String {
    guard text.unicodeScalars.contains(where: isHidden) else { return text }
    return String(decoding: visible(Array(text.utf8)[...], names), as: UTF8.self)
  }

  /// Byte by byte, because a file may be nothing but controls; what is not ASCII, as the characters that it makes.
  private static func visible(_ bytes: ArraySlice<UInt8>, _ names: [[UInt8]?]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let byte = bytes[index]
      if byte < 0x80 {
        if let name = names[Int(byte)] { result += name } else { result.append(byte) }
        index += 1
        continue
      }
      let others = bytes[index...].prefix { $0 >= 0x80 }
      for scalar in String(decoding: others, as: UTF8.self).unicodeScalars {
        result += (isHidden(scalar) ? name(scalar) : String(scalar)).utf8
      }
      index = others.endIndex
    }
    return result
  }

  /// What stands for each ASCII character; nil for itself.
  private static let lineNames: [[UInt8]?] = (0..<0x80).map { byte in
    let scalar = Unicode.Scalar(UInt8(byte))
    return isHidden(scalar) ? Array(name(scalar).utf8) : nil
  }

  private static let linesNames = lineNames.enumerated().map { byte, name in
    "\n\t".utf8.contains(UInt8(byte)) ? nil : name
  }

  /// "\u{1B}", and "\u{A}" for a line end: behind "\n" the next word would begin with an n for who looks for names.
  private static func name(_ scalar: Unicode.Scalar) -> String {
    "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
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
