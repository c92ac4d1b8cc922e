import Handshake
import Telemetry
import TestSupport
import Testing

@testable import Delivery

@Suite("Gate 2")
struct GateTwoTests {
  static func recorded() throws -> Appliance {
    let appliance = try Appliance()
    try appliance.record(
      ticks: 2, facts: [Fact(Catalog.osVersion, "12"), Fact(Catalog.osName, "Debian")]
    ) { tick in
      [
        (Catalog.uptime, [], 100 + Int64(tick)), (Catalog.load1, [], 50),
        MetricsBodyTests.cpu("user", 10),
        MetricsBodyTests.cpu("idle", 90),
        (
          Catalog.networkIO,
          [
            Attribute("network.interface.name", .string("eth0")),
            Attribute("network.io.direction", .string("receive")),
          ], 1
        ),
      ]
    }
    return appliance
  }

  static let load = [
    "system.cpu.load_average.1m 1 gauge", "system.cpu.load_average.1m.max 1 gauge",
    "system.cpu.load_average.1m.min 1 gauge",
  ]
  static let cpuTime = "system.cpu.time s counter"
  static let network = "system.network.io By counter"

  @Test("extremes leave as gauges, and metrics are sorted by name")
  func everything() throws {
    let metrics = try MetricsBodyTests.decoded(try Self.recorded())
    #expect(metrics.metrics == Self.load + [Self.cpuTime, Self.network])
    #expect(metrics.scopeAttributes == ["accord.source=environment"])
    #expect(metrics.resource == ["service.instance.id=p", "service.name=accord"])
  }

  @Test(
    "what is no longer agreed stays, whatever was agreed when it was recorded",
    arguments: [
      ("[withhold]\nsignals = [\"system.network.*\"]", nil, load + [cpuTime]),
      ("[withhold]\nsignals = [\"system.cpu.load_average.1m\"]", nil, [cpuTime, network]),
      ("[withhold]\nsignals = [\"system.*\"]", nil, []),
      ("[redact]\n\"cpu.mode\" = \"drop\"", nil, load + [network]),
      ("[redact]\n\"cpu.mode\" = \"hash\"", nil, load + [network]),
      ("[redact]\n\"network.io.direction\" = \"drop\"", nil, load + [cpuTime]),
      ("", ("extremes = [\"system.cpu.load_average.1m\"]", ""), [load[0], cpuTime, network]),
      ("", ("signals = [\"system.*\"]", "signals = [\"system.cpu.time\"]"), [cpuTime]),
      ("", ("[environment]", "[usage]"), []),
    ] as [(String, (String, String)?, [String])])
  func gateTwo(consent: String, edit: (String, String)?, left: [String]) throws {
    let appliance = try Self.recorded()
    let offer = edit.map { offerText.replacing($0.0, with: $0.1) } ?? offerText
    let agreement = try DeliveryTests.agreement(consent: consentText + "\n" + consent, offer: offer)
    let body = try MetricsBodyTests.body(appliance, .environment, agreement)
    let metrics =
      body.bytes.isEmpty ? [] : try DecodedMetrics(try WireMessage(body.bytes)).metrics
    #expect(metrics == left)
    #expect((body.readings == 0) == left.isEmpty)
  }

  @Test("nothing of a source leaves that is denied, local or held", arguments: ["deny", "local"])
  func closedSource(mode: String) throws {
    let appliance = try Self.recorded()
    let closed = consentText.replacing("environment = \"share\"", with: "environment = \"\(mode)\"")
    let closedAgreement = try DeliveryTests.agreement(consent: closed)
    #expect(try MetricsBodyTests.body(appliance, .environment, closedAgreement).bytes.isEmpty)
    let held = try DeliveryTests.agreement(
      consent: consentText.replacing("accepts = 2", with: "accepts = 1"))
    #expect(try MetricsBodyTests.body(appliance, .environment, held).bytes.isEmpty)
  }

  @Test("facts stand in the resource of their own source, as far as they are shared now")
  func facts() throws {
    let appliance = try Self.recorded()
    #expect(
      try MetricsBodyTests.decoded(appliance, .product).resource
        == ["os.name=Debian", "os.version=12", "service.instance.id=p", "service.name=accord"])
    let narrower = try DeliveryTests.agreement(
      consent: consentText + "\n[withhold]\nsignals = [\"os.name\"]")
    #expect(
      try MetricsBodyTests.decoded(appliance, .product, narrower).resource
        == ["os.version=12", "service.instance.id=p", "service.name=accord"])
  }
}
