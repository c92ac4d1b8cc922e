// user:password@host in URLs of any scheme. The credentials go, and the host that one needs them for gets a name. The
// rest stays: a path says what failed. Values in a query are the business of Secrets.
//
// Passwords are written into URLs by people, who forget that "/", "?" and "@" would have to be encoded. So where the
// part after a colon is no port, everything up to the last "@" of the word counts as credentials.

enum WebAddresses {
  /// The marks, and the places of the "@" that belong to them: not a mail address.
  static func marks(in text: Text) -> (marks: [Mark], signs: Set<Int>) {
    var marks: [Mark] = []
    var signs: Set<Int> = []
    var index = 0
    while index < text.count {
      guard text.bytes[index] == UInt8(ascii: ":"), text[index + 1] == UInt8(ascii: "/"),
        text[index + 2] == UInt8(ascii: "/"), ASCII.isAlphanumeric(text[index - 1])
      else {
        index += 1
        continue
      }
      let start = index + 3
      let end = text.end(of: isPart, from: start)
      if let sign = sign(text, start..<end) {
        if sign > start, !isLabel(text, start..<sign) {
          marks.append(Mark(start..<sign, .label(.credentials)))
        }
        if let host = host(text, from: sign + 1) { marks.append(host) }
        for place in start...sign where text.bytes[place] == UInt8(ascii: "@") {
          signs.insert(place)
        }
      }
      index = max(end, start)
    }
    return (marks, signs)
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    !(ASCII.isSpace(byte) || byte == 0 || ASCII.isQuote(byte) || "<>`".utf8.contains(byte))
  }

  /// Where the credentials end.
  private static func sign(_ text: Text, _ word: Range<Int>) -> Int? {
    // The label that stands for credentials has a space in it, so that the word would end there.
    if let length = Label.length(in: text, at: word.lowerBound) {
      let end = word.lowerBound + length
      return text[end] == UInt8(ascii: "@") ? end : nil
    }
    let authority = text.firstIndex(from: word.lowerBound, to: word.upperBound) {
      $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#")
    }
    if let sign = lastSign(text, word.lowerBound..<authority) { return sign }
    let colon = text.firstIndex(from: word.lowerBound, to: authority) { $0 == UInt8(ascii: ":") }
    guard colon < authority, text.bytes[word.lowerBound] != UInt8(ascii: "["),
      !text.bytes[(colon + 1)..<authority].allSatisfy(ASCII.isDigit)
    else { return nil }
    return lastSign(text, authority..<word.upperBound)
  }

  private static func lastSign(_ text: Text, _ range: Range<Int>) -> Int? {
    text.bytes[range].lastIndex(of: UInt8(ascii: "@"))
  }

  private static func isLabel(_ text: Text, _ range: Range<Int>) -> Bool {
    Label.length(in: text, at: range.lowerBound) == range.count
  }

  /// Unless it is an address, which has a recogniser of its own, or a pseudonym already.
  private static func host(_ text: Text, from start: Int) -> Mark? {
    let end = text.end(
      of: {
        ASCII.isAlphanumeric($0) || $0 == 0x2e || $0 == 0x2d || $0 == 0x5f || $0 >= 0x80
      }, from: start)
    let name = Array(text.bytes[start..<end]).map(ASCII.lowercased)
    guard name.contains(where: { ASCII.isLetter($0) || $0 >= 0x80 }),
      !PseudonymBook.isName(name), !EverydayNames.contains(name)
    else { return nil }
    return Mark(start..<end, .name(text.string(start..<end), .hostName))
  }
}
