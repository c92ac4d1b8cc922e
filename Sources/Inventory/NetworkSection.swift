// The network: each interface with its link and its counters, the kernel's counters by protocol, and how packets find
// their way. Hardware addresses are never read; of addresses and routes only the kind and the length of the prefix is
// shown, unless the consent names host.ip. Documentation/ABI/testing/sysfs-class-net, proc_pid_net(5)

enum NetworkSection {
  static func collect(_ reader: inout TreeReader) {
    let interfaces = self.interfaces(&reader)
    reader.add(
      "Interfaces",
      columns: [
        "interface", "state", "carrier", "speed", "duplex", "MTU", "changes", "ups", "downs",
        "queue",
        "driver", "kind",
      ], rows: interfaces.map { row($0, &reader) })
    reader.add(
      "Counters of interfaces", columns: ["interface"] + statistics.map(\.title),
      rows: interfaces.compactMap { counters($0, statistics, &reader) })
    reader.add(
      "Faults of interfaces", columns: ["interface"] + faults.map(\.title),
      rows: interfaces.compactMap { counters($0, faults, &reader) })
    let shown = Dictionary(interfaces.map { ($0.name, $0.shown) }) { first, _ in first }
    reader.add(
      "Addresses", columns: ["interface", "family", "scope", "prefix", "flags", "address"],
      rows: NetworkAddresses.rows(&reader, interfaces: shown))
    reader.add(
      "Routes", columns: ["interface", "family", "kind", "prefix", "routes", "smallest metric"],
      rows: NetworkRoutes.rows(&reader, interfaces: shown))
    reader.add(
      "Neighbours on the link", columns: ["interface", "answering", "silent"],
      rows: neighbours(&reader, shown))
    reader.add("Names", fields: resolver(&reader))
    NetworkCounters.collect(&reader)
  }

  private struct Interface {
    let name: String
    let shown: String
    var folder: String { "/sys/class/net/\(name)" }
  }

  private static func interfaces(_ reader: inout TreeReader) -> [Interface] {
    var found: [Interface] = []
    var dropped = 0
    for name in reader.names("/sys/class/net") where reader.exists("/sys/class/net/\(name)/mtu") {
      guard let shown = reader.shown("network.interface.name", name) else {
        dropped += 1
        continue
      }
      found.append(Interface(name: name, shown: shown))
    }
    if dropped > 0 { reader.problem("interfaces whose names may not be shown: \(dropped)") }
    return found
  }

  private static func row(_ interface: Interface, _ reader: inout TreeReader) -> [String] {
    let folder = interface.folder + "/"
    let speed = reader.number(folder + "speed").flatMap { $0 > 0 ? "\($0) Mbit/s" : nil }
    return [
      interface.shown, reader.line(folder + "operstate") ?? "-",
      reader.number(folder + "carrier").map { $0 == 0 ? "no" : "yes" } ?? "-", speed ?? "-",
      reader.line(folder + "duplex") ?? "-", reader.line(folder + "mtu") ?? "-",
      reader.line(folder + "carrier_changes") ?? "-",
      reader.line(folder + "carrier_up_count") ?? "-",
      reader.line(folder + "carrier_down_count") ?? "-",
      reader.line(folder + "tx_queue_len") ?? "-",
      reader.link(folder + "device/driver") ?? "-", kind(of: interface, &reader),
    ]
  }

  private static func kind(of interface: Interface, _ reader: inout TreeReader) -> String {
    let folder = interface.folder + "/"
    if reader.exists(folder + "wireless") || reader.exists(folder + "phy80211") {
      return "wireless"
    }
    if reader.exists(folder + "bridge") { return "bridge" }
    if reader.exists(folder + "bonding") { return bond(interface, &reader) }
    if reader.exists(folder + "tun_flags") { return "tunnel" }
    // ARP hardware types of <net/if_arp.h>.
    switch reader.number(folder + "type") {
    case 1: return reader.exists(folder + "device") ? "ethernet" : "virtual"
    case 772: return "loopback"
    case 280: return "CAN"
    case 512: return "PPP"
    case 519, 65534: return "IP"
    case 768, 769, 776, 778: return "tunnel"
    case .some(let type): return "type \(type)"
    case nil: return "-"
    }
  }

