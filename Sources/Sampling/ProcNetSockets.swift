// /proc/net/{tcp,tcp6,udp,udp6}: how many connections there are in each state.
//
//     sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
//      0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1153 1 …
//
// Only the fourth column is read: the state, in hexadecimal. The addresses are stepped over, not parsed.
// A socket of UDP has no state. https://docs.kernel.org/networking/proc_net_tcp.html

internal import Linux
internal import Telemetry

struct ProcNetSockets: Equatable {
  /// The conventions' names, in the order of the kernel's numbers from 1 (include/net/tcp_states.h). The last of
  /// the kernel's, a request that is not answered yet, counts as received.
  static let states = [
    "established", "syn_sent", "syn_received", "fin_wait_1", "fin_wait_2", "time_wait", "closed",
    "close_wait", "last_ack", "listen", "closing",
  ]

  /// By state, in the order above.
  var counts = [Int64](repeating: 0, count: states.count)
  var total: Int64 = 0

  mutating func begin() {
    for state in counts.indices { counts[state] = 0 }
    total = 0
  }

  /// Adds the lines of one file. Returns what was expected and did not stand there, or nil when all is well.
  mutating func add(_ text: RawSpan) -> StaticString? {
    var scanner = TextScanner()
    scanner.skipSpaces(in: text)
    guard scanner.skip("sl ", in: text) else { return "the heading 'sl'" }
    scanner.skipLine(in: text)
    while !scanner.isAtEnd(of: text) {
      for _ in 0..<3 {
        scanner.skipSpaces(in: text)
        guard !scanner.word(in: text).isEmpty else { return "two addresses and a state" }
      }
      scanner.skipSpaces(in: text)
      guard let state = Self.hexadecimal(scanner.word(in: text), in: text) else {
        return "a state in hexadecimal behind the addresses"
      }
      total += 1
      switch state {
      case 1...Self.states.count: counts[state - 1] += 1
      case 12: counts[2] += 1
      default: break
      }
      scanner.skipLine(in: text)
    }
    return nil
  }

  private static func hexadecimal(_ word: Range<Int>, in text: RawSpan) -> Int? {
    guard word.count == 2 else { return nil }
    var value = 0
    for offset in word {
      switch text.byte(at: offset) {
      case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
        value = value * 16 + Int(byte - UInt8(ascii: "0"))
      case let byte where (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte):
        value = value * 16 + Int(byte - UInt8(ascii: "A")) + 10
      default: return nil
      }
    }
    return value
  }
}

/// One transport: its file for IPv4 and the one for IPv6, which a kernel without IPv6 does not have.
final class ProcNetSocketsProbe: Probe {
  let file: String
  let intervalMilliseconds = Limits.connectionCountMilliseconds
  private let transport: String
  private var version4: ProbedFile
  private var version6: ProbedFile
  private var sockets = ProcNetSockets()
  private var places: [SeriesIndex] = []

  /// - Parameter transport: "tcp" or "udp".
  init(below root: KernelRoot, _ transport: String) {
    self.transport = transport
    file = "/proc/net/\(transport)"
    version4 = ProbedFile(file, below: root)
    version6 = ProbedFile(file + "6", below: root)
  }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    sockets.begin()
    let outcome = version4.read { sockets.add($0) }
    guard outcome == .readings else { return outcome }
    if case .failed(let failure) = version6.read({ sockets.add($0) }) { return .failed(failure) }
    if places.isEmpty { addPlaces(to: &sample) }
    if transport == "udp" {
      sample.set(places[0], sockets.total)
    } else {
      for state in places.indices { sample.set(places[state], sockets.counts[state]) }
    }
    return .readings
  }

  private func addPlaces(to sample: inout Sample) {
    let transport = Attribute("network.transport", .string(transport))
    let states = self.transport == "udp" ? [nil] : ProcNetSockets.states.map { $0 }
    places = states.map { state in
      let state = state.map { Attribute("network.connection.state", .string($0)) }
      return sample.add(Catalog.connections, [state, transport].compactMap(\.self))
    }
  }
}
