// /proc/net/dev: the counters of each network interface.
//
//   Inter-|   Receive                                                |  Transmit
//    face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
//       lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0       0          0
//     eth0:    5903      41    0    0 …
//
// Receive columns 1 to 4 and transmit columns 9 to 12 are read. An interface name may be up to 15 bytes of
// anything but '/', white space and ':' (dev_valid_name); 32-bit kernels wrap the byte counters at 4 GiB.
// https://docs.kernel.org/networking/statistics.html

internal import Linux
internal import Telemetry

/// What is read from one line of /proc/net/dev.
struct ProcNetDevCounters: Equatable {
  var bytes: Int64 = 0
  var packets: Int64 = 0
  var errors: Int64 = 0
  var dropped: Int64 = 0
}

struct ProcNetDevLine: Equatable {
  var name = 0..<0
  var received = ProcNetDevCounters()
  var transmitted = ProcNetDevCounters()
}

enum ProcNetDev {
  private static let counters: StaticString = "at least twelve counters below 2^63 behind each name"

  /// Lends each interface's line to `body`. Returns what was expected and did not stand there, or nil.
  static func parse(_ text: RawSpan, _ body: (ProcNetDevLine) -> Void) -> StaticString? {
    var scanner = TextScanner()
    guard scanner.skip("Inter-|", in: text) else { return "the heading 'Inter-|'" }
    scanner.skipLine(in: text)
    scanner.skipLine(in: text)
    while !scanner.isAtEnd(of: text) {
      var line = ProcNetDevLine()
      scanner.skipSpaces(in: text)
      line.name = scanner.word(upTo: ":", in: text)
      guard !line.name.isEmpty, scanner.skip(":", in: text) else {
        return "an interface's name and ':'"
      }
      guard let received = four(&scanner, in: text) else { return Self.counters }
      for _ in 0..<4 where scanner.integer(in: text) == nil { return Self.counters }
      guard let transmitted = four(&scanner, in: text) else { return Self.counters }
      line.received = received
      line.transmitted = transmitted
      body(line)
      scanner.skipLine(in: text)
    }
    return nil
  }

  private static func four(
    _ scanner: inout TextScanner, in text: RawSpan
  ) -> ProcNetDevCounters? {
    guard let bytes = scanner.integer(in: text), let packets = scanner.integer(in: text),
      let errors = scanner.integer(in: text), let dropped = scanner.integer(in: text)
    else { return nil }
    return ProcNetDevCounters(bytes: bytes, packets: packets, errors: errors, dropped: dropped)
  }
}

final class ProcNetDevProbe: Probe {
  let file = "/proc/net/dev"
  private var source: ProbedFile
  /// The whole table first: one that breaks off half-way would look like devices that vanished.
  private var lines: [ProcNetDevLine] = []
  private var interfaces: DeviceTable<Interface>
  var leftOut: Int { interfaces.leftOut }

  private struct Interface {
    let received: Places
    let transmitted: Places
  }

  private struct Places {
    let bytes, packets, errors, dropped: SeriesIndex
  }

  init(below root: KernelRoot, _ patterns: DevicePatterns) {
    source = ProbedFile("/proc/net/dev", below: root)
    interfaces = DeviceTable(patterns)
  }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    interfaces.begin()
    return source.read { text in
      lines.removeAll(keepingCapacity: true)
      if let missing = ProcNetDev.parse(text, { lines.append($0) }) { return missing }
      for line in lines {
        let known = interfaces.places(of: line.name, in: text) { name in
          Interface(
            received: places(name, "receive", &sample),
            transmitted: places(name, "transmit", &sample))
        }
        guard let known else { continue }
        set(known.received, line.received, &sample)
        set(known.transmitted, line.transmitted, &sample)
      }
      return nil
    }
  }

  private func set(_ places: Places, _ counters: ProcNetDevCounters, _ sample: inout Sample) {
    sample.set(places.bytes, counters.bytes)
    sample.set(places.packets, counters.packets)
    sample.set(places.errors, counters.errors)
    sample.set(places.dropped, counters.dropped)
  }

  private func places(_ name: String, _ direction: String, _ sample: inout Sample) -> Places {
    func add(_ signal: Signal) -> SeriesIndex {
      sample.add(
        signal,
        [
          Attribute(signal.attributeKeys[0], .string(name)),
          Attribute("network.io.direction", .string(direction)),
        ])
    }
    return Places(
      bytes: add(Catalog.networkIO), packets: add(Catalog.networkPackets),
      errors: add(Catalog.networkErrors), dropped: add(Catalog.networkDropped))
  }
}