  private static func bond(_ interface: Interface, _ reader: inout TreeReader) -> String {
    let folder = interface.folder + "/bonding/"
    let mode = reader.line(folder + "mode")?.split(separator: " ").first.map(String.init)
    let state = reader.line(folder + "mii_status")
    return "bond " + [mode, state].compactMap(\.self).joined(separator: ", ")
  }

  private typealias Counter = (title: String, file: String)

  /// The named files of `statistics` that are shown.
  private static let statistics: [Counter] = [
    ("received", "rx_bytes"), ("packets", "rx_packets"), ("multicast", "multicast"),
    ("sent", "tx_bytes"), ("packets sent", "tx_packets"),
  ]
  private static let faults: [Counter] = [
    ("rx errors", "rx_errors"), ("dropped", "rx_dropped"), ("missed", "rx_missed_errors"),
    ("no handler", "rx_nohandler"), ("fifo", "rx_fifo_errors"), ("crc", "rx_crc_errors"),
    ("frame", "rx_frame_errors"), ("length", "rx_length_errors"),
    ("overrun", "rx_over_errors"),
    ("tx errors", "tx_errors"), ("tx dropped", "tx_dropped"),
    ("aborted", "tx_aborted_errors"),
    ("carrier", "tx_carrier_errors"), ("tx fifo", "tx_fifo_errors"),
    ("heartbeat", "tx_heartbeat_errors"), ("window", "tx_window_errors"),
    ("collisions", "collisions"),
  ]

  private static func counters(
    _ interface: Interface, _ counters: [Counter], _ reader: inout TreeReader
  ) -> [String]? {
    let numbers = counters.map { reader.number("\(interface.folder)/statistics/\($0.file)") }
    guard numbers.contains(where: { $0 != nil }) else { return nil }
    return [interface.shown]
      + zip(counters, numbers).map { counter, number in
        guard let number else { return "-" }
        return counter.file.hasSuffix("_bytes") ? Amount.bytes(number) : String(number)
      }
  }

  /// /proc/net/arp: how many neighbours have answered (flag 0x2), without their addresses.
  private static func neighbours(
    _ reader: inout TreeReader, _ interfaces: [String: String]
  ) -> [[String]] {
    var counts: [String: (answering: Int, silent: Int)] = [:]
    for line in reader.lines("/proc/net/arp").dropFirst() {
      let words = line.split(separator: " ")
      guard words.count >= 6, let name = interfaces[String(words[5])],
        let flags = Int(words[2].dropFirst(2), radix: 16)
      else { continue }
      var count = counts[name] ?? (0, 0)
      if flags & 2 != 0 { count.answering += 1 } else { count.silent += 1 }
      counts[name] = count
    }
    return counts.sorted { $0.key < $1.key }
      .map { [$0.key, String($0.value.answering), String($0.value.silent)] }
  }

  /// /etc/resolv.conf: how many servers are asked for names, without their addresses and the domains that are searched.
  private static func resolver(_ reader: inout TreeReader) -> [SectionContent.Field?] {
    guard let path = reader.resolved("/etc/resolv.conf"), reader.exists(path) else { return [] }
    var counts = (local: 0, four: 0, six: 0, domains: 0)
    for line in reader.lines(path, limitBytes: 64 * 1024) {
      let words = line.split { $0 == " " || $0 == "\t" }
      guard words.count >= 2 else { continue }
      switch words[0] {
      case "nameserver" where words[1].hasPrefix("127.") || words[1] == "::1": counts.local += 1
      case "nameserver" where words[1].contains(":"): counts.six += 1
      case "nameserver": counts.four += 1
      case "search", "domain": counts.domains += words.count - 1
      default: break
      }
    }
    return [
      .init("name servers on this machine", String(counts.local)),
      .init("name servers by IPv4", String(counts.four)),
      .init("name servers by IPv6", String(counts.six)),
      .init("domains that are searched", String(counts.domains)),
    ]
  }
}
