// Bytes as characters. Nothing here knows of Unicode: bytes from 0x80 on belong to words, and pass as they are.

enum ASCII {
  static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
  static func isUpper(_ byte: UInt8) -> Bool { byte &- 0x41 < 26 }
  static func isLower(_ byte: UInt8) -> Bool { byte &- 0x61 < 26 }
  static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
  static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

  static func isHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20) &- 0x61 < 6
  }

  /// Space, tab, line ends and the like.
  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte &- 9 < 5 }
  static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 9 }
  /// A zero ends a line too: so the environment of a process reads like a file.
  static func isLineEnd(_ byte: UInt8) -> Bool { byte == 10 || byte == 13 || byte == 0 }
  static func isQuote(_ byte: UInt8) -> Bool { byte == 0x22 || byte == 0x27 }

  static func lowercased(_ byte: UInt8) -> UInt8 { isUpper(byte) ? byte | 0x20 : byte }
  static func lowercased(_ bytes: [UInt8]) -> [UInt8] { bytes.map(lowercased) }

  static func hexadecimalValue(_ byte: UInt8) -> UInt8 {
    isDigit(byte) ? byte & 15 : (byte & 15) + 9
  }
}

/// What is scrubbed. Before the beginning and after the end there are line ends.
struct Text {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var count: Int { bytes.count }

  subscript(_ index: Int) -> UInt8 {
    index >= 0 && index < bytes.count ? bytes[index] : 10
  }

  func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// The part in lower case.
  func lowercased(_ range: Range<Int>) -> String {
    String(decoding: bytes[range].map(ASCII.lowercased), as: UTF8.self)
  }

  /// Whether `word`, in lower case, stands at `index`, in whatever case.
  func holds(_ word: StaticText, at index: Int) -> Bool {
    guard index >= 0, index + word.bytes.count <= bytes.count else { return false }
    for offset in word.bytes.indices
    where ASCII.lowercased(bytes[index + offset]) != word.bytes[offset] { return false }
    return true
  }

  /// The first index from `start` on, and before `end`, of a byte for which `condition` holds; otherwise `end`.
  func firstIndex(from start: Int, to end: Int, where condition: (UInt8) -> Bool) -> Int {
    var index = start
    while index < end, !condition(bytes[index]) { index += 1 }
    return index
  }

  /// The first index behind what `condition` holds for.
  func end(of condition: (UInt8) -> Bool, from start: Int) -> Int {
    var index = start
    while index < bytes.count, condition(bytes[index]) { index += 1 }
    return index
  }

  /// Where the line ends that `index` lies in.
  func lineEnd(from index: Int) -> Int { end(of: { !ASCII.isLineEnd($0) }, from: index) }
}

/// A word that a recogniser looks for, as bytes made once.
struct StaticText: ExpressibleByStringLiteral {
  let bytes: [UInt8]

  init(stringLiteral value: String) { bytes = Array(value.utf8) }
}
