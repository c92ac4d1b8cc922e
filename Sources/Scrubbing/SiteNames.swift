// Names that tell where they stand that they are somebody's:
//
//   /home/alice/…                 whoever has a home there
//   printer.customer.example      a host below a domain that is known to be the site's (Identity.Kind.domainName)
//   nas.lan, db.corp              a host below a name that exists at sites only (RFC 6762, RFC 8375)
//   for alice from 192.0.2.1      what sshd and PAM say of people
//   SerialNumber: 4C530001230     what is called a serial number

struct SiteNames: Sendable {
  /// In lower case, each with a dot in front.
  private let suffixes: [[UInt8]]

  private static let siteSuffixes = [
    ".local", ".lan", ".internal", ".intranet", ".corp", ".home.arpa", ".fritz.box", ".localdomain",
  ]

  init(_ identities: [Identity]) {
    let domains = identities.filter { $0.kind == .domainName && $0.isSearchedFor }
    suffixes = (Self.siteSuffixes + domains.map { "." + $0.text }).map {
      ASCII.lowercased(Array($0.utf8))
    }
  }

  func marks(in text: Text) -> [Mark] {
    var marks: [Mark] = []
    var index = 0
    while index < text.count {
      let byte = text.bytes[index]
      if byte == UInt8(ascii: "/"), let mark = homeFolder(text, index) {
        marks.append(mark)
        index = mark.range.upperBound
        continue
      }
      guard ASCII.isAlphanumeric(byte) else {
        index += 1
        continue
      }
      let end = text.end(
        of: { ASCII.isAlphanumeric($0) || $0 == 0x2e || $0 == 0x2d || $0 == 0x5f }, from: index)
      if let mark = host(text, index..<end) { marks.append(mark) }
      if let mark = person(text, index..<end) { marks.append(mark) }
      if let mark = serialNumber(text, index..<end) { marks.append(mark) }
      index = end
    }
    return marks
  }

  // MARK: hosts

  /// Files that are called so.
  private static let fileNames: Set<String> = ["rc.local", "jail.local", "fail2ban.local"]

  private func host(_ text: Text, _ word: Range<Int>) -> Mark? {
    var word = word
    while let last = word.last, !ASCII.isAlphanumeric(text.bytes[last]) {
      word = word.lowerBound..<last
    }
    guard text.bytes[word].contains(0x2e) else { return nil }
    // A name in a path is a file's.
    guard (5...253).contains(word.count),
      text[word.lowerBound - 1] != UInt8(ascii: "/")
        || text[word.lowerBound - 2] == UInt8(ascii: "/")
    else { return nil }
    let name = ASCII.lowercased(Array(text.bytes[word]))
    guard suffixes.contains(where: { name.count > $0.count && name.suffix($0.count) == $0[...] }),
      !EverydayNames.contains(name),
      !Self.fileNames.contains(String(decoding: name, as: UTF8.self)),
      name.contains(where: ASCII.isLetter), !name.starts(with: "localhost.".utf8)
    else { return nil }
    return Mark(word, .name(text.string(word), .hostName))
  }

  // MARK: people

  private func homeFolder(_ text: Text, _ index: Int) -> Mark? {
    guard text.holds("/home/", at: index), !ASCII.isAlphanumeric(text[index - 1]) else {
      return nil
    }
    let end = text.end(of: Self.isName, from: index + 6)
    return name(text, index + 6..<end)
  }

  private static func isName(_ byte: UInt8) -> Bool {
    ASCII.isAlphanumeric(byte) || "._-".utf8.contains(byte) || byte >= 0x80
  }

  private func name(_ text: Text, _ range: Range<Int>) -> Mark? {
    var range = range
    while let last = range.last, text.bytes[last] == 0x2e { range = range.lowerBound..<last }
    let name = ASCII.lowercased(Array(text.bytes[range]))
    guard !name.isEmpty, name.count <= 64, !EverydayNames.contains(name),
      !PseudonymBook.isName(name)
    else { return nil }
    return Mark(range, .name(text.string(range), .userName))
  }

  /// "Invalid user NAME from", "for user NAME", "for NAME from ADDRESS port", "for invalid user NAME from".
  private func person(_ text: Text, _ word: Range<Int>) -> Mark? {
    guard word.count == 4 || word.count == 3, text[word.upperBound] == 0x20 else { return nil }
    let start = word.upperBound + 1
    let end = text.end(of: Self.isName, from: start)
    guard end - start <= 64 else { return nil }
    if text.holds("user", at: word.lowerBound), word.count == 4 {
      guard
        text.holds("for ", at: word.lowerBound - 4)
          || text.holds("invalid ", at: word.lowerBound - 8)
          || text.holds("authenticating ", at: word.lowerBound - 15)
      else { return nil }
      return name(text, start..<end)
    }
    guard text.holds("for", at: word.lowerBound), word.count == 3, text.holds(" from ", at: end)
    else {
      return nil
    }
    let address = text.end(of: { !ASCII.isSpace($0) && $0 != 0 }, from: end + 6)
    return text.holds(" port ", at: address) ? name(text, start..<end) : nil
  }

  // MARK: serial numbers

  private static let serialKeys: Set<String> = [
    "serialnumber", "serial_number", "serial-number", "serial_no", "serialno", "id_serial",
    "id_serial_short", "product_serial", "board_serial", "chassis_serial", "serial_short", "serial",
  ]

  /// Whether a ":" or "=" follows, perhaps behind a closing quote and blanks.
  private func isJoined(_ text: Text, _ end: Int) -> Bool {
    let joint = text[text.end(of: ASCII.isBlank, from: ASCII.isQuote(text[end]) ? end + 1 : end)]
    return joint == UInt8(ascii: ":") || joint == UInt8(ascii: "=")
  }

  private func serialNumber(_ text: Text, _ word: Range<Int>) -> Mark? {
    guard (3...20).contains(word.count), isJoined(text, word.upperBound) else { return nil }
    let key = text.lowercased(word)
    var index = word.upperBound
    let isSpaced =
      (key == "number" || key == "no.") && text.holds("serial ", at: word.lowerBound - 7)
    guard isSpaced || Self.serialKeys.contains(key) else { return nil }
    // A closing quote, one separator, an opening quote.
    if ASCII.isQuote(text[index]) { index += 1 }
    index = text.end(of: ASCII.isBlank, from: index)
    guard text[index] == UInt8(ascii: ":") || text[index] == UInt8(ascii: "=") else { return nil }
    index = text.end(of: ASCII.isBlank, from: index + 1)
    if ASCII.isQuote(text[index]) { index += 1 }
    let end = text.end(of: { Self.isName($0) }, from: index)
    let value = ASCII.lowercased(Array(text.bytes[index..<end]))
    // "SerialNumber=3" is the place of a text; "serial: ttyS0" a line.
    guard (6...64).contains(value.count), value.contains(where: ASCII.isDigit),
      !PseudonymBook.isName(value), !value.starts(with: "tty".utf8), !EverydayNames.contains(value)
    else { return nil }
    return Mark(index..<end, .name(text.string(index..<end), .serialNumber))
  }
}
