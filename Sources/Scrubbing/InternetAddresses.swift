// Addresses of the internet in a text, and what only looks like them.
//
// Kept, because they name no site: loopback, unspecified, netmasks and wildcard masks, multicast, the private blocks
// themselves (10.0.0.0/8), a few resolvers that anybody may use, the address of clouds' metadata. For versions see the
// head of Scrubber. Object identifiers (1.3.6.1.4.1) and numbers with more parts are no addresses.

enum InternetAddresses {
  static func marks(in text: Text, isVersionList: Bool) -> [Mark] {
    var marks: [Mark] = []
    var index = 0
    while index < text.count {
      let byte = text.bytes[index]
      guard ASCII.isHexadecimal(byte) || byte == UInt8(ascii: ":") else {
        index += 1
        continue
      }
      // A run of what addresses are made of; it is looked at as a whole.
      let end = text.end(of: { ASCII.isHexadecimal($0) || $0 == 0x3a || $0 == 0x2e }, from: index)
      if end - index >= 3 {
        marks += Self.marks(in: text, run: index..<end, isVersionList)
      }
      index = end
    }
    return marks
  }

  private static func marks(in text: Text, run: Range<Int>, _ isVersionList: Bool) -> [Mark] {
    if let mark = six(text, run) { return [mark] }
    // Behind a word and a colon: "[IPv6:2001:db8::1]" (RFC 5321, 4.1.3), "addr:fe80::1".
    let colon = text.firstIndex(from: run.lowerBound, to: run.upperBound) { $0 == 0x3a }
    if colon < run.upperBound, let mark = six(text, colon + 1..<run.upperBound) { return [mark] }
    var marks: [Mark] = []
    // Parts between colons: "192.0.2.1:443".
    var start = run.lowerBound
    while start < run.upperBound {
      let end = text.firstIndex(from: start, to: run.upperBound) { $0 == 0x3a }
      if end - start >= 7, let mark = four(text, start..<end, isVersionList) { marks.append(mark) }
      start = end + 1
    }
    return marks
  }

  // MARK: IPv6

