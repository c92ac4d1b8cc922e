import TOML
import Testing

@testable import Handshake
@testable import Telemetry

@Suite("What both halves allow together")
struct AgreementTests {
  /// One line of a table: the two files, and what is decided about one source.
  struct Combination: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var consent: String? = exampleConsent
    var offer: String? = exampleOffer
    var now = today
    var source = DataSource.environment
    let verdict: Verdict
    let rule: String
    var isHeld = false
    let reason: String
  }

  static let untilPast = exampleConsent.editing("accepts = 2", "accepts = 2\nuntil = 2026-11-21")

  static let combinations = [
    Combination(
      testDescription: "no consent file", consent: nil, verdict: .deny, rule: "consent.toml",
      isHeld: true,
      reason: "there is no consent"),
    Combination(
      testDescription: "neither file", consent: nil, offer: nil, verdict: .deny,
      rule: "consent.toml",
      isHeld: true, reason: "there is no consent"),
    Combination(
      testDescription: "a malformed consent", consent: exampleConsent + "x", verdict: .deny,
      rule: "consent.toml:8", isHeld: true, reason: "unexpected end of line after the key"),
    Combination(
      testDescription: "a source that is not named", source: .usage, verdict: .deny,
      rule: "consent.toml:5",
      reason: "not named, so denied"),
    Combination(
      testDescription: "a denied source",
      consent: exampleConsent.editing("environment = \"share\"", "environment = \"deny\""),
      verdict: .deny,
      rule: "consent.toml:7", reason: "denied by the customer"),
    Combination(
      testDescription: "a denied source whatever the offer says",
      consent: exampleConsent.editing("environment = \"share\"", "environment = \"deny\""),
      offer: "broken",
      verdict: .deny, rule: "consent.toml:7", reason: "denied by the customer"),
    Combination(
      testDescription: "a local source",
      consent: exampleConsent.editing("environment = \"share\"", "environment = \"local\""),
      verdict: .local, rule: "consent.toml:7",
      reason: "kept on the appliance by the customer's word"),
    Combination(
      testDescription: "a local source without an offer",
      consent: "schema = 1\n[sources]\nenvironment = \"local\"",
      offer: nil, verdict: .local, rule: "consent.toml:3",
      reason: "kept on the appliance by the customer's word"),
    Combination(
      testDescription: "a local source beside a broken offer",
      consent: "schema = 1\n[sources]\nenvironment = \"local\"", offer: "broken", verdict: .local,
      rule: "consent.toml:3", reason: "kept on the appliance by the customer's word"),
    Combination(
      testDescription: "a shared source", verdict: .share, rule: "consent.toml:7",
      reason: "shared by the customer"),
    Combination(
      testDescription: "a shared source without an offer", offer: nil, verdict: .deny,
      rule: "offer.toml",
      isHeld: true, reason: "there is no offer"),
    Combination(
      testDescription: "a shared source beside a broken offer",
      offer: exampleOffer.editing("schema = 1", "schema = 9"),
      verdict: .deny, rule: "offer.toml:1", isHeld: true,
      reason: "schema 9 is not known to this version"),
    Combination(
      testDescription: "a shared source that the offer does not ask for",
      consent: exampleConsent + "usage = \"share\"", source: .usage, verdict: .local,
      rule: "consent.toml:8",
      reason: "shared by the customer, but the offer does not ask for it"),
    Combination(
      testDescription: "another supplier",
      consent: exampleConsent.editing("Example Devices Ltd", "Somebody Else"),
      verdict: .deny, rule: "consent.toml:2", isHeld: true,
      reason: "the consent is for \"Somebody Else\""),
    Combination(
      testDescription: "a supplier that differs in case",
      consent: exampleConsent.editing("Devices", "devices"),
      verdict: .deny, rule: "consent.toml:2", isHeld: true,
      reason: "the consent is for \"Example devices Ltd\""),
    Combination(
      testDescription: "no supplier named",
      consent: exampleConsent.editing("supplier = \"Example Devices Ltd\"", ""),
      verdict: .deny, rule: "consent.toml:7", isHeld: true,
      reason: "a source is shared, but 'supplier' does not say with whom"),
    Combination(
      testDescription: "an older revision accepted",
      consent: exampleConsent.editing("accepts = 2", "accepts = 1"),
      verdict: .deny, rule: "consent.toml:3", isHeld: true,
      reason: "revision 1 of the offer was accepted"),
    Combination(
      testDescription: "a later revision accepted",
      consent: exampleConsent.editing("accepts = 2", "accepts = 3"),
      verdict: .deny, rule: "consent.toml:3", isHeld: true,
      reason: "revision 3 of the offer was accepted"),
    Combination(
      testDescription: "no revision accepted", consent: exampleConsent.editing("accepts = 2", ""),
      verdict: .deny,
      rule: "consent.toml:7", isHeld: true,
      reason: "a source is shared, but 'accepts' does not say which revision of the offer"),
    Combination(
      testDescription: "the last moment before the end", consent: untilPast, now: today - 1,
      verdict: .share,
      rule: "consent.toml:8", reason: "shared by the customer"),
    Combination(
      testDescription: "the first moment of the last day", consent: untilPast, now: today,
      verdict: .deny,
      rule: "consent.toml:4", isHeld: true,
      reason: "the agreement ended on 2026-11-21, at 00:00 UTC"),
    Combination(
      testDescription: "a local source after the end",
      consent: untilPast.editing("environment = \"share\"", "environment = \"local\""),
      verdict: .deny,
      rule: "consent.toml:4", isHeld: true,
      reason: "the agreement ended on 2026-11-21, at 00:00 UTC"),
  ]

  @Test(
    "each combination of the halves gives a verdict, the line that gives it, and is held or a word",
    arguments: combinations)
  func combination(_ line: Combination) {
    let agreement = agreement(consent: line.consent, offer: line.offer, now: line.now)
    let terms = agreement.terms(of: line.source)
    #expect(terms.decision.verdict == line.verdict)
    #expect(terms.decision.rule.description == line.rule)
    #expect(terms.decision.reason == line.reason)
    #expect(terms.isHeld == line.isHeld)
    #expect((terms.resolutionMilliseconds != nil) == (line.verdict == .share))
    // Nothing of a source is ever more open than the source.
    for signal in Catalog.signals where signal.source == line.source {
      #expect(agreement.decision(for: signal).verdict <= line.verdict)
    }
  }

  @Test("a problem of the offer is told only when something is to be shared")
  func offerProblem() throws {
    #expect(
      agreement(offer: nil).offerProblem?.description == """
        offer.toml: there is no offer; sharing needs the supplier's half: put its offer.toml here; sources set to "local" go on without
        """)
    let local = exampleConsent.replacing("share", with: "local")
    #expect(agreement(consent: local, offer: nil).offerProblem == nil)
    #expect(agreement(consent: local, offer: nil).standing == .inForce)
    let mismatch = try #require(
      agreement(consent: exampleConsent.editing("accepts = 2", "accepts = 1")).offerProblem)
    #expect(
      "\(mismatch)" == """
        consent.toml:3:11: revision 1 of the offer was accepted; the offer at offer.toml:3 is revision 2: \
        read it, and if you agree: accord consent accept (or write accepts = 2)
        """)
  }

  @Test(
    "each signal of a shared source is withheld, not asked for, or shared, and the line says so",
    arguments: [
      (
        "system.cpu.time", Verdict.share, "offer.toml:21",
        "asked for by the offer, shared by the customer"
      ),
      ("system.network.io", .local, "offer.toml:21", "the offer does not ask for it"),
      ("system.memory.usage", .deny, "consent.toml:9", "withheld by the customer"),
      ("system.uptime", .share, "offer.toml:14", "asked for by the offer, shared by the customer"),
      ("os.name", .deny, "consent.toml:11", "dropped by the customer"),
      ("os.version", .share, "offer.toml:14", "asked for by the offer, shared by the customer"),
      ("host.name", .deny, "consent.toml", "dropped, because it identifies"),
      ("os.type", .share, "offer.toml:14", "asked for by the offer, shared by the customer"),
    ])
  func signals(_ name: String, _ verdict: Verdict, _ rule: String, _ reason: String) throws {
    let consent =
      exampleConsent + """
        [withhold]
        signals = ["system.memory.*"]
        [redact]
        "os.name" = "drop"
        "os.version" = "hash"
        "os.type" = "keep"
        """
    let decision = agreement(consent: consent).decision(for: try #require(Catalog.signal(name)))
    #expect(decision.verdict == verdict)
    #expect(decision.rule.description == rule)
    #expect(decision.reason == reason)
  }

  @Test("what is withheld is not kept on the appliance either")
  func withheldLocal() {
    let consent =
      "schema = 1\n[sources]\nenvironment = \"local\"\n[withhold]\nsignals = [\"system.network.*\"]"
    #expect(agreement(consent: consent).decision(for: traffic).verdict == .deny)
    #expect(agreement(consent: consent).decision(for: cpuTime).verdict == .local)
  }

  @Test("a pattern asks only for signals of its own source")
  func ownSource() {
    let offer = exampleOffer.editing("[\"os.*\", \"system.uptime\"]", "[\"*\"]")
      .editing("[\"system.cpu.*\", \"system.memory.*\"]", "[]")
    let agreement = agreement(offer: offer)
    #expect(agreement.decision(for: uptime).verdict == .share)
    #expect(agreement.decision(for: cpuTime).verdict == .local)
  }

  @Test("a pattern never asks for an identifying signal; its name does")
  func identifying() throws {
    let serial = Signal(
      "hw.serial_number", .product, .fact, from: "/x", identifying: true, for: "x")
    let request = try #require(
      try parsedOffer(exampleOffer.editing("[\"os.*\", \"system.uptime\"]", "[\"*\", \"hw.*\"]"))
        .get()
        .requests[.product])
    #expect(request.entry(for: serial) == nil)
    #expect(request.entry(for: uptime) != nil)
    let named = try #require(
      try parsedOffer(exampleOffer.editing("\"system.uptime\"]", "\"hw.serial_number\"]")).get()
        .requests[.product])
    #expect(named.entry(for: serial)?.place == Place(line: 14, column: 20))
    // Until it can be hashed it is dropped, even when it is named.
    #expect(agreement().decision(for: serial).verdict == .deny)
  }

  @Test("extremes are agreed for gauges that the offer names, and for nothing else")
  func extremes() {
    let offer = exampleOffer.editing("[\"system.cpu.load_average.1m\"]", "[\"system.*\"]")
    #expect(agreement().asksForExtremes(of: load))
    #expect(!agreement().asksForExtremes(of: Catalog.load5))
    #expect(agreement(offer: offer).asksForExtremes(of: Catalog.load5))
    #expect(!agreement(offer: offer).asksForExtremes(of: cpuTime))
    #expect(!agreement(offer: offer).asksForExtremes(of: memory))
    #expect(!agreement(offer: offer).asksForExtremes(of: uptime))
    #expect(!agreement(offer: nil).asksForExtremes(of: load))
  }

  @Test(
    "the resolution is the coarser of what the two sides say",
    arguments: [("10s", 60_000), ("60s", 60_000), ("15min", 900_000)])
  func resolution(_ own: String, _ expected: Int64) {
    let consent = exampleConsent + "[resolution]\nenvironment = \"\(own)\"\n"
    #expect(agreement(consent: consent).terms(of: .environment).resolutionMilliseconds == expected)
    #expect(agreement(consent: consent).terms(of: .product).resolutionMilliseconds == 900_000)
  }

  @Test("setting the clock back does not prolong an agreement")
  func clockSetBack() {
    let moment = TrustedMoment(boot: "a", bootTimeMilliseconds: 1_000, unixMilliseconds: today)
    func latest(wall: Int64, boot: String, bootTime: Int64) -> Int64 {
      TrustedMoment.latest(
        of: moment, wallMilliseconds: wall, boot: boot, bootTimeMilliseconds: bootTime)
    }
    #expect(latest(wall: 0, boot: "a", bootTime: 61_000) == today + 60_000)
    #expect(latest(wall: today + 90_000, boot: "a", bootTime: 61_000) == today + 90_000)
    // Another boot: how much time has passed is unknown, but not less than none.
    #expect(latest(wall: 0, boot: "b", bootTime: 500_000) == today)
    #expect(latest(wall: 0, boot: "a", bootTime: 500) == today)
    #expect(
      TrustedMoment.latest(of: nil, wallMilliseconds: 7, boot: "a", bootTimeMilliseconds: 9) == 7)
  }

  @Test(
    "only the customer's word closes a grant; doubt and an offer that says less hold it",
    arguments: combinations)
  func grantIntent(_ line: Combination) {
    let agreement = agreement(consent: line.consent, offer: line.offer, now: line.now)
    let recipient = Grant.Recipient(
      supplier: "Example Devices Ltd", endpoint: "https://telemetry.example.com:4318")
    let notAskedFor = line.testDescription.contains("does not ask")
    switch agreement.grantIntent(for: line.source) {
    case .open(let with): #expect(line.verdict == .share && with == recipient)
    case .hold: #expect(line.isHeld || notAskedFor)
    case .close: #expect(!line.isHeld && line.verdict != .share && !notAskedFor)
    }
  }
}
