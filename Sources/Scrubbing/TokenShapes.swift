// What is a secret by its form, wherever it stands:
//
//   eyJhbGciOi….eyJzdWIiOi….c2lnbmF0dXJl      JWTs, and any base64 that begins a JSON object
//   ghp_…, xoxb-…, AKIA…, glpat-…, sk-…         what vendors put in front of their tokens
//   Bearer …, Basic …                           the words before credentials
//   $6$salt$hash                                hashes of passwords (crypt(5))
//   MIIEvQIBADANBgkqhkiG9w0BAQ…                 long runs of letters and digits at random
//
// Digests stay: they are hexadecimal, which the last rule does not count as random.

enum TokenShapes {
  static func marks(in text: Text) -> [Mark] {
    var marks: [Mark] = []
    var index = 0
    while index < text.count {
      let byte = text.bytes[index]
      guard isTokenByte(byte), byte != 0x2e else {
        if byte == UInt8(ascii: "$"), let end = hashEnd(text, index) {
          marks.append(Mark(index..<end, .label(.passwordHash)))
          index = end
        } else {
          index += 1
        }
        continue
      }
      let end = text.end(of: isTokenByte, from: index)
      if let mark = mark(text, index..<end) {
        marks.append(mark)
      } else {
        marks += scheme(text, index..<end)
      }
      index = end
    }
    return marks
  }

