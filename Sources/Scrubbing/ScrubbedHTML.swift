// A page is scrubbed text by text too: what stands between its tags and in the values of its attributes is spelled with
// entities, so a name with an apostrophe, or a password between quotes, is another one there than it is to its readers.

extension Scrubber {
  /// The page with every text scrubbed by itself, and its tags as they were.
  package mutating func scrub(html content: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(content.count)
    var start = 0
    for (index, byte) in content.enumerated() where Self.isMarkup(byte) {
      result += scrub(escaped: content[start..<index])
      result.append(byte)
      start = index + 1
    }
    return result + scrub(escaped: content[start...])
  }

  private static func isMarkup(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "<") || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "\"")
  }

  private mutating func scrub(escaped text: ArraySlice<UInt8>) -> [UInt8] {
    guard text.count >= Identity.bytesMin else { return Array(text) }
    let plain = HTMLEntities.decoded(text)
    let scrubbed = scrub(plain)
    return scrubbed == plain ? Array(text) : HTMLEntities.encoded(scrubbed)
  }
}

/// The five that every page escapes.
enum HTMLEntities {
  private static let names: [(byte: UInt8, name: [UInt8])] = [
    (UInt8(ascii: "&"), Array("&amp;".utf8)), (UInt8(ascii: "<"), Array("&lt;".utf8)),
    (UInt8(ascii: ">"), Array("&gt;".utf8)), (UInt8(ascii: "\""), Array("&quot;".utf8)),
    (UInt8(ascii: "'"), Array("&#39;".utf8)),
  ]

  static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8] {
    guard text.contains(UInt8(ascii: "&")) else { return Array(text) }
    var result: [UInt8] = []
    var rest = text
    while let byte = rest.first {
      let entity = byte == UInt8(ascii: "&") ? names.first { rest.starts(with: $0.name) } : nil
      result.append(entity?.byte ?? byte)
      rest = rest.dropFirst(entity?.name.count ?? 1)
    }
    return result
  }

  static func encoded(_ text: [UInt8]) -> [UInt8] {
    text.flatMap { byte in names.first { $0.byte == byte }?.name ?? [byte] }
  }
}
