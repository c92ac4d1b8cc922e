// PEM blocks (RFC 7468), private keys and certificates alike, and OpenSSH's and PGP's: from the line that begins one to
// the line that ends it. A journal may have put a head before each line, JSON may have made "\n" of the line ends, and
// the end may be missing where a text was cut. Then a block ends before the first line that cannot belong to it.

enum PrivateKeys {
  private static let begin: StaticText = "-----begin "
  private static let end: StaticText = "-----end "

  static func marks(in text: Text) -> [Mark] {
    var marks: [Mark] = []
    var index = 0
    while index < text.count {
      guard text.bytes[index] == UInt8(ascii: "-"), text.holds(begin, at: index) else {
        index += 1
        continue
      }
      let stop = blockEnd(text, index)
      marks.append(Mark(index..<stop, .label(label(text, index))))
      index = stop
    }
    return marks
  }

  private static func label(_ text: Text, _ start: Int) -> Label {
    let title = text.lowercased(start..<min(start + 60, text.lineEnd(from: start)))
    return title.contains("private") || title.contains("secret") || title.contains("message")
      ? .privateKey : .certificate
  }

  private static func blockEnd(_ text: Text, _ start: Int) -> Int {
    var line = start + begin.bytes.count
    while line < text.count {
      let lineEnd = text.lineEnd(from: line)
      if let stop = endMarker(text, line..<lineEnd) { return stop }
      let next = text.end(of: ASCII.isLineEnd, from: lineEnd)
      let nextEnd = text.lineEnd(from: next)
      guard next < nextEnd, belongs(text, next..<nextEnd) else { return lineEnd }
      line = next
    }
    return text.count
  }

  /// Behind "-----END X-----" in this line, or behind what of it is there.
  private static func endMarker(_ text: Text, _ line: Range<Int>) -> Int? {
    for index in line where text.bytes[index] == UInt8(ascii: "-") && text.holds(end, at: index) {
      let title = text.firstIndex(from: index + end.bytes.count, to: line.upperBound) {
        !(ASCII.isAlphanumeric($0) || $0 == 0x20)
      }
      let stop = text.end(of: { $0 == UInt8(ascii: "-") }, from: title)
      return min(stop, line.upperBound)
    }
    return nil
  }

  /// Whether the last word of a line can be a part of the key, or the line is one of the heads of old formats.
  private static func belongs(_ text: Text, _ line: Range<Int>) -> Bool {
    var stop = line.upperBound
    while stop > line.lowerBound, ASCII.isBlank(text.bytes[stop - 1]) { stop -= 1 }
    // An empty line, behind the head of a journal's line.
    if stop > line.lowerBound, text.bytes[stop - 1] == UInt8(ascii: ":") { return true }
    var start = stop
    while start > line.lowerBound, isBase64(text.bytes[start - 1]) { start -= 1 }
    if stop - start >= 16 { return true }
    // The last line of a block is short, and may follow the head of a journal's line.
    let isAlone = start == line.lowerBound || ASCII.isBlank(text.bytes[start - 1])
    if stop > start, isAlone, text.bytes[stop - 1] == UInt8(ascii: "=") { return true }
    let content = text.string(line)
    return content.contains("-----END") || content.contains("Proc-Type:")
      || content.contains("DEK-Info:") || content.contains("Version: ")
      || content.contains("Comment: ") || (start == line.lowerBound && isAlone && stop > start)
  }

  private static func isBase64(_ byte: UInt8) -> Bool {
    ASCII.isAlphanumeric(byte) || "+/=_-\\".utf8.contains(byte)
  }
}
