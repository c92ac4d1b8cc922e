// The machine's own addresses, by family, scope and length of the prefix.
//
// IPv6 addresses stand in /proc/net/if_inet6 with their interface. IPv4's only list in /proc is the routing table's
// tree, /proc/net/fib_trie, which does not name the interface: that is the one whose route (/proc/net/route) covers
// the address. An address itself is shown only where the consent names host.ip.

enum NetworkAddresses {
  static func rows(_ reader: inout TreeReader, interfaces: [String: String]) -> [[String]] {
    four(&reader, interfaces) + six(&reader, interfaces)
  }

  private static func four(
    _ reader: inout TreeReader, _ interfaces: [String: String]
  ) -> [[String]] {
    let direct = reader.lines("/proc/net/route").compactMap { FourRoute($0) }.filter {
      !$0.isDefault
    }
    return local(reader.lines("/proc/net/fib_trie")).compactMap { address in
      let isLoopback = address >> 24 == 127
      let route = direct.filter { $0.holds(address) }.max { $0.prefix < $1.prefix }
      let name = route?.interface ?? (isLoopback ? "lo" : "-")
      // Without its route nobody knows whose it is, and whether that may be shown.
      guard let shown = name == "-" ? "-" : interfaces[name] else { return nil }
      let scope =
        isLoopback
        ? "host" : address >> 16 == 0xA9FE ? "link" : isPrivate(address) ? "private" : "global"
      return [
        shown, "IPv4", scope, route.map { "/\($0.prefix)" } ?? (isLoopback ? "/8" : "-"), "",
        reader.shown("host.ip", text(address)) ?? "",
      ]
    }
  }

  /// The addresses of the lines before "/32 host LOCAL", each once.
  static func local(_ trie: [Substring]) -> [UInt32] {
    var (last, found): (UInt32?, [UInt32]) = (nil, [])
    for line in trie {
      let words = line.split(separator: " ")
      if words.first == "|--", words.count >= 2 {
        last = number(words[1])
      } else if words == ["/32", "host", "LOCAL"], let address = last, !found.contains(address) {
        found.append(address)
      }
    }
    return found
  }

  private static func number(_ text: Substring) -> UInt32? {
    let parts = text.split(separator: ".").compactMap { UInt8($0) }
    guard parts.count == 4 else { return nil }
    return parts.reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static func text(_ address: UInt32) -> String {
    [24, 16, 8, 0].map { String(address >> $0 & 0xFF) }.joined(separator: ".")
  }

  /// RFC 1918 and RFC 6598.
  private static func isPrivate(_ address: UInt32) -> Bool {
    address >> 24 == 10 || address >> 20 == 0xAC1 || address >> 16 == 0xC0A8
      || address >> 22 == 0x6440 >> 6
  }

  /// "fe80000000000000020c29fffe000001 02 40 20 80 eth0": address, index, prefix, scope, flags, interface.
  private static func six(
    _ reader: inout TreeReader, _ interfaces: [String: String]
  ) -> [[String]] {
    reader.lines("/proc/net/if_inet6").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count >= 6, words[0].count == 32, let shown = interfaces[String(words[5])],
        let prefix = Int(words[2], radix: 16), let scope = Int(words[3], radix: 16),
        let flags = Int(words[4], radix: 16)
      else { return nil }
      let isUnique = words[0].hasPrefix("fc") || words[0].hasPrefix("fd")
      let scopes = [
        0x00: isUnique ? "private" : "global", 0x10: "host", 0x20: "link", 0x40: "site",
      ]
      return [
        shown, "IPv6", scopes[scope] ?? "scope \(scope)", "/\(prefix)", self.flags(flags),
        reader.shown("host.ip", colons(words[0])) ?? "",
      ]
    }
  }

  /// IFA_F_… of <linux/if_addr.h> that tell of trouble or of how the address came.
  private static func flags(_ flags: Int) -> String {
    [(0x01, "temporary"), (0x08, "duplicate"), (0x20, "deprecated"), (0x40, "tentative")]
      .filter { flags & $0.0 != 0 }.map(\.1).joined(separator: " ")
  }

  private static func colons(_ digits: Substring) -> String {
    var (rest, groups): (Substring, [Substring]) = (digits, [])
    while !rest.isEmpty {
      groups.append(rest.prefix(4))
      rest = rest.dropFirst(4)
    }
    return groups.joined(separator: ":")
  }
}

/// A line of /proc/net/route, whose numbers are in network order on a little-endian machine.
struct FourRoute {
  let interface: String
  let prefix: Int
  let metric: Int64
  let hasGateway: Bool
  let isRejecting: Bool
  private let destination: UInt32

  var isDefault: Bool { prefix == 0 }

  init?(_ line: Substring) {
    let words = line.split { $0 == "\t" || $0 == " " }
    guard words.count >= 8, let destination = UInt32(words[1], radix: 16),
      let flags = Int(words[3], radix: 16), let metric = Int64(words[6]),
      let mask = UInt32(words[7], radix: 16)
    else { return nil }
    interface = String(words[0])
    prefix = mask.nonzeroBitCount
    self.metric = metric
    // RTF_GATEWAY and RTF_REJECT of <linux/route.h>.
    (hasGateway, isRejecting) = (flags & 0x2 != 0, flags & 0x200 != 0)
    self.destination = UInt32(bigEndian: destination)
  }

  func holds(_ address: UInt32) -> Bool {
    prefix > 0 && (address ^ destination) >> UInt32(32 - prefix) == 0
  }
}
