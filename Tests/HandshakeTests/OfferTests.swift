import TOML
import Telemetry
import Testing

@testable import Handshake

@Suite("offer.toml")
struct OfferTests {
  @Test("every key of an offer is read")
  func full() throws {
    let text = exampleOffer.editing(":4318\"", ":4318/otlp/\"\nca_file = \"supplier-ca.pem\"")
    let offer = try parsedOffer(text).get()
    #expect(offer.supplier.value == "Example Devices Ltd")
    #expect(offer.revision == Located(2, at: Place(line: 3, column: 12)))
    #expect(offer.contact == "privacy@example.com")
    #expect(offer.endpoint.value == "https://telemetry.example.com:4318/otlp")
    #expect(offer.certificateFile?.value == "supplier-ca.pem")
    #expect(Set(offer.requests.keys) == [.product, .environment])
    let request = try #require(offer.requests[.environment])
    #expect(request.retentionMilliseconds == 90 * dayMilliseconds)
    #expect(request.resolutionMilliseconds.value == 60_000)
    #expect(request.signals.map(\.value.text) == ["system.cpu.*", "system.memory.*"])
    #expect(request.extremes.map(\.text) == ["system.cpu.load_average.1m"])
  }

  @Test(
    "an address that leaves no doubt is taken",
    arguments: [
      "https://telemetry.example.com", "https://telemetry.example.com:4318",
      "https://10.0.0.1/otlp",
      "https://[2001:db8::1]:4318", "https://receiver",
    ])
  func endpoints(_ address: String) throws {
    let offer = exampleOffer.editing("https://telemetry.example.com:4318", address)
    #expect(try parsedOffer(offer).get().endpoint.value == address)
  }

