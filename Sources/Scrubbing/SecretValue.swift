// Where a value ends: see the head of Secrets.

extension SecretPlace {
  func value(_ label: Label) -> Range<Int>? {
    if label == .cookie, joint == .colon, keyQuotes == 0, words.count <= 2 { return header }
    if label == .authorization, joint != .option, keyQuotes == 0 { return authorization }
    if let quoted = quoted(at: start) { return quoted }
    if isInQuery {
      return
        start..<text.end(
          of: { !(ASCII.isSpace($0) || $0 == 0 || "&#\"'<>)".utf8.contains($0)) }, from: start)
    }
    if joint == .option {
      // The next option is not its value.
      return text[start] == 0x2d && text[start + 1] == 0x2d ? nil : word(from: start)
    }
    if start >= text.count || ASCII.isLineEnd(text[start]) || isBlockSign { return block }
    if keyQuotes > 0 { return json }
    if isAtLineStart, let line = restOfLine { return line }
    return word(from: start)
  }

  /// What stands between quotes of either kind, also escaped ones; without an end, the rest of the line.
  private func quoted(at index: Int) -> Range<Int>? {
    let isEscaped = text[index] == 0x5c && ASCII.isQuote(text[index + 1])
    let quote = isEscaped ? text[index + 1] : text[index]
    guard ASCII.isQuote(quote) else { return nil }
    let first = index + (isEscaped ? 2 : 1)
    var end = first
    while end < text.count, !ASCII.isLineEnd(text.bytes[end]) {
      if text.bytes[end] == 0x5c {
        if isEscaped, text[end + 1] == quote { return first..<end }
        end += isEscaped && text[end + 1] == 0x5c ? 2 : isEscaped ? 1 : 2
        continue
      }
      if text.bytes[end] == quote, !isEscaped {
        // A shell goes on where quotes end: "ab"cd.
        return joint == .equals && keyQuotes == 0 && continues(end + 1)
          ? first..<word(from: end + 1).upperBound : first..<end
      }
      end += 1
    }
    return first..<min(end, text.count)
  }

  private func continues(_ index: Int) -> Bool {
    ASCII.isAlphanumeric(text[index]) || ASCII.isQuote(text[index])
      || "$/+=_".utf8.contains(text[index])
  }

  /// "{", "[", "|" and ">" at the end of a line: the value is below.
  private var isBlockSign: Bool {
    guard "{[|>".utf8.contains(text[start]) else { return false }
    let end = text.end(of: { ASCII.isBlank($0) || $0 == 0x2d || $0 == 0x2b }, from: start + 1)
    return end >= text.count || ASCII.isLineEnd(text[end])
  }

  /// The lines below that are further in; after a plain key only one that is no key itself.
  private var block: Range<Int>? {
    let isPlain = !isBlockSign
    let indentation = Self.indentation(text, key.lowerBound)
    var end = text.lineEnd(from: min(start, text.count))
    let first = end
    while end < text.count {
      let line = text.end(of: { $0 == 10 || $0 == 13 }, from: end)
      let content = text.end(of: ASCII.isBlank, from: line)
      let lineEnd = text.lineEnd(from: content)
      guard content < lineEnd, content - line > indentation else { break }
      if isPlain, isMapping(content..<lineEnd) { break }
      end = lineEnd
      if isPlain { break }
    }
    guard end > first else { return nil }
    let value = text.end(of: ASCII.isSpace, from: start)
    return isPlain ? value..<end : start..<end
  }

  private static func indentation(_ text: Text, _ index: Int) -> Int {
    var start = index
    while start > 0, index - start < 256, !ASCII.isLineEnd(text.bytes[start - 1]) { start -= 1 }
    return text.end(of: ASCII.isBlank, from: start) - start
  }

  private func isMapping(_ line: Range<Int>) -> Bool {
    if text[line.lowerBound] == 0x2d || text[line.lowerBound] == 0x23 { return true }
    let end = text.end(of: { Secrets.isKeyByte($0) || ASCII.isQuote($0) }, from: line.lowerBound)
    return text[end] == 0x3a && (ASCII.isSpace(text[end + 1]) || end + 1 >= text.count)
  }

  /// A number, a word, or a list up to its end on this line.
  private var json: Range<Int>? {
    guard text[start] == 0x5b || text[start] == 0x7b else {
      return
        start..<text.end(
          of: { !(ASCII.isSpace($0) || $0 == 0 || ",}]".utf8.contains($0)) }, from: start)
    }
    var depth = 0
    var index = start
    var isQuoted = false
    while index < text.count, !ASCII.isLineEnd(text.bytes[index]) {
      let byte = text.bytes[index]
      if byte == 0x5c { index += 1 }
      if byte == 0x22 { isQuoted.toggle() }
      if !isQuoted {
        if byte == 0x5b || byte == 0x7b { depth += 1 }
        if byte == 0x5d || byte == 0x7d { depth -= 1 }
        if depth == 0 { return start..<index + 1 }
      }
      index += 1
    }
    return start..<min(index, text.count)
  }