  /// What tokens and base64 consist of.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x5f, 0x2d, 0x2b, 0x2f, 0x3d, 0x2e: true
    default: ASCII.isAlphanumeric(byte)
    }
  }

  private static func mark(_ text: Text, _ word: Range<Int>) -> Mark? {
    guard word.count >= 16 else { return nil }
    // A path or an assignment may stand before: the parts are looked at one by one.
    var start = word.lowerBound
    while start < word.upperBound {
      if let label = label(text, start..<word.upperBound) {
        return Mark(start..<word.upperBound, .label(label))
      }
      let next = text.firstIndex(from: start, to: word.upperBound) { $0 == 0x3d || $0 == 0x2f }
      start = next + 1
    }
    return randomRun(text, word)
  }

  /// The least length, the first bytes.
  private static let prefixes: [(count: Int, text: StaticText)] = [
    (20, "ghp_"), (20, "gho_"), (20, "ghu_"), (20, "ghs_"), (20, "ghr_"), (30, "github_pat_"),
    (15, "xoxa-"), (15, "xoxb-"), (15, "xoxp-"), (15, "xoxr-"), (15, "xoxs-"), (15, "xapp-"),
    (20, "glpat-"), (20, "gldt-"), (20, "glrt-"), (20, "glcbt-"), (20, "glptt-"), (20, "glsa_"),
    (20, "sk-"), (20, "sk_live_"), (20, "rk_live_"), (20, "sk_test_"), (20, "whsec_"), (30, "npm_"),
    (30, "pypi-"), (30, "dop_v1_"), (30, "hf_"), (30, "sg."), (24, "hvs."), (24, "hvb."),
    (30, "aiza"),
    (20, "ya29."), (20, "dckr_pat_"), (20, "shpat_"), (20, "tskey-"), (16, "eyj"),
  ]

  private static func label(_ text: Text, _ rest: Range<Int>) -> Label? {
    guard !ASCII.isAlphanumeric(text[rest.lowerBound - 1]) else { return nil }
    let letter = ASCII.lowercased(text.bytes[rest.lowerBound])
    if letter == UInt8(ascii: "a"), isAccessKey(text, rest) { return .token }
    for prefix in prefixes
    where prefix.text.bytes[0] == letter && rest.count >= prefix.count
      && text.holds(prefix.text, at: rest.lowerBound)
    {
      let body = text.bytes[(rest.lowerBound + prefix.text.bytes.count)..<rest.upperBound].prefix(
        64)
      // Names of packages and programs have no digits and capitals mixed: "sk-learn-some-long-name".
      guard body.contains(where: ASCII.isDigit), body.contains(where: ASCII.isLetter) else {
        continue
      }
      if letter == UInt8(ascii: "e"), text.bytes[rest.lowerBound + 2] != UInt8(ascii: "J") {
        continue
      }
      return .token
    }
    return nil
  }

  /// AKIA, ASIA and the like of Amazon: 20 capitals and digits.
  private static func isAccessKey(_ text: Text, _ rest: Range<Int>) -> Bool {
    let word = text.bytes[rest].prefix(while: ASCII.isAlphanumeric)
    return word.count == 20
      && ["AKIA", "ASIA", "AGPA", "AROA", "AIDA", "ANPA", "ANVA"].contains {
        word.starts(with: $0.utf8)
      }
      && word.allSatisfy { ASCII.isUpper($0) || ASCII.isDigit($0) }
  }

  /// Forty and more letters and digits whose kind changes as often as at random: in base64 at three of five places, in
  /// names and paths seldom.
  private static func randomRun(_ text: Text, _ word: Range<Int>) -> Mark? {
    var start = word.lowerBound
    while start < word.upperBound {
      let end = text.firstIndex(from: start, to: word.upperBound) { $0 == 0x2e }
      if end - start >= 40, isRandom(text, start..<end) {
        return Mark(start..<word.upperBound, .label(.encodedKey))
      }
      start = end + 1
    }
    return nil
  }

  static func isRandom(_ text: Text, _ range: Range<Int>) -> Bool {
    var changes = 0
    var kinds: (upper: Int, lower: Int, digits: Int, signs: Int) = (0, 0, 0, 0)
    var previous = 0
    for byte in text.bytes[range] {
      let kind = ASCII.isUpper(byte) ? 1 : ASCII.isLower(byte) ? 2 : ASCII.isDigit(byte) ? 3 : 4
      if kind == 1 { kinds.upper += 1 } else if kind == 2 { kinds.lower += 1 }
      if kind == 3 { kinds.digits += 1 } else if kind == 4 { kinds.signs += 1 }
      if kind != previous { changes += 1 }
      previous = kind
    }
    return changes * 5 >= range.count * 2 && min(kinds.upper, kinds.lower) * 8 >= range.count
      && kinds.digits * 25 >= range.count && kinds.signs * 8 <= range.count
  }

  /// The word behind "Bearer" or "Basic" when it is no word of a sentence.
  private static func scheme(_ text: Text, _ word: Range<Int>) -> [Mark] {
    guard word.count == 5 || word.count == 6,
      ["bearer", "basic"].contains(text.lowercased(word)), ASCII.isBlank(text[word.upperBound])
    else { return [] }
    let start = text.end(of: ASCII.isBlank, from: word.upperBound)
    let end = text.end(of: isTokenByte, from: start)
    let value = text.bytes[start..<end]
    let isToken =
      value.count >= 20 || value.contains(where: ASCII.isDigit)
      || value.contains(where: { $0 == 0x3d }) || value.dropFirst().contains(where: ASCII.isUpper)
    return value.count >= 8 && isToken ? [Mark(start..<end, .label(.authorization))] : []
  }

  /// "$6$salt$hash", "$2b$10$…", "$y$j9T$…", "$argon2id$v=19$…".
  private static func hashEnd(_ text: Text, _ start: Int) -> Int? {
    let method = text.end(of: ASCII.isAlphanumeric, from: start + 1)
    guard (1...8).contains(method - start - 1), text[method] == UInt8(ascii: "$"),
      !ASCII.isAlphanumeric(text[start - 1])
    else { return nil }
    let end = text.end(of: { isTokenByte($0) || $0 == 0x24 || $0 == 0x2c }, from: method)
    let hash = text.bytes[method..<end]
    return hash.count >= 16 && hash.dropFirst().contains(0x24) ? end : nil
  }
}
