import Testing

@testable import Handshake
@testable import Telemetry

/// A gate, and what stands behind it.
private final class Passage {
  private var gate = Gate()

  func admit(_ agreement: Agreement) { gate.admit(agreement) }
  func permit(_ sample: borrowing Sample) { gate.permit(sample) }

  var values: [Int64?] { series.indices.map { gate.permitted.value(at: $0) } }
  var series: [PermittedSeries] { gate.permitted.series }
  var bootTime: Int64 { gate.permitted.bootTimeMilliseconds }
  var hasReadings: Bool { gate.hasPermittedReadings }
  var wantedFiles: Set<String> { gate.wantedFiles }
  func value(at position: Int) -> Int64? { gate.permitted.value(at: position) }
}

@Suite("Gate 1")
struct GateTests {
  private static func interface(_ name: String, _ direction: String = "receive") -> [Attribute] {
    [
      Attribute("network.interface.name", .string(name)),
      Attribute("network.io.direction", .string(direction)),
    ]
  }

  @Test("what is denied has no reading behind the gate")
  func deniedHasNoReading() {
    var sample = Sample()
    sample.begin(atBootTimeMilliseconds: 5)
    for (signal, value) in [(cpuTime, 1), (uptime, 2), (memory, 3), (traffic, 4)]
      as [(Signal, Int64)]
    {
      sample.set(sample.add(signal), value)
    }
    let gate = Passage()
    gate.permit(sample)
    #expect(gate.series.isEmpty && !gate.hasReadings)
    gate.admit(
      agreement(
        consent:
          "schema = 1\n[sources]\nenvironment = \"local\"\n[withhold]\nsignals = [\"system.memory.*\"]"
      ))
    gate.permit(sample)
    #expect(gate.values == [1, nil, nil, 4])
    #expect(gate.bootTime == 5)
    #expect(gate.hasReadings)
  }

  @Test("an absent reading stays absent, and the reading of an earlier tick does not come back")
  func absent() {
    var sample = Sample()
    let (first, second) = (sample.add(cpuTime), sample.add(memory))
    let gate = Passage()
    gate.admit(agreement())
    sample.begin(atBootTimeMilliseconds: 1)
    sample.set(first, 10)
    sample.set(second, 20)
    gate.permit(sample)
    #expect(gate.values == [10, 20])
    sample.begin(atBootTimeMilliseconds: 2)
    sample.set(second, 21)
    gate.permit(sample)
    #expect(gate.values == [nil, 21])
    sample.begin(atBootTimeMilliseconds: 3)
    gate.permit(sample)
    #expect(gate.values == [nil, nil])
    #expect(!gate.hasReadings)
  }

  @Test("a new agreement closes the gate at once, before the next sample")
  func closesAtOnce() {
    var sample = Sample()
    sample.set(sample.add(cpuTime), 10)
    let gate = Passage()
    gate.admit(agreement())
    gate.permit(sample)
    #expect(gate.values == [10])
    gate.admit(agreement(consent: nil))
    #expect(gate.value(at: 0) == nil)
    #expect(!gate.hasReadings)
    gate.permit(sample)
    #expect(gate.values == [nil])
  }

  @Test("a device that appears later is judged, and what was there keeps its verdict")
  func newDevice() {
    var sample = Sample()
    sample.set(sample.add(cpuTime, [Attribute("cpu.mode", .string("user"))]), 1)
    let gate = Passage()
    gate.admit(agreement())
    gate.permit(sample)
    sample.set(sample.add(traffic, Self.interface("eth1")), 2)
    sample.set(sample.add(uptime), 3)
    gate.permit(sample)
    #expect(gate.values == [1, 2, 3])
    #expect(gate.series.map(\.verdict) == [.share, .local, .share])
  }

  @Test("a name made of a hardware address is dropped, and what stays apart without it may pass")
  func hardwareAddress() {
    let series = agreement().judge([
      Series(signal: traffic, attributes: Self.interface("enx001122aabbcc")),
      Series(signal: traffic, attributes: Self.interface("eth0")),
    ])
    #expect(series[0].attributes == [Attribute("network.io.direction", .string("receive"))])
    #expect(series[0].verdict == .local)
    #expect(series[1].attributes == Self.interface("eth0"))
  }

