import Testing

@testable import Handshake
@testable import Telemetry

private let key = HashKey(Array(0..<32))!

/// A series of network traffic: the interface's name, if it has one, and a direction.
private func traffic(
  _ number: Int64, _ name: AttributeValue?, _ direction: String = "receive", suffix: String = "",
  isNew: Bool = false
) -> KeptSeries {
  KeptSeries(
    number: number, signal: "system.network.io" + suffix, source: .environment,
    attributes: (name.map { [Attribute("network.interface.name", $0)] } ?? [])
      + [Attribute("network.io.direction", .string(direction))], isOfThisAgreement: isNew)
}

@Suite("What a narrower agreement makes of what is written")
struct TighteningTests {
  /// The changes under [withhold] and [redact] entries: "2 removed (consent.toml:9)", "1 goes on as …".
  private func changes(
    _ kept: [KeptSeries], under entries: String, hashing key: HashKey? = key
  ) -> [String] {
    agreement(consent: exampleConsent + entries).tightening(of: kept, hashing: key)
      .sorted { $0.key < $1.key }.map { number, tightening in
        switch tightening.change {
        case .removed: "\(number) removed (\(tightening.rule))"
        case .redacted(let left):
          "\(number) goes on as \(left.map(\.value.text).joined(separator: " "))"
        }
      }
  }

  private static let drop = "[redact]\n\"network.interface.name\" = \"drop\"\n"
  private static let hash = "[redact]\n\"network.interface.name\" = \"hash\"\n"
  private static let hashedEth0 = key.hash(.string("eth0"))

  @Test(
    "the table of cases",
    arguments: [
      // Nothing is said of it.
      ([traffic(1, .string("eth0"))], "", []),
      // Withheld, by name or pattern, its extremes as well.
      (
        [traffic(1, .string("eth0")), traffic(2, .string("eth0"), suffix: ".min")],
        "[withhold]\nsignals = [\"system.network.i*\"]\n",
        ["1 removed (consent.toml:9)", "2 removed (consent.toml:9)"]
      ),
      // One device alone goes on without its name, or under its hash.
      ([traffic(1, .string("eth0"))], drop, ["1 goes on as receive"]),
      ([traffic(1, .string("eth0"))], hash, ["1 goes on as \(hashedEth0.text) receive"]),
      // Several stay apart when hashed, and would be one when dropped.
      (
        [traffic(1, .string("eth0")), traffic(2, .string("eth1"))], hash,
        [
          "1 goes on as \(hashedEth0.text) receive",
          "2 goes on as \(key.hash(.string("eth1")).text) receive",
        ]
      ),
      (
        [
          traffic(1, .string("eth0")), traffic(2, .string("eth1")),
          traffic(3, .string("eth0"), "transmit"),
        ],
        drop,
        [
          "1 removed (consent.toml:9)", "2 removed (consent.toml:9)", "3 goes on as transmit",
        ]
      ),
      // Redacted already.
      ([traffic(1, nil)], drop, []), ([traffic(1, hashedEth0)], hash, []),
      ([traffic(1, hashedEth0)], drop, ["1 goes on as receive"]),
      // The same device, clear and hashed, is one line.
      (
        [traffic(1, .string("eth0")), traffic(2, hashedEth0)], hash,
        ["1 goes on as \(hashedEth0.text) receive"]
      ),
      // Without its name it is the one that the gate lets through now, but nobody knows about an older one.
      (
        [traffic(1, .string("eth0")), traffic(2, nil, isNew: true)], drop, ["1 goes on as receive"]
      ),
      ([traffic(1, .string("eth0")), traffic(2, nil)], drop, ["1 removed (consent.toml:9)"]),
      (
        [traffic(1, .string("eth0")), traffic(2, .string("eth1")), traffic(3, nil, isNew: true)],
        drop,
        ["1 removed (consent.toml:9)", "2 removed (consent.toml:9)"]
      ),
    ] as [([KeptSeries], String, [String])])
  func table(kept: [KeptSeries], entries: String, expected: [String]) {
    #expect(changes(kept, under: entries) == expected)
  }

  @Test(
    "what cannot be hashed for want of the key stays, and what is dropped or withheld does not wait for it"
  )
  func noKey() {
    let entries = Self.hash + "\"network.io.direction\" = \"drop\"\n"
    #expect(changes([traffic(1, .string("eth0"))], under: Self.hash, hashing: nil) == [])
    #expect(
      changes([traffic(1, .string("eth0"))], under: entries, hashing: nil) == ["1 goes on as eth0"])
  }

  @Test("doubt changes nothing: without a valid consent there is no word")
  func doubt() {
    let held = agreement(
      consent: exampleConsent.editing("accepts = 2", "accepts = 2\nuntil = 2026-01-01") + Self.drop)
    #expect(held.tightening(of: [traffic(1, .string("eth0"))], hashing: key) == [:])
    #expect(
      agreement(consent: nil).tightening(of: [traffic(1, .string("eth0"))], hashing: key) == [:])
    // The offer's doubt is not the customer's: the word in a valid consent counts.
    let offerless = agreement(consent: exampleConsent + Self.drop, offer: nil)
    #expect(offerless.tightening(of: [traffic(1, .string("eth0"))], hashing: key).count == 1)
  }

  @Test("facts are withheld, hashed and dropped in place")
  func facts() {
    let facts = ["os.name", "os.type", "os.version", "host.name"].map {
      Attribute($0, .string("v"))
    }
    let agreement = agreement(
      consent: exampleConsent
        + "[withhold]\nsignals = [\"os.type\"]\n[redact]\n\"os.name\" = \"hash\"\n\"os.version\" = \"drop\"\n"
    )
    let change = agreement.tightening(ofFacts: facts, hashing: key)
    #expect(change?.left == [Attribute("os.name", key.hash(.string("v")))])
    #expect(change?.rule.description == "consent.toml:9")
    #expect(agreement.tightening(ofFacts: change?.left ?? [], hashing: key) == nil)
  }
}