  private static func six(_ text: Text, _ run: Range<Int>) -> Mark? {
    var range = run
    // The end of a sentence, and the colon behind an address: "fe80::1: unreachable".
    while let last = range.last, text.bytes[last] == 0x2e { range = range.lowerBound..<last }
    if range.count > 2, text.bytes[range.upperBound - 1] == 0x3a,
      text.bytes[range.upperBound - 2] != 0x3a
    {
      range = range.lowerBound..<range.upperBound - 1
    }
    guard range.count <= 60, !isWord(text[range.lowerBound - 1]), !isWord(text[range.upperBound])
    else { return nil }
    var colons = 0
    for index in range where text.bytes[index] == 0x3a { colons += 1 }
    guard colons >= 2 else { return nil }
    // A port may follow: "fe80::1.443" does not, "[fe80::1]:443" ends at the bracket.
    guard let address = InternetAddress(text.bytes[range]), isTelling(text, range, colons),
      !isKept(address), !isBlock(text, range, address)
    else { return nil }
    return Mark(range, .name(address.description, .address))
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    ASCII.isAlphanumeric(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
  }

  /// "Face::Add" is a name in a program.
  private static func isTelling(_ text: Text, _ range: Range<Int>, _ colons: Int) -> Bool {
    colons >= 4 || text.bytes[range].contains(where: ASCII.isDigit)
  }

  // MARK: IPv4

  private static func four(_ text: Text, _ part: Range<Int>, _ isVersionList: Bool) -> Mark? {
    guard let range = numbers(text, part), !ASCII.isAlphanumeric(text[range.lowerBound - 1]),
      range.upperBound < part.upperBound || !ASCII.isAlphanumeric(text[range.upperBound]),
      let address = InternetAddress(text.bytes[range]), address.bytes.count == 4
    else { return nil }
    if isKept(address) || isBlock(text, range, address) { return nil }
    if isVersionList || isVersion(text, range, address) { return nil }
    return Mark(range, .name(address.description, .address))
  }

  /// Without dots and words around: "192.0.2.1." at the end of a sentence, "7.2.0.192.bc.example.net".
  private static func numbers(_ text: Text, _ part: Range<Int>) -> Range<Int>? {
    var longest: Range<Int>?
    var start = part.lowerBound
    var index = part.lowerBound
    while index < part.upperBound {
      let end = text.firstIndex(from: index, to: part.upperBound) { $0 == 0x2e }
      let isNumber = end > index && text.bytes[index..<end].allSatisfy(ASCII.isDigit)
      if !isNumber {
        start = end + 1
      } else if end - start > longest?.count ?? 0 {
        longest = start..<end
      }
      index = end + 1
    }
    return longest
  }

  private static let resolvers: Set<[UInt8]> = [
    [8, 8, 8, 8], [8, 8, 4, 4], [1, 1, 1, 1], [1, 0, 0, 1], [9, 9, 9, 9], [169, 254, 169, 254],
  ]

  static func isKept(_ address: InternetAddress) -> Bool {
    let bytes = address.bytes
    guard bytes.count == 4 else {
      // Unspecified, loopback, multicast.
      return bytes[..<15].allSatisfy { $0 == 0 } && bytes[15] <= 1 || isGroup(bytes)
    }
    return bytes[0] == 0 || bytes[0] == 127 || bytes[0] >= 224 || resolvers.contains(bytes)
  }

  /// Multicast (ff00::/8), but for solicited-node groups, which hold the end of an address.
  private static func isGroup(_ bytes: [UInt8]) -> Bool {
    bytes[0] == 0xff && bytes[2..<13].allSatisfy { $0 == 0 }
  }

  private static func isPrivate(_ bytes: [UInt8]) -> Bool {
    switch (bytes[0], bytes[1]) {
    case (10, _), (192, 168), (169, 254): true
    case (172, 16...31), (100, 64...127): true
    default: false
    }
  }

  /// "10.0.0.0/8", "fe80::/10": a block that belongs to nobody, not somebody in it.
  private static func isBlock(_ text: Text, _ range: Range<Int>, _ address: InternetAddress) -> Bool
  {
    let end = text.end(of: ASCII.isDigit, from: range.upperBound + 1)
    guard text[range.upperBound] == UInt8(ascii: "/"), end <= range.upperBound + 4,
      end > range.upperBound + 1,
      let length = Int(text.string(range.upperBound + 1..<end))
    else { return false }
    if address.bytes.count == 16, length <= 16 { return true }
    return blocks.contains("\(address)/\(length)")
  }

  private static let blocks: Set<String> = [
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
    "169.254.0.0/112", "fe80::/64", "2001::/32", "64:ff9b::/96",
  ]

  private static let versionWords: Set<String> = [
    "version", "versions", "ver", "v", "release", "revision", "rev", "firmware", "fw", "bios",
    "driver", "build", "vers", "pkg", "package", "fwversion", "driverversion", "swversion",
  ]

  private static func isVersion(
    _ text: Text, _ range: Range<Int>, _ address: InternetAddress
  ) -> Bool {
    // "4.4.4.4-1+deb12u1", "linux-5.10.0.8", "libfoo_1.2.3.4"; a private address may stand in a host's name.
    let (before, after) = (text[range.lowerBound - 1], text[range.upperBound])
    let isJoined = "-_".utf8.contains(before) || "-_~+".utf8.contains(after)
    if isJoined, !isPrivate(address.bytes) { return true }
    // The word before, with little between: `version: "1.2.3.4"`, "bios_version=1.2.3.4", "(rev 1.2.3.4)".
    var index = range.lowerBound - 1
    while index >= 0, range.lowerBound - index <= 5, " :=\"'([,\t".utf8.contains(text.bytes[index])
    {
      index -= 1
    }
    let end = index + 1
    while index >= 0, end - index <= 16, ASCII.isLetter(text.bytes[index]) { index -= 1 }
    return versionWords.contains(text.lowercased(index + 1..<end))
  }
}
