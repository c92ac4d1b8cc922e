// IPv4 and IPv6 addresses as text (RFC 4291 2.2, RFC 5952): read in any spelling, written in one.

struct InternetAddress: Equatable, CustomStringConvertible {
  /// 4 or 16. An IPv4 address that is mapped into IPv6 is the IPv4 address.
  let bytes: [UInt8]

  init?(_ text: String) { self.init(Array(text.utf8)[...]) }

  init?(_ text: ArraySlice<UInt8>) {
    if let bytes = Self.four(text) {
      self.bytes = bytes
    } else if let bytes = Self.sixteen(text) {
      let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 255 && bytes[11] == 255
      self.bytes = isMapped ? Array(bytes[12...]) : bytes
    } else {
      return nil
    }
  }

  /// Four decimal numbers up to 255. Leading zeros are read as decimal.
  private static func four(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count <= 15 else { return nil }
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard (1...3).contains(part.count), part.allSatisfy(ASCII.isDigit) else { return nil }
      let value = part.reduce(0) { $0 * 10 + Int($1 & 15) }
      guard value <= 255 else { return nil }
      bytes.append(UInt8(value))
    }
    return bytes
  }

  private static func sixteen(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count <= 45, text.count >= 2 else { return nil }
    var before: [UInt8] = []
    var after: [UInt8]?
    var rest = text
    if rest.starts(with: "::".utf8) {
      after = []
      rest = rest.dropFirst(2)
    } else if rest.first == UInt8(ascii: ":") {
      return nil
    }
    while !rest.isEmpty {
      let end = rest.firstIndex(of: UInt8(ascii: ":")) ?? rest.endIndex
      guard let group = group(rest[..<end], isLast: end == rest.endIndex) else { return nil }
      if after == nil { before += group } else { after! += group }
      rest = rest[end...]
      guard !rest.isEmpty else { break }
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: ":") {
        guard after == nil else { return nil }
        after = []
        rest = rest.dropFirst()
      } else if rest.isEmpty {
        return nil
      }
    }
    guard let after else { return before.count == 16 ? before : nil }
    let missing = 16 - before.count - after.count
    guard missing >= 2 else { return nil }
    return before + [UInt8](repeating: 0, count: missing) + after
  }

  /// Two bytes, or the four of an IPv4 address at the end.
  private static func group(_ text: ArraySlice<UInt8>, isLast: Bool) -> [UInt8]? {
    if isLast, let bytes = four(text) { return bytes }
    guard (1...4).contains(text.count), text.allSatisfy(ASCII.isHexadecimal) else { return nil }
    let value = text.reduce(UInt16(0)) { $0 << 4 | UInt16(ASCII.hexadecimalValue($1)) }
    return [UInt8(value >> 8), UInt8(value & 255)]
  }

  /// "192.0.2.1", "2001:db8::1": the longest run of zeros is left out, the first of equals.
  var description: String {
    guard bytes.count == 16 else { return bytes.map(String.init).joined(separator: ".") }
    let groups = groups
    var best = 0..<0
    var start = 0
    for index in 0...8 {
      if index < 8, groups[index] == "0" { continue }
      if index - start > max(best.count, 1) { best = start..<index }
      start = index + 1
    }
    guard !best.isEmpty else { return groups.joined(separator: ":") }
    return groups[..<best.lowerBound].joined(separator: ":") + "::"
      + groups[best.upperBound...].joined(separator: ":")
  }

  private var groups: [String] {
    stride(from: 0, to: 16, by: 2).map {
      String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
    }
  }

  /// As people write it, and as the kernel's tables do (net/if_inet6, net/route: the bytes of an IPv4 address in the
  /// order of a little-endian machine).
  var spellings: [String] {
    let digits = { (bytes: [UInt8]) in
      bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    if bytes.count == 4 { return [description, digits(bytes.reversed())] }
    let all = digits(bytes)
    let fours = stride(from: 0, to: 32, by: 4).map { all.dropFirst($0).prefix(4) }
    return [description, groups.joined(separator: ":"), fours.joined(separator: ":"), all]
  }
}
