// The kernel's counters by protocol, by an allow-list: /proc/net/snmp, /proc/net/netstat, /proc/net/snmp6,
// /proc/net/sockstat, /proc/net/softnet_stat (Documentation/networking/snmp_counter.rst). None holds an address.

enum NetworkCounters {
  static func collect(_ reader: inout TreeReader) {
    let pairs = paired(reader.lines("/proc/net/snmp")) + paired(reader.lines("/proc/net/netstat"))
    let six = reader.lines("/proc/net/snmp6").compactMap { line -> (String, String)? in
      let words = line.split(whereSeparator: \.isWhitespace)
      return words.count == 2 ? (String(words[0]), String(words[1])) : nil
    }
    let fields = (pairs + six).filter { shown.contains($0.0) && Int64($0.1) != nil }
      .map { SectionContent.Field($0.0, $0.1) }
    reader.add("Protocols, since the start", fields: fields)
    reader.add("Sockets", fields: sockets(&reader))
    reader.add(
      "Packets taken in, by processor",
      columns: ["processor", "packets", "dropped", "out of time", "steered"], rows: backlog(&reader)
    )
  }

  /// Two lines belong together: "Tcp: ActiveOpens …" and "Tcp: 812 …".
  private static func paired(_ lines: [Substring]) -> [(String, String)] {
    var pairs: [(String, String)] = []
    var names: [Substring]?
    for line in lines {
      let words = line.split(separator: " ")
      guard let head = names, head.first == words.first, head.count == words.count else {
        names = words
        continue
      }
      let protocolName = words[0].dropLast()
      for (name, value) in zip(head, words).dropFirst() {
        pairs.append(("\(protocolName).\(name)", String(value)))
      }
      names = nil
    }
    return pairs
  }

  private static let shown: Set<String> = [
    "Ip.Forwarding", "Ip.InReceives", "Ip.InHdrErrors", "Ip.InAddrErrors", "Ip.InDiscards",
    "Ip.InDelivers", "Ip.OutRequests", "Ip.OutDiscards", "Ip.OutNoRoutes", "Ip.ReasmFails",
    "Ip.FragFails", "Icmp.InErrors", "Icmp.InDestUnreachs", "Icmp.InTimeExcds",
    "Icmp.OutDestUnreachs",
    "Tcp.ActiveOpens", "Tcp.PassiveOpens", "Tcp.AttemptFails", "Tcp.EstabResets", "Tcp.CurrEstab",
    "Tcp.InSegs", "Tcp.OutSegs", "Tcp.RetransSegs", "Tcp.InErrs", "Tcp.OutRsts", "Tcp.InCsumErrors",
    "Udp.InDatagrams", "Udp.NoPorts", "Udp.InErrors", "Udp.OutDatagrams", "Udp.RcvbufErrors",
    "Udp.SndbufErrors", "Udp.InCsumErrors", "TcpExt.SyncookiesSent", "TcpExt.SyncookiesFailed",
    "TcpExt.ListenOverflows", "TcpExt.ListenDrops", "TcpExt.TCPTimeouts",
    "TcpExt.TCPLostRetransmit",
    "TcpExt.TCPSynRetrans", "TcpExt.TCPAbortOnTimeout", "TcpExt.TCPAbortOnMemory",
    "TcpExt.TCPAbortOnData", "TcpExt.TCPMemoryPressures", "TcpExt.TCPRcvQDrop",
    "TcpExt.TCPBacklogDrop",
    "TcpExt.TCPOFOQueue", "TcpExt.PruneCalled", "TcpExt.RcvPruned", "TcpExt.TW",
    "TcpExt.TCPReqQFullDrop",
    "TcpExt.TCPKeepAlive", "TcpExt.TCPZeroWindowDrop", "IpExt.InCsumErrors", "IpExt.InNoRoutes",
    "IpExt.InTruncatedPkts", "Ip6InReceives", "Ip6InHdrErrors", "Ip6InNoRoutes", "Ip6InAddrErrors",
    "Ip6InDiscards", "Ip6OutRequests", "Ip6OutDiscards", "Ip6OutNoRoutes", "Ip6ReasmFails",
    "Icmp6InErrors",
    "Icmp6InDestUnreachs", "Udp6InErrors", "Udp6RcvbufErrors",
  ]

  /// "TCP: inuse 12 orphan 0 tw 3 alloc 15 mem 4" becomes "TCP inuse" and so on; names and numbers only.
  private static func sockets(_ reader: inout TreeReader) -> [SectionContent.Field?] {
    var fields: [SectionContent.Field] = []
    for file in ["/proc/net/sockstat", "/proc/net/sockstat6"] {
      for line in reader.lines(file) {
        let words = line.split(separator: " ")
        guard let head = words.first, head.hasSuffix(":"), head.count <= 12 else { continue }
        let values = stride(from: 1, to: words.count - 1, by: 2).compactMap { index in
          Int64(words[index + 1]) == nil ? nil : "\(words[index]) \(words[index + 1])"
        }
        fields.append(.init(String(head.dropLast()), values.joined(separator: ", ")))
      }
    }
    let files = [("connections tracked", "nf_conntrack_count"), ("at most", "nf_conntrack_max")]
    for (name, file) in files {
      guard let number = reader.number("/proc/sys/net/netfilter/" + file) else { continue }
      fields.append(.init(name, String(number)))
    }
    return fields
  }

  /// Hexadecimal columns, a line for each processor; the tenth counts what another processor was asked to do.
  private static func backlog(_ reader: inout TreeReader) -> [[String]] {
    reader.lines("/proc/net/softnet_stat").enumerated().compactMap { index, line in
      let numbers = line.split(separator: " ").compactMap { UInt64($0, radix: 16) }
      guard numbers.count >= 3 else { return nil }
      // The processor's number is the 13th column since Linux 5.10: offline ones have no line.
      let processor = numbers.count >= 13 ? String(numbers[12]) : String(index)
      let steered = numbers.count >= 10 ? String(numbers[9]) : "-"
      return [processor, String(numbers[0]), String(numbers[1]), String(numbers[2]), steered]
    }
  }
}