  /// Whether nothing but blanks, a quote, a hyphen, a comment's sign or "export" stands before the key.
  private var isAtLineStart: Bool {
    var index = key.lowerBound - 1
    while index >= 0, key.lowerBound - index < 64,
      ASCII.isBlank(text.bytes[index])
        || "#;*-\"'".utf8.contains(text.bytes[index])
    {
      index -= 1
    }
    if ASCII.isLineEnd(text[index]) { return true }
    for word in ["export", "set", "setenv", "define"] as [StaticText]
    where text.holds(word, at: index + 1 - word.bytes.count)
      && ASCII.isLineEnd(text[index - word.bytes.count])
    {
      return true
    }
    return false
  }

  /// Unless another key follows in it, which a list of keys has.
  private var restOfLine: Range<Int>? {
    var end = text.lineEnd(from: start)
    var index = text.end(of: { !ASCII.isSpace($0) && $0 != 0 }, from: start)
    while index < end {
      let word = text.end(of: { ASCII.isBlank($0) || ",;&".utf8.contains($0) }, from: index)
      let wordEnd = text.end(of: Secrets.isKeyByte, from: word)
      if wordEnd > word, text[wordEnd] == 0x3d || text[wordEnd] == 0x3a { return nil }
      index = max(index + 1, text.end(of: { !ASCII.isSpace($0) && $0 != 0 }, from: wordEnd))
    }
    while end > start, ASCII.isBlank(text.bytes[end - 1]) { end -= 1 }
    return start..<end
  }

  /// A word as a shell reads it. A "," or ";" ends it where another key follows, or nothing.
  func word(from start: Int) -> Range<Int> {
    var index = start
    while index < text.count {
      let byte = text.bytes[index]
      if ASCII.isSpace(byte) || byte == 0 { break }
      if byte == 0x5c, !ASCII.isQuote(text[index + 1]) {
        index += ASCII.isLineEnd(text[index + 1]) ? 1 : 2
        continue
      }
      // The end of a text that holds the key: -e "password=x", {"args": "--password=x"}.
      if ASCII.isQuote(byte) || byte == 0x5c {
        guard index > start, !isEnclosed(byte), let inner = quoted(at: index) else { break }
        index = ASCII.isLineEnd(text[inner.upperBound]) ? inner.upperBound : inner.upperBound + 1
        continue
      }
      if ",;&|".utf8.contains(byte), endsWord(index) { break }
      index += 1
    }
    var end = min(index, text.count)
    while end > start, ")]},;".utf8.contains(text.bytes[end - 1]) { end -= 1 }
    return start..<max(start, end)
  }

  private func isEnclosed(_ quote: UInt8) -> Bool {
    quote == 0x5c || text[key.lowerBound - 1] == quote || openQuote == quote
  }

  /// The quote that is open where the key stands, as far as 256 bytes before it tell.
  private var openQuote: UInt8? {
    var start = key.lowerBound
    while start > 0, key.lowerBound - start < 256, !ASCII.isLineEnd(text.bytes[start - 1]) {
      start -= 1
    }
    var open: UInt8?
    for index in start..<key.lowerBound where ASCII.isQuote(text.bytes[index]) {
      if open == nil { open = text.bytes[index] } else if open == text.bytes[index] { open = nil }
    }
    return open
  }

  private func endsWord(_ index: Int) -> Bool {
    let next = text.end(of: ASCII.isBlank, from: index + 1)
    if next >= text.count || ASCII.isLineEnd(text[next]) || next > index + 1 { return true }
    var end = next
    if ASCII.isQuote(text[end]) { end += 1 }
    while end < text.count, end - next < 64, Secrets.isKeyByte(text.bytes[end]) { end += 1 }
    if ASCII.isQuote(text[end]) { end += 1 }
    // One letter may be a part of the secret.
    return end > next + 1 && text[end] == 0x3d || end > next + 2 && text[end] == 0x3a
  }

  // MARK: headers

  /// Up to the quote that stands before the key, or the line's end.
  private var header: Range<Int>? {
    let quote = openQuote
    let end = text.end(of: { !ASCII.isLineEnd($0) && $0 != quote }, from: start)
    guard text.bytes[start..<end].contains(0x3d) else {
      return start == end ? nil : word(from: start)
    }
    return start..<end
  }

  private static let schemes: Set<String> = [
    "bearer", "basic", "token", "apikey", "negotiate", "ntlm", "digest",
  ]

  private var authorization: Range<Int>? {
    if let quoted = quoted(at: start) { return quoted }
    let quote = openQuote
    let end = text.end(of: { !ASCII.isLineEnd($0) && $0 != quote }, from: start)
    guard joint == .equals else { return start..<end }
    let scheme = text.end(of: ASCII.isLetter, from: start)
    guard Self.schemes.contains(text.lowercased(start..<scheme)), ASCII.isBlank(text[scheme]) else {
      return word(from: start)
    }
    return start..<word(from: text.end(of: ASCII.isBlank, from: scheme)).upperBound
  }
}