  @Test("series that redaction makes equal are all denied")
  func equalSeries() {
    let consent = exampleConsent + "[redact]\n\"network.interface.name\" = \"drop\"\n"
    let names = ["eth0", "eth1", "wlan0"]
    let series = agreement(consent: consent).judge(
      names.map { Series(signal: traffic, attributes: Self.interface($0)) }
        + [Series(signal: traffic, attributes: Self.interface("eth0", "transmit"))])
    #expect(series.map(\.verdict) == [.deny, .deny, .deny, .local])
    for denied in series.prefix(3) {
      #expect(
        denied.decision.reason
          == "without its identifying attributes it is the same as another series")
    }
    for series in series {
      #expect(!series.attributes.contains { $0.key == "network.interface.name" })
    }
  }

  @Test("no identifying attribute passes, not even one that a pattern of the customer's would keep")
  func identifyingAttributes() {
    let consent = exampleConsent + "[redact]\n\"*\" = \"keep\"\n"
    let attributes =
      Catalog.identifyingKeys.map { Attribute($0, .string("canary")) } + [
        Attribute("cpu.mode", .string("user"))
      ]
    let series = agreement(consent: consent).judge([Series(signal: cpuTime, attributes: attributes)]
    )
    #expect(series[0].attributes == [Attribute("cpu.mode", .string("user"))])
  }

  @Test("only kernel files of which something may be kept are wanted")
  func wantedFiles() {
    let gate = Passage()
    #expect(gate.wantedFiles.isEmpty)
    gate.admit(agreement(consent: nil))
    #expect(gate.wantedFiles.isEmpty)
    gate.admit(
      agreement(
        consent: "schema = 1\n[sources]\nproduct = \"local\"\n[redact]\n"
          + Catalog.facts.map { "\"\($0.name)\" = \"drop\"\n" }.joined()))
    #expect(gate.wantedFiles == ["/proc/uptime"])
    gate.admit(
      agreement(
        consent:
          "schema = 1\n[sources]\nenvironment = \"local\"\n[withhold]\nsignals = [\"system.network.*\", \"system.*.linux.*\", \"system.process.*\", \"system.d*\", "
          + "\"system.f*\", \"system.paging.usage\", \"accord.*\", \"hw.temp*\", \"hw.b*\"]"
      ))
    // Status and fans are left of the sensors, faults and operations of paging.
    #expect(
      gate.wantedFiles == [
        "/proc/stat", "/proc/loadavg", "/proc/meminfo", "/proc/vmstat", "/sys/devices/system/cpu",
        "/sys/class/hwmon", "/sys/class/power_supply",
      ])
  }

  @Test("facts pass by their own source, redaction and verdict")
  func facts() {
    let facts = [
      Fact(Catalog.osName, "Debian"), Fact(Catalog.osType, "linux"),
      Fact(Catalog.hostName, "canary"),
    ]
    let dropping = agreement(consent: exampleConsent + "[redact]\n\"os.name\" = \"hash\"\n")
    #expect(dropping.permit(facts, of: .product, atLeast: .share) == [facts[1]])
    #expect(dropping.permit(facts, of: .environment, atLeast: .local).isEmpty)
    let local = agreement(consent: "schema = 1\n[sources]\nproduct = \"local\"\n")
    #expect(local.permit(facts, of: .product, atLeast: .local) == Array(facts.prefix(2)))
    #expect(local.permit(facts, of: .product, atLeast: .share).isEmpty)
  }

  @Test(
    "a reading in memory may still be written down only if today's word leaves signal and attributes as they are",
    arguments: [
      ("", true, true), ("[withhold]\nsignals = [\"system.network.*\"]\n", false, false),
      ("[redact]\n\"network.interface.name\" = \"drop\"\n", false, false),
    ])
  func stillAllows(_ more: String, _ mayKeep: Bool, _ mayKeepWhenHeld: Bool) {
    let series = agreement().judge([Series(signal: traffic, attributes: Self.interface("eth0"))])[0]
    #expect(
      agreement(consent: exampleConsent + more).stillAllows(series, atLeast: .local) == mayKeep)
    #expect(!agreement(consent: exampleConsent + more).stillAllows(series, atLeast: .share))
    // Held: nothing new is taken, what was taken stays, but for what the customer's own file excludes.
    #expect(
      agreement(consent: exampleConsent + more, offer: nil).stillAllows(series, atLeast: .local)
        == mayKeepWhenHeld)
    #expect(agreement(consent: nil).stillAllows(series, atLeast: .share))
    #expect(
      !agreement(consent: "schema = 1\n[sources]\n" + more).stillAllows(series, atLeast: .local))
  }
}
