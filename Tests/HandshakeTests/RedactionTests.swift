import Testing

@testable import Handshake
@testable import Telemetry

private let key = HashKey(Array(0..<32))!

@Suite("Redaction: keep, hash or drop")
struct RedactionTests {
  private static func redacting(_ entries: String) -> Agreement {
    agreement(consent: exampleConsent + "[redact]\n" + entries)
  }

  private func written(_ attribute: Attribute, under entries: String) -> Attribute? {
    Self.redacting(entries)
      .judge([Series(signal: cpuTime, attributes: [attribute])], hashing: key)[0]
      .attributes.first
  }

  private static let interface = Attribute("network.interface.name", .string("eth0"))
  private static let hardware = Attribute("network.interface.name", .string("enx001122aabbcc"))
  private static let serial = Attribute("hw.serial_number", .string("S-1"))

  @Test(
    "the catalog's defaults hold, an exact key beats a pattern, a longer pattern a shorter, the stricter an equal",
    arguments: [
      ("", interface, RedactionMode.keep), ("", hardware, .drop), ("", serial, .drop),
      ("\"network.*\" = \"drop\"", interface, .drop),
      ("\"network.*\" = \"hash\"", interface, .hash),
      ("\"network.*\" = \"drop\"\n\"network.interface.name\" = \"keep\"", interface, .keep),
      ("\"network.interface.name\" = \"hash\"\n\"*\" = \"drop\"", interface, .hash),
      ("\"network.interface.*\" = \"keep\"\n\"network.*\" = \"drop\"", interface, .keep),
      ("\"network.*\" = \"drop\"\n\"network.interface.*\" = \"hash\"", interface, .hash),
      ("\"network.*\" = \"keep\"\n\"*ace.name\" = \"hash\"", interface, .hash),
      ("\"*ace.name\" = \"drop\"\n\"network.*\" = \"hash\"", interface, .drop),
      // What identifies is reached by its own key only.
      ("\"*\" = \"keep\"", serial, .drop), ("\"hw.*\" = \"hash\"", serial, .drop),
      ("\"hw.serial_number\" = \"hash\"", serial, .hash),
      ("\"hw.serial_number\" = \"keep\"", serial, .keep),
      ("\"network.*\" = \"hash\"", hardware, .drop),
      ("\"network.interface.name\" = \"hash\"", hardware, .hash),
    ])
  func precedence(entries: String, attribute: Attribute, expected: RedactionMode) {
    let written = written(attribute, under: entries)
    switch expected {
    case .keep: #expect(written == attribute)
    case .hash: #expect(written?.value == key.hash(attribute.value))
    case .drop: #expect(written == nil)
    }
  }

  @Test(
    "a hash is the HMAC of the value's bytes, of a number that of its decimal text, and of a hash itself"
  )
  func hashed() {
    // printf eth0 | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f
    let digits = "12308348b86ebf12d8b8088ad2e8eb17156525faffb9c385ecd359e72183c52f"
    #expect(key.hash(.string("eth0")) == .hash(digits))
    #expect(key.hash(.integer(-70)) == key.hash(.string("-70")))
    #expect(key.hash(.hash(digits)) == .hash(digits))
    #expect(HashKey([1, 2, 3]) == nil)
  }

  @Test("without a key, what would be hashed is dropped")
  func noKey() {
    let agreement = Self.redacting("\"network.interface.name\" = \"hash\"")
    let series = agreement.judge([Series(signal: cpuTime, attributes: [Self.interface])])
    #expect(series[0].attributes == [] && series[0].verdict == .share)
    let facts = Self.redacting("\"os.name\" = \"hash\"").permit(
      [Fact(Catalog.osName, "Debian")], of: .product, atLeast: .local)
    #expect(facts == [])
  }

  @Test(
    "who has no key knows a hashed value from a clear one: under hash only that leaves, under keep both, under drop none",
    arguments: [("keep", true, true), ("hash", false, true), ("drop", false, false)])
  func withoutTheKey(mode: String, clear: Bool, hashed: Bool) {
    let agreement = Self.redacting(
      "\"network.interface.name\" = \"\(mode)\"\n\"os.name\" = \"\(mode)\"")
    #expect(agreement.passes(Self.interface) == clear)
    #expect(agreement.passes(Attribute("network.interface.name", .integer(5))) == clear)
    #expect(agreement.passes(Attribute("network.interface.name", .hash("00"))) == hashed)
    #expect(agreement.shares(Fact(Catalog.osName, "Debian")) == clear)
    #expect(agreement.shares(Fact(name: "os.name", value: .hash("00"))) == hashed)
    #expect(agreement.needsHashKey == (mode == "hash"))
  }

  @Test(
    "a fact that identifies is kept only by its exact name, and shared only if the offer names it exactly too",
    arguments: [
      ("", "host.name", Verdict.deny), ("\"host.*\" = \"keep\"", "host.name", .deny),
      ("\"host.name\" = \"keep\"", "host.*", .local),
      ("\"host.name\" = \"keep\"", "host.name", .share),
      ("\"host.name\" = \"hash\"", "host.name", .share),
      ("\"host.name\" = \"drop\"", "host.name", .deny),
    ])
  func identifyingFact(entries: String, asked: String, expected: Verdict) {
    let offer = exampleOffer.editing("\"os.*\"", "\"os.*\", \"\(asked)\"")
    let agreement = agreement(consent: exampleConsent + "[redact]\n" + entries, offer: offer)
    #expect(agreement.decision(for: Catalog.hostName).verdict == expected)
    let written = agreement.permit(
      [Fact(Catalog.hostName, "canary")], of: .product, atLeast: .local, hashing: key)
    let value: AttributeValue =
      entries.contains("hash") ? key.hash(.string("canary")) : .string("canary")
    #expect(written == (expected == .deny ? [] : [Fact(name: "host.name", value: value)]))
  }

  @Test("an agreement with another rule or another reach is another agreement")
  func fingerprints() {
    let forms = [
      "", "\"os.name\" = \"hash\"", "\"os.name\" = \"drop\"", "\"os.n*\" = \"drop\"",
      "\"host.name\" = \"keep\"", "\"host.n*\" = \"keep\"",
    ].map { Self.redacting($0).canonicalForm }
    #expect(Set(forms).count == forms.count)
  }
}
