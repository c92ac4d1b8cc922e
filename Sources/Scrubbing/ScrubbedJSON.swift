// JSON is scrubbed text by text. As one text it would not stay JSON: a sentence may end with "journalctl -u accordd",
// and what looks like the value behind an option then reaches over quotes and braces; a number that is a serial number
// would become a bare word. Numbers stay; the last look goes over them like over everything.

extension Scrubber {
  /// The document with every string scrubbed by itself, and everything between them as it was.
  package mutating func scrub(json content: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(content.count)
    var rest = content[...]
    while let quote = rest.firstIndex(of: UInt8(ascii: "\"")) {
      result += rest[...quote]
      let (text, end) = Self.string(content, from: quote + 1)
      result += Self.escaped(scrub(text))
      result += content[end..<min(end + 1, content.count)]
      rest = content[min(end + 1, content.count)...]
    }
    return result + rest
  }

  /// What the string that begins at `start` says, and where its closing quote is.
  private static func string(_ content: [UInt8], from start: Int) -> (text: [UInt8], end: Int) {
    var text: [UInt8] = []
    var index = start
    while index < content.count, content[index] != UInt8(ascii: "\"") {
      guard content[index] == UInt8(ascii: "\\"), index + 1 < content.count else {
        text.append(content[index])
        index += 1
        continue
      }
      let code = content[index + 1]
      index += 2
      switch code {
      case UInt8(ascii: "n"): text.append(0x0A)
      case UInt8(ascii: "t"): text.append(0x09)
      case UInt8(ascii: "r"): text.append(0x0D)
      case UInt8(ascii: "b"): text.append(0x08)
      case UInt8(ascii: "f"): text.append(0x0C)
      case UInt8(ascii: "u"):
        // The writer of the dump escapes control characters alone so; a half of a pair becomes U+FFFD.
        let digits = content[index..<min(index + 4, content.count)].prefix(
          while: ASCII.isHexadecimal)
        let value = digits.reduce(UInt32(0)) { $0 << 4 | UInt32(ASCII.hexadecimalValue($1)) }
        text += String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8
        index += digits.count
      default: text.append(code)
      }
    }
    return (text, index)
  }

  private static func escaped(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for byte in text {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
      case 0x0A: result += "\\n".utf8
      case 0x09: result += "\\t".utf8
      case 0x0D: result += "\\r".utf8
      case 0..<0x20: result += ("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8
      default: result.append(byte)
      }
    }
    return result
  }
}
