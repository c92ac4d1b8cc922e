// MAC addresses (EUI-48, EUI-64) and what contains them (DHCP client identifiers and DUIDs, names of interfaces):
//
//   00:1a:2b:3c:4d:5e  00-1A-2B-3C-4D-5E  001a.2b3c.4d5e  00_1A_2B_3C_4D_5E  0:1a:2b:3c:4d:5e  00%3A1a%3A…
//   enx001a2b3c4d5e
//
// Twelve digits alone are a number like any other, unless they are the appliance's own (Identity). Sixteen, twenty
// and more pairs are fingerprints of certificates and keys, and stay. So do addresses that every machine knows.

struct HardwareAddress: CustomStringConvertible {
  let bytes: [UInt8]

  /// Nil unless it is one in any spelling, also without separators.
  init?(_ text: String) {
    let digits = text.utf8.filter { !":-._".utf8.contains($0) }
    guard digits.count == 12 || digits.count == 16, digits.allSatisfy(ASCII.isHexadecimal) else {
      return nil
    }
    bytes = stride(from: 0, to: digits.count, by: 2).map {
      ASCII.hexadecimalValue(digits[$0]) << 4 | ASCII.hexadecimalValue(digits[$0 + 1])
    }
  }

  /// "00:1a:2b:3c:4d:5e"
  var description: String { joined(":") }

  var spellings: [String] {
    let digits = joined("")
    let fours = stride(from: 0, to: digits.utf8.count, by: 4).map { start in
      digits.dropFirst(start).prefix(4)
    }
    return [description, joined("-"), joined("_"), digits, fours.joined(separator: ".")]
  }

  private func joined(_ separator: String) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: separator)
  }
}

enum HardwareAddresses {
  static func marks(in text: Text) -> [Mark] {
    var marks: [Mark] = []
    var index = 0
    while index < text.count {
      if let end = interfaceNameEnd(text, index) {
        marks.append(Mark(index + 3..<end, .name(text.string(index + 3..<end), .macAddress)))
        index = end
        continue
      }
      guard ASCII.isHexadecimal(text.bytes[index]), !ASCII.isAlphanumeric(text[index - 1]) else {
        index += 1
        continue
      }
      let run = groups(text, from: index)
      if isAddress(text, run) {
        let digits = run.groups.map { ($0.count == 1 ? "0" : "") + text.string($0) }.joined()
        marks.append(Mark(index..<run.end, .name(digits, .macAddress)))
      }
      index = max(run.end, index + 1)
    }
    return marks
  }

  private struct Run {
    var groups: [Range<Int>] = []
    var end = 0
  }

  /// Groups of hexadecimal digits as far as they are joined by the same separator.
  private static func groups(_ text: Text, from start: Int) -> Run {
    var run = Run()
    var index = start
    var separator: (byte: UInt8, length: Int)?
    while true {
      let end = text.end(of: ASCII.isHexadecimal, from: index)
      run.groups.append(index..<end)
      run.end = end
      guard let next = separatorHere(text, end), ASCII.isHexadecimal(text[end + next.length]) else {
        break
      }
      if let separator, separator != next { break }
      separator = next
      index = end + next.length
    }
    return run
  }

  private static func separatorHere(_ text: Text, _ index: Int) -> (byte: UInt8, length: Int)? {
    switch text[index] {
    case UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      (text[index], 1)
    case UInt8(ascii: "%") where text.holds("%3a", at: index): (UInt8(ascii: ":"), 3)
    default: nil
    }
  }

  /// How many pairs are an address, or hold one. 7: a DHCP client identifier; 10, 14 and 18 to 19: with a DUID.
  private static let pairCounts: Set<Int> = [6, 7, 8, 10, 14, 18, 19]

  private static func isAddress(_ text: Text, _ run: Run) -> Bool {
    guard !ASCII.isAlphanumeric(text[run.end]) else { return false }
    let groups = run.groups
    if groups.count == 3 || groups.count == 4, text[groups[0].upperBound] == UInt8(ascii: ".") {
      return groups.allSatisfy { $0.count == 4 } && !isKept(text, groups)
    }
    guard pairCounts.contains(groups.count), text[groups[0].upperBound] != UInt8(ascii: ".") else {
      return false
    }
    if groups.allSatisfy({ $0.count == 2 }) { return !isKept(text, groups) }
    // Without leading zeros, as some systems print them: only where a letter tells them from other numbers.
    return groups.count == 6 && groups.allSatisfy { $0.count <= 2 }
      && groups.contains { range in text.bytes[range].contains(where: ASCII.isLetter) }
      && text[groups[0].upperBound] == UInt8(ascii: ":")
  }

  /// All zeros and all ones, the groups of IPv4 multicast and of the bridge protocols.
  private static func isKept(_ text: Text, _ groups: [Range<Int>]) -> Bool {
    let digits = groups.map { text.lowercased($0) }.joined()
    return digits.utf8.allSatisfy { $0 == UInt8(ascii: "0") }
      || digits.utf8.allSatisfy { $0 == UInt8(ascii: "f") }
      || (groups.count == 6 && (digits.hasPrefix("01005e") || digits.hasPrefix("0180c2000")))
  }

  /// "enx001a2b3c4d5e": names made of the address, for wired, wireless and mobile interfaces.
  private static func interfaceNameEnd(_ text: Text, _ index: Int) -> Int? {
    guard text[index + 2] == UInt8(ascii: "x"), !ASCII.isAlphanumeric(text[index - 1]),
      text.holds("enx", at: index) || text.holds("wlx", at: index) || text.holds("wwx", at: index)
    else { return nil }
    let end = text.end(of: ASCII.isHexadecimal, from: index + 3)
    return end == index + 15 && !ASCII.isAlphanumeric(text[end]) ? end : nil
  }
}
