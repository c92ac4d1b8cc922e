// How packets find their way: how many routes of each kind lead through which interface. Destinations and gateways
// are addresses of other people's machines and are not shown.

enum NetworkRoutes {
  private struct Kind: Hashable {
    let interface: String
    let family: String
    let kind: String
    let prefix: Int
  }

  static func rows(_ reader: inout TreeReader, interfaces: [String: String]) -> [[String]] {
    var counts: [Kind: (routes: Int, metric: Int64)] = [:]
    func count(_ name: String, _ family: String, _ kind: String, _ prefix: Int, _ metric: Int64) {
      guard let shown = interfaces[name] ?? (name == "*" ? "-" : nil) else { return }
      let key = Kind(interface: shown, family: family, kind: kind, prefix: prefix)
      let before = counts[key] ?? (0, .max)
      counts[key] = (before.routes + 1, min(before.metric, metric))
    }
    for route in reader.lines("/proc/net/route").compactMap({ FourRoute($0) }) {
      let kind = route.isRejecting ? "rejecting" : route.hasGateway ? "gateway" : "direct"
      count(
        route.interface, "IPv4", route.isDefault ? "default, \(kind)" : kind, route.prefix,
        route.metric)
    }
    for line in reader.lines("/proc/net/ipv6_route") {
      guard let route = SixRoute(line), !route.isOfAddress else { continue }
      count(
        route.interface, "IPv6", route.isDefault ? "default, \(route.kind)" : route.kind,
        route.prefix,
        route.metric)
    }
    return counts.sorted {
      ($0.key.family, $0.key.interface, $0.key.prefix, $0.key.kind)
        < ($1.key.family, $1.key.interface, $1.key.prefix, $1.key.kind)
    }
    .map { key, count in
      [
        key.interface, key.family, key.kind, "/\(key.prefix)", String(count.routes),
        String(count.metric),
      ]
    }
  }
}

/// A line of /proc/net/ipv6_route: destination, prefix, source, prefix, next hop, metric, two counters, flags,
/// interface.
private struct SixRoute {
  let interface: String
  let prefix: Int
  let metric: Int64
  let kind: String
  /// An entry for an address of the machine itself, or for multicast: every machine has those.
  let isOfAddress: Bool
  var isDefault: Bool { prefix == 0 }

  init?(_ line: Substring) {
    let words = line.split(separator: " ")
    guard words.count >= 10, let prefix = Int(words[1], radix: 16),
      let metric = Int64(words[5], radix: 16), let flags = Int(words[8], radix: 16)
    else { return nil }
    interface = String(words[9])
    self.prefix = prefix
    self.metric = metric
    // RTF_LOCAL and RTF_ANYCAST of <linux/ipv6_route.h>.
    isOfAddress = flags & 0x8010_0000 != 0 || words[0].hasPrefix("ff")
    kind = flags & 0x200 != 0 ? "rejecting" : flags & 0x2 != 0 ? "gateway" : "direct"
  }
}
