// name@host.tld. What systemd calls an instance of a unit looks the same and stays: getty@tty1.service. So do versions of
// symbols (memcpy@GLIBC_2.14), whose last part has no letters.

enum MailAddresses {
  private static let unitSuffixes: Set<String> = [
    "service", "socket", "target", "timer", "mount", "automount", "device", "slice", "scope",
    "path",
    "swap", "network", "netdev", "link", "nspawn", "conf", "so",
  ]

  /// - Parameter signs: places of "@" that are known to be something else.
  static func marks(in text: Text, except signs: Set<Int>) -> [Mark] {
    var marks: [Mark] = []
    var floor = 0
    for sign in 0..<text.count
    where text.bytes[sign] == UInt8(ascii: "@") && sign >= floor && !signs.contains(sign) {
      // RFC 5321: at most 64 bytes before the sign and 255 behind it.
      var start = sign
      while start > floor, sign - start < 64, isLocal(text.bytes[start - 1]) { start -= 1 }
      while start < sign, "._-/=".utf8.contains(text.bytes[start]) { start += 1 }
      var end = sign + 1
      while end < text.count, end - sign < 255, isDomain(text.bytes[end]) { end += 1 }
      while end > sign + 1, text.bytes[end - 1] == 0x2e || text.bytes[end - 1] == 0x2d { end -= 1 }
      guard start < sign, isDomain(text, sign + 1..<end) else { continue }
      // "key=name@host": what stands before the last of these is no part of the name.
      let separator = text.bytes[start..<sign].lastIndex { $0 == 0x3d || $0 == 0x2f }
      if let separator { start = separator + 1 }
      guard start < sign else { continue }
      marks.append(Mark(start..<end, .name(text.string(start..<end), .mail)))
      floor = end
    }
    return marks
  }

  private static func isLocal(_ byte: UInt8) -> Bool {
    ASCII.isAlphanumeric(byte) || byte >= 0x80 || "!#$%&'*+-/=?^_`{|}~.".utf8.contains(byte)
  }

  private static func isDomain(_ byte: UInt8) -> Bool {
    ASCII.isAlphanumeric(byte) || byte == 0x2e || byte == 0x2d || byte >= 0x80
  }

  private static func isDomain(_ text: Text, _ range: Range<Int>) -> Bool {
    guard let dot = text.bytes[range].lastIndex(of: 0x2e), dot > range.lowerBound else {
      return false
    }
    let last = text.bytes[(dot + 1)..<range.upperBound]
    return last.count >= 2 && last.allSatisfy { ASCII.isLetter($0) || $0 >= 0x80 || $0 == 0x2d }
      && !unitSuffixes.contains(text.lowercased(dot + 1..<range.upperBound))
  }
}
