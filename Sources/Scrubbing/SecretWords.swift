// Secrets that no sign joins to their key: what some programs and files write with a blank between.
//
//   machine x login me password hunter2              netrc
//   requirepass hunter2, rocommunity public 10.0.0.0/8     at the head of a line
//   sshpass -p hunter2, mysql -phunter2, curl -u me:hunter2
//   IDENTIFIED BY 'hunter2', PASSWORD 'hunter2'      SQL

enum SecretWords {
  private static let lineHeads: [String: Label] = [
    "requirepass": .password, "masterauth": .password, "rocommunity": .community,
    "rwcommunity": .community, "rocommunity6": .community, "rwcommunity6": .community,
    "trapcommunity": .community, "rootpw": .password, "bindpw": .password,
  ]
  /// At the head of a line with one more word on it.
  private static let lonely: [String: Label] = [
    "password": .password, "passwd": .password, "passphrase": .password, "secret": .secret,
    "token": .token, "psk": .key, "community": .community,
  ]
  private static let programs: [StaticText] = [
    "sshpass", "mysql", "mysqldump", "mariadb", "mariadb-dump",
  ]

  static func mark(in text: Text, _ key: Range<Int>) -> Mark? {
    guard key.count <= 16,
      ASCII.isBlank(text[key.upperBound]) || text.bytes[key.lowerBound] == 0x2d,
      let (range, label) = value(in: text, key),
      !range.isEmpty, Label.length(in: text, at: range.lowerBound) == nil,
      !SecretKeys.isHarmless(text.bytes[range], label, key: [])
    else { return nil }
    return Mark(range, .label(label))
  }

  private static func value(in text: Text, _ key: Range<Int>) -> (Range<Int>, Label)? {
    guard mayBeOne(text, key) else { return nil }
    let name = text.lowercased(key)
    let start = text.end(of: ASCII.isBlank, from: key.upperBound)
    // Looked for only where it is needed: a long text without blanks may hold a key at every other byte.
    func word() -> Range<Int> {
      start..<text.end(of: { !ASCII.isSpace($0) && $0 != 0 }, from: start)
    }
    switch name {
    case "-p" where isArgument(of: text, key, programs.prefix(1)): return (word(), .password)
    case "-u", "--user", "--proxy-user":
      return wordEnd(text, start).flatMap { credentials(text, start..<$0) }
    case "by" where text.holds("identified ", at: key.lowerBound - 11):
      return quoted(text, start).map { ($0, .password) }
    case "community" where text.holds("snmp-server ", at: key.lowerBound - 12):
      return (word(), .community)
    default: break
    }
    if name.hasPrefix("-p"), name.count > 2, !name.hasPrefix("-p-"),
      isArgument(of: text, key, programs[...])
    {
      let end = text.end(of: { !ASCII.isSpace($0) && $0 != 0 }, from: key.lowerBound)
      return (key.lowerBound + 2..<end, .password)
    }
    if name == "password" || name == "passphrase" {
      if let quoted = quoted(text, start) { return (quoted, .password) }
      if isNetrc(text, key) { return (word(), .password) }
    }
    guard isLineStart(text, key.lowerBound) else { return nil }
    if let label = lineHeads[name] { return (word(), label) }
    guard let label = lonely[name] else { return nil }
    let word = word()
    let rest = text.end(of: ASCII.isBlank, from: word.upperBound)
    guard rest >= text.count || ASCII.isLineEnd(text[rest]) else { return nil }
    return (word, label)
  }

  /// A user and a password are no longer than that together.
  private static let credentialsBytesMax = 1024

  /// The end of the word, nil when it is too long to be a user and a password.
  private static func wordEnd(_ text: Text, _ start: Int) -> Int? {
    var end = start
    while end < text.count, !ASCII.isSpace(text.bytes[end]), text.bytes[end] != 0 {
      end += 1
      if end - start > credentialsBytesMax { return nil }
    }
    return end
  }

  /// Whether the first and the last byte are those of a word that is looked for; most words end here.
  private static func mayBeOne(_ text: Text, _ key: Range<Int>) -> Bool {
    let last = ASCII.lowercased(text.bytes[key.upperBound - 1])
    return switch ASCII.lowercased(text.bytes[key.lowerBound]) {
    case UInt8(ascii: "-"): true
    case UInt8(ascii: "p"): last == 0x64 || last == 0x65 || last == 0x6b
    case UInt8(ascii: "r"): last == 0x73 || last == 0x79 || last == 0x77 || last == 0x36
    case UInt8(ascii: "b"): last == 0x79 || last == 0x77
    case UInt8(ascii: "s"): last == 0x74
    case UInt8(ascii: "t"): last == 0x6e || last == 0x79
    case UInt8(ascii: "c"): last == 0x79
    case UInt8(ascii: "m"): last == 0x68
    default: false
    }
  }

  private static func isLineStart(_ text: Text, _ index: Int) -> Bool {
    var index = index - 1
    var steps = 0
    while ASCII.isBlank(text[index]), steps < 64 { (index, steps) = (index - 1, steps + 1) }
    return ASCII.isLineEnd(text[index])
  }

  /// "login NAME password", as far as 100 bytes before tell.
  private static func isNetrc(_ text: Text, _ key: Range<Int>) -> Bool {
    let before = text.lowercased(max(0, key.lowerBound - 100)..<key.lowerBound)
      .utf8.split(whereSeparator: ASCII.isSpace).suffix(2)
    return before.count == 2 && before[before.startIndex].elementsEqual("login".utf8)
  }

  /// Whether one of the programs stands on the line, as far as 256 bytes before the option tell.
  private static func isArgument(
    of text: Text, _ key: Range<Int>, _ programs: ArraySlice<StaticText>
  ) -> Bool {
    var index = key.lowerBound - 1
    while index >= 0, key.lowerBound - index < 256, !ASCII.isLineEnd(text.bytes[index]) {
      let isStart = !Secrets.isKeyByte(text[index - 1])
      for program in programs
      where isStart && text.holds(program, at: index)
        && ASCII.isBlank(text[index + program.bytes.count])
      {
        return true
      }
      index -= 1
    }
    return false
  }

  /// What follows the colon of "me:hunter2", when both parts are words.
  private static func credentials(_ text: Text, _ word: Range<Int>) -> (Range<Int>, Label)? {
    let isQuoted = ASCII.isQuote(text[word.lowerBound])
    let start = isQuoted ? word.lowerBound + 1 : word.lowerBound
    // A quote in the middle ends what holds the word: {"remedy":"journalctl -u accordd","level":…
    var word = word
    if !isQuoted {
      let end = text.firstIndex(from: start, to: word.upperBound, where: ASCII.isQuote)
      word = word.lowerBound..<end
    }
    let colon = text.firstIndex(from: min(start, word.upperBound), to: word.upperBound) {
      $0 == 0x3a
    }
    guard colon > start, colon + 1 < word.upperBound,
      !text.bytes[(colon + 1)..<word.upperBound].allSatisfy(ASCII.isDigit)
    else { return nil }
    var end = word.upperBound
    if end > start, ASCII.isQuote(text.bytes[end - 1]) { end -= 1 }
    return (colon + 1..<max(end, colon + 1), .password)
  }

  private static func quoted(_ text: Text, _ index: Int) -> Range<Int>? {
    guard ASCII.isQuote(text[index]) else { return nil }
    let quote = text[index]
    let end = text.end(of: { $0 != quote && !ASCII.isLineEnd($0) }, from: index + 1)
    return index + 1..<end
  }
}