  @Test(
    "an address that is not https, hides something, or is none is refused at its place",
    arguments: [
      "http://telemetry.example.com", "telemetry.example.com:4318", "https://", "https://:4318",
      "https:///v1", "https://user:secret@example.com", "https://example.com?token=1",
      "https://example.com/#part", "https://exam ple.com", "https://exämple.com",
      "https://a\\\\b.com",
      "ftp://example.com", "", " https://example.com", "https://example.com:port",
      "https://example.com:0",
      "https://example.com:70000", "https://example.com:", "https://[2001:db8::1", "https://[]:1",
    ])
  func badEndpoints(_ address: String) throws {
    let text = exampleOffer.editing("https://telemetry.example.com:4318", address)
    let problem = try #require(throws: FileProblem.self) { try parsedOffer(text).get() }
    #expect(
      "\(problem)" == """
        offer.toml:7:12: 'endpoint' is no plain https address; \
        expected for example "https://telemetry.example.com:4318"
        """)
  }

  @Test(
    "what cannot be understood is refused with file, line, column, what is wrong and what was expected",
    arguments: [
      (
        "schema = 1", "schema = 7",
        "offer.toml:1:10: schema 7 is not known to this version; expected schema = 1; a newer file needs a newer accord"
      ),
      (
        "supplier = \"Example Devices Ltd\"", "supplier = \" \u{A0}\"",
        "offer.toml:2:12: 'supplier' is empty; expected some text"
      ),
      (
        "purpose = \"Recognise overheating and full disks\"", "purpose = \"\"",
        "offer.toml:17:11: 'purpose' is empty; expected some text"
      ),
      ("revision = 2", "", "offer.toml:1:1: 'revision' is missing; expected revision = 2"),
      (
        "[delivery]", "[delivry]",
        "offer.toml:1:1: 'delivery' is missing; expected [delivery] (there is 'delivry' at line 6)"
      ),
      (
        "[environment]", "[enviroment]",
        "offer.toml:16:2: unknown key 'enviroment'; expected one of 'schema', 'supplier', 'revision', 'contact', 'delivery', 'product', 'environment', 'interaction', 'usage', 'process', 'customer' or 'industry'; did you mean 'environment'?"
      ),
      (
        "retention = \"90 days\"", "retention = 90",
        "offer.toml:19:13: 'retention' is an integer; expected a duration, for example retention = \"15min\""
      ),
      (
        "signals = [\"os.*\", \"system.uptime\"]", "signals = \"os.*\"",
        "offer.toml:14:11: 'signals' is a string; expected an array of strings, for example signals = [\"…\"]"
      ),
      (
        "extremes =", "extreems =",
        "offer.toml:22:1: unknown key 'extreems' in [environment]; expected one of 'purpose', 'benefit', 'retention', 'resolution', 'signals' or 'extremes'; did you mean 'extremes'?"
      ),
    ])
  func refused(_ old: String, _ new: String, _ expected: String) throws {
    let problem = try #require(throws: FileProblem.self) {
      try parsedOffer(exampleOffer.editing(old, new)).get()
    }
    #expect("\(problem)" == expected)
  }

  @Test(
    "a text that forges lines or speaks to the terminal is refused at its place",
    arguments: [
      ("supplier", "Example Devices Ltd", "2:12"), ("contact", "privacy@example.com", "4:11"),
      ("purpose", "Recognise overheating and full disks", "18:11"),
      ("benefit", "A yearly site-health report", "19:11"),
      ("ca_file", "supplier-ca.pem", "8:11"),
    ])
  func forgedTexts(_ key: String, _ text: String, _ place: String) throws {
    let offer = exampleOffer.editing(":4318\"", ":4318\"\nca_file = \"supplier-ca.pem\"")
    for (escape, shown) in [
      ("\\n", "000A"), ("\\t", "0009"), ("\\u001b", "001B"), ("\\u009B", "009B"),
      ("\\u202e", "202E"),
      ("\\u200b", "200B"), ("\\u2028", "2028"), ("\\u2029", "2029"), ("\\U000E0041", "E0041"),
    ] {
      let problem = try #require(throws: FileProblem.self) {
        try parsedOffer(offer.editing("\"\(text)\"", "\"\(text)\(escape)[8m\"")).get()
      }
      #expect(
        "\(problem)" == """
          offer.toml:\(place): '\(key)' holds the character \\u\(shown); \
          expected one line of text without control characters
          """)
    }
  }

  @Test("a text may be in any writing")
  func foreignTexts() throws {
    for text in ["Geräte GmbH & Söhne, „Köln“", "株式会社 例", "شركة المثال", "e\u{301}", "a\u{A0}b 🛰"] {
      let offer = try parsedOffer(exampleOffer.editing("Example Devices Ltd", text)).get()
      #expect(offer.supplier.value == text)
    }
  }

  @Test(
    "a star stands for any run of characters, dots included, and nothing else is special",
    arguments: [
      ("system.*", "system.cpu.time", true), ("system.*", "system.", true),
      ("system.*", "system", false),
      ("*", "", true), ("*.time", "system.cpu.time", true), ("*.time", "system.cpu.times", false),
      ("s*m.*e", "system.cpu.time", true), ("a*b*c", "abbc", true), ("a*b*c", "acb", false),
      ("system?cpu", "system.cpu", false), ("", "", true), ("", "a", false),
      ("os.name", "os.name", true),
      ("os.name", "os.names", false), ("**", "x", true), ("*a*a*a*b", "aaaaaaaaaaaaaaaa", false),
    ])
  func patterns(_ pattern: String, _ name: String, _ matches: Bool) {
    #expect(SignalPattern(pattern).matches(name) == matches)
  }

  @Test("patterns agree with a plain recursive reading of them")
  func patternProperty() {
    func plain(_ pattern: Substring, _ name: Substring) -> Bool {
      guard let first = pattern.first else { return name.isEmpty }
      if first == "*" {
        return plain(pattern.dropFirst(), name)
          || (!name.isEmpty && plain(pattern, name.dropFirst()))
      }
      return name.first == first && plain(pattern.dropFirst(), name.dropFirst())
    }
    for seed in UInt64(0)..<3_000 {
      var random = Seeded(seed)
      func text(_ letters: [Character], _ random: inout Seeded) -> String {
        String(
          (0..<Int.random(in: 0...7, using: &random)).map { _ in
            letters.randomElement(using: &random)!
          })
      }
      let (pattern, name) = (text(["a", "b", "*"], &random), text(["a", "b"], &random))
      #expect(
        SignalPattern(pattern).matches(name) == plain(pattern[...], name[...]),
        "seed \(seed): \(pattern) on \(name)")
    }
  }
}
