import Digest
import Telemetry
import Testing

@testable import Handshake

@Suite("Rule 13: the agreement fingerprint")
struct FingerprintTests {
  private let nonce = [UInt8](repeating: 7, count: 32)

  @Test("comments, blank lines, order and spelling of lists make no other agreement")
  func layout() {
    let consent = """
      # read by the operator

      accepts   =   2
      supplier = 'Example Devices Ltd'
      schema = 1
      sources = { environment = "share", product = "share" }
      """
    let offer = exampleOffer.editing(
      "[\"system.cpu.*\", \"system.memory.*\"]",
      "[\n \"system.memory.*\", # first\n \"system.cpu.*\",\n]")
    #expect(
      agreement(consent: consent, offer: offer).fingerprint(nonce: nonce)
        == agreement().fingerprint(nonce: nonce))
    #expect(agreement(consent: consent, offer: offer).canonicalForm == agreement().canonicalForm)
  }

  static let edits: [(half: String, old: String, new: String)] = [
    ("offer", "supplier = \"Example Devices Ltd\"", "supplier = \"Example Devices Limited\""),
    ("offer", "revision = 2", "revision = 3"),
    ("offer", "privacy@example.com", "privacy@example.org"),
    ("offer", "contact = \"privacy@example.com\"", ""),
    ("offer", "telemetry.example.com", "telemetry.example.org"),
    ("offer", ":4318\"", ":4318\"\nca_file = \"x.pem\""),
    ("offer", "Recognise overheating", "Recognize overheating"),
    ("offer", "A yearly", "A monthly"),
    ("offer", "\"90 days\"", "\"91 days\""),
    ("offer", "\"60s\"", "\"61s\""),
    ("offer", "\"system.memory.*\"", "\"system.memory.usage\""),
    ("offer", "\"system.memory.*\"]", "\"system.memory.*\", \"system.network.io\"]"),
    ("offer", "extremes = [\"system.cpu.load_average.1m\"]", ""),
    ("consent", "supplier = \"Example Devices Ltd\"", "supplier = \"Other\""),
    ("consent", "accepts = 2", "accepts = 1"),
    ("consent", "accepts = 2", "accepts = 2\nuntil = 2027-01-01"),
    ("consent", "accepts = 2", "accepts = 2\naccepted_by = \"me\""),
    ("consent", "accepts = 2", "accepts = 2\naccepted_on = 2026-01-01"),
    ("consent", "environment = \"share\"", "environment = \"local\""),
    ("consent", "environment = \"share\"", ""),
    ("consent", "environment = \"share\"", "environment = \"share\"\nusage = \"deny\""),
    (
      "consent", "environment = \"share\"",
      "environment = \"share\"\n[withhold]\nsignals = [\"os.name\"]"
    ),
    (
      "consent", "environment = \"share\"",
      "environment = \"share\"\n[redact]\n\"host.name\" = \"keep\""
    ),
    (
      "consent", "environment = \"share\"",
      "environment = \"share\"\n[redact]\n\"host.name\" = \"drop\""
    ),
    (
      "consent", "environment = \"share\"",
      "environment = \"share\"\n[resolution]\nenvironment = \"60s\""
    ),
  ]

  @Test("every edit that means something makes another agreement, and no two of them the same")
  func edits() {
    var seen: [String: String] = [agreement().canonicalForm: "no edit"]
    for edit in Self.edits {
      let edited =
        edit.half == "offer"
        ? agreement(offer: exampleOffer.editing(edit.old, edit.new))
        : agreement(consent: exampleConsent.editing(edit.old, edit.new))
      #expect(
        edited.problems.allSatisfy { !"\($0)".contains("unknown") && !"\($0)".contains("missing") })
      let same = seen.updateValue(edit.new, forKey: edited.canonicalForm)
      #expect(same == nil, "'\(edit.new)' is the same as '\(same ?? "")'")
      #expect(!edited.says(theSameAs: agreement()), "'\(edit.new)' was not noticed")
    }
  }

  @Test(
    "another nonce makes another fingerprint of the same agreement, and the digest that stays here knows no nonce"
  )
  func nonces() {
    let other = [UInt8](repeating: 8, count: 32)
    #expect(agreement().fingerprint(nonce: nonce) != agreement().fingerprint(nonce: other))
    #expect(agreement().fingerprint(nonce: nonce) != agreement().contentDigest)
    #expect(agreement().contentDigest == agreement().contentDigest)
    #expect(
      agreement().fingerprint(nonce: nonce).bytes
        == SHA256(of: nonce + Array(agreement().canonicalForm.utf8)).bytes)
  }

  @Test("no text can pass for another line or another field")
  func quoting() {
    // Line ends do not come this far: they are refused where a half is read.
    let pieces = [
      "\"", "\\", "\\n", "\u{A0}", "\u{E000}", "consent.accepts \"2\"", "offer.product.purpose",
      " ",
      "\u{301}", "é", "e", "'", "{", "🚒",
    ]
    func quoted(_ text: String) -> String {
      "\""
        + text.unicodeScalars.map {
          "\\U" + String(repeating: "0", count: 8 - String($0.value, radix: 16).count)
            + String($0.value, radix: 16)
        }.joined() + "\""
    }
    func lines(_ agreement: Agreement) -> Int {
      Array(agreement.canonicalForm.utf8).split(separator: UInt8(ascii: "\n")).count
    }
    let linesOfExample = lines(agreement())
    var seen: [[UInt8]: [String]] = [:]
    for seed in UInt64(0)..<1_500 {
      var random = Seeded(seed)
      // Four fields that stand next to each other in the canonical form.
      let fields = (0..<4).map { _ in
        "a"
          + (0..<Int.random(in: 0...2, using: &random)).map { _ in
            pieces.randomElement(using: &random)!
          }.joined()
      }
      let offer = exampleOffer.editing(
        "\"Tell you about faults before they hurt\"", quoted(fields[0])
      )
      .editing("\"Proactive replacement of worn parts\"", quoted(fields[1]))
      .editing("\"privacy@example.com\"", quoted(fields[2]))
      let consent = exampleConsent.editing(
        "accepts = 2", "accepts = 2\naccepted_by = \(quoted(fields[3]))")
      let agreed = agreement(consent: consent, offer: offer)
      #expect(agreed.offer != nil && agreed.consent != nil, "seed \(seed)")
      #expect(lines(agreed) == linesOfExample + 1, "seed \(seed)")
      if let other = seen.updateValue(fields, forKey: Array(agreed.canonicalForm.utf8)) {
        #expect(other.map { Array($0.utf8) } == fields.map { Array($0.utf8) }, "seed \(seed)")
      }
    }
  }
}
