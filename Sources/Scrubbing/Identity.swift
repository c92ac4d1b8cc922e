// What is known to identify this appliance, its site or its people, and how it may be spelled.
//
// What is searched for, and what is not. A text is looked for everywhere, whatever its case, if it has at least four
// bytes and is none of `EverydayNames`: names that thousands of appliances share (root, localhost, debian) tell nobody
// apart, and replacing them would leave a dump without its words. Numbers need six digits: a battery with the serial
// number 1234 would spoil every column of readings. Numbers, and names of hosts, domains and people and serial numbers
// with fewer than eight bytes, count only as whole words, so that a host called "gate" does not spoil "gateway";
// addresses always do, so that 10.0.0.1 is not found in 10.0.0.12. Everything else is found inside other words too. What is encoded
// (base64, percent signs, UTF-16, compressed) is not found.

/// A text that a dump must not hold.
package struct Identity: Hashable, Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case hostName = "host"
    /// What the names of a site end with: every name below it is replaced too.
    case domainName = "domain"
    /// IPv4 or IPv6.
    case address = "ip"
    case macAddress = "mac"
    case serialNumber = "serial"
    case userName = "user"
    case machineID = "machine"
    case uuid = "uuid"
    case mail = "mail"
    /// Replaced without a pseudonym; the text is not kept anywhere.
    case secret = "secret"
  }

  package let kind: Kind
  package let text: String

  package init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }

  /// One spelling to search for.
  struct Spelling: Hashable {
    /// In lower case.
    let bytes: [UInt8]
    let isWholeWord: Bool
  }

  /// Whether anything is searched for: see the head of this file.
  package var isSearchedFor: Bool { !spellings.isEmpty }

  /// At most so many bytes of a text are searched for as one.
  static let pieceBytesMax = 256
  static let bytesMin = 4
  static let digitsMin = 6

  var spellings: [Spelling] {
    texts.map { ASCII.lowercased(Array($0.utf8)) }
      .flatMap { text in
        // As a page spells it.
        let escaped = HTMLEntities.encoded(text)
        return escaped == text ? [text] : [text, escaped]
      }
      .filter { text in
        let isNumber = text.allSatisfy(ASCII.isDigit)
        return text.count >= (isNumber ? Self.digitsMin : Self.bytesMin)
          && !EverydayNames.contains(text)
      }
      .map { Spelling(bytes: $0, isWholeWord: isWholeWord($0)) }
  }

  private func isWholeWord(_ bytes: [UInt8]) -> Bool {
    switch kind {
    case .address: true
    case .hostName, .domainName, .userName, .serialNumber:
      bytes.count < 8 || bytes.allSatisfy(ASCII.isDigit)
    default: false
    }
  }

  private var texts: [String] {
    switch kind {
    case .macAddress: HardwareAddress(text)?.spellings ?? [text]
    case .address: InternetAddress(text)?.spellings ?? [text]
    case .machineID, .uuid: hexadecimalTexts
    case .secret: secretTexts
    default: [text]
    }
  }

  /// With and without the hyphens of a UUID.
  private var hexadecimalTexts: [String] {
    let digits = text.filter { $0 != "-" }
    guard digits.utf8.count == 32, digits.utf8.allSatisfy(ASCII.isHexadecimal) else {
      return [text]
    }
    var parts: [Substring] = []
    var rest = Substring(digits)
    for length in [8, 4, 4, 4, 12] {
      parts.append(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    return [digits, parts.joined(separator: "-")]
  }

  /// The words of a file's content, so that a key is found however its lines are broken. Beside other words a short
  /// one is not the secret part: "Bearer".
  private var secretTexts: [String] {
    let lines = text.utf8.split(whereSeparator: ASCII.isLineEnd)
    // The frame of a key is in everybody's.
    let words = lines.filter { !$0.starts(with: "-----".utf8) }
      .flatMap { $0.split(whereSeparator: ASCII.isSpace) }
    if words.count == 1, words[0].count <= Self.pieceBytesMax {
      return [String(Substring(words[0]))]
    }
    var texts: [String] = []
    for word in words {
      guard word.count >= 8 else { continue }
      var rest = word
      while !rest.isEmpty {
        let piece = rest.prefix(Self.pieceBytesMax)
        if piece.count >= 8 { texts.append(String(decoding: piece, as: UTF8.self)) }
        rest = rest.dropFirst(piece.count)
      }
    }
    return texts
  }
}
