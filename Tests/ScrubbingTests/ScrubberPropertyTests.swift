import Scrubbing
import TestSupport
import Testing

/// What holds of every text. Texts are made of what a scrubber must tell apart, in any order and cut anywhere; a
/// failure names the seed with which it comes again.
@Suite("Scrubber")
struct ScrubberPropertyTests {
  static let identities = [
    Identity(.hostName, "gate"), Identity(.hostName, "ip-1"), Identity(.hostName, "appliance-4711"),
    Identity(.domainName, "customer.example"), Identity(.address, "192.0.2.7"),
    Identity(.address, "fe80::21a:2bff:fe3c:4d5e"), Identity(.macAddress, "00:1a:2b:3c:4d:5e"),
    Identity(.serialNumber, "CZC1234XYZ"), Identity(.userName, "alice"),
    Identity(.machineID, "0123456789abcdef0123456789abcde0"), Identity(.secret, "c4n4ryS3cret"),
  ]

  private static let pieces =
    identities.map(\.text) + [
      " ", " ", "\n", "\n  ", "\t", "=", ": ", ":", ",", ";", "\"", "'", "\\\"", "\\", "/", "@",
      "-", ".", "_",
      "[", "]", "{", "}", "|", "&", "?", "%", "$", "#", "(", ")", "\0", "\u{FF}", "é", "0", "7",
      "a", "f", "X",
      "password", "secret", "token", "api_key", "Cookie", "Authorization", "Bearer ", "Basic ",
      "--password ",
      "-p", "sshpass ", "login me password ", "https://", "user:pw@", "me@b.example", "192.0.2.",
      "10.1.2.3",
      "::", "2001:db8:", "1:2:3:4:5:6:7:8", "aa:bb:cc:dd:ee:ff", "aabb.ccdd.eeff", "version ",
      "/home/bob",
      "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----",
      "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj",
      "eyJhbGciOiJIUzI1NiJ9", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "$6$salt$hashhashhash",
      "[removed: password]", "[removed: ", "host-1", "ip-2", "mac-1", "serial: ",
      "SerialNumber: AB12345",
      "nas.lan", "enx001a2b3c4d5e", "001A2B3C4D5E", "070200c0", "for user ", "true", "null", "****",
    ]

  static func text(_ generator: inout SeededGenerator) -> [UInt8] {
    var text: [UInt8] = []
    for _ in 0..<Int.random(in: 0...60, using: &generator) {
      text += pieces.randomElement(using: &generator)!.utf8
      if Int.random(in: 0..<20, using: &generator) == 0 {
        text += generator.bytes(Int.random(in: 1...8, using: &generator))
      }
    }
    return text
  }

  private static let manySeeds = Array(UInt64(1)...400)

  @Test("scrubbing twice is scrubbing once")
  func idempotent() {
    for seed in Self.manySeeds {
      var generator = SeededGenerator(seed: seed)
      let text = Self.text(&generator)
      var scrubber = Scrubber(book: PseudonymBook(), identities: Self.identities)
      let once = scrubber.scrub(text)
      #expect(
        scrubber.scrub(once) == once,
        "seed \(seed): \(String(decoding: text, as: UTF8.self).debugDescription)")
    }
  }

  @Test("nothing that is searched for survives, whatever stands around it")
  func nothingSurvives() {
    for seed in Self.manySeeds {
      var generator = SeededGenerator(seed: seed)
      let text = Self.text(&generator)
      var scrubber = Scrubber(book: PseudonymBook(), identities: Self.identities)
      let scrubbed = scrubber.scrub(text)
      var search = IdentitySearch(Self.identities)
      let match = search.feed(scrubbed) ?? search.finish()
      #expect(
        match == nil,
        "seed \(seed): \(String(decoding: text, as: UTF8.self).debugDescription) became \(String(decoding: scrubbed, as: UTF8.self).debugDescription)"
      )
    }
  }

  @Test("a secret behind its key is gone, whatever the secret consists of", arguments: seeds)
  func secrets(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    // Characters of passwords, as people choose them and generators make them.
    let alphabet = Array("abcXYZ0189!$%&/()=?+*#-_.:,;<>|^~@{}[]".utf8)
    let forms: [(String, String)] = [
      ("password=", " x"), ("user=a password=", "\n"), ("\"password\": \"", "\", \"a\": 1"),
      ("password: '", "'\n"),
      ("--password ", " -v"), ("Authorization: Bearer ", "\n"), ("{\"token\":\"", "\"}"),
      ("secret = \"", "\""),
    ]
    for (before, after) in forms {
      let secret =
        "Q7"
        + String(
          decoding: (0..<20).map { _ in alphabet.randomElement(using: &generator)! }, as: UTF8.self)
        + "Z3"
      var scrubber = Scrubber(book: PseudonymBook(), identities: [])
      let scrubbed = scrubber.scrub(before + secret + after)
      // A sign that may end a list or a text leaves the rest alone; six bytes in a row tell something.
      for start in stride(from: 0, to: 18, by: 1) {
        let part = String(secret.dropFirst(start).prefix(8))
        #expect(
          !scrubbed.contains(part), "seed \(seed): \(before)\(secret)\(after) became \(scrubbed)")
      }
    }
  }

  @Test(
    "text without anything to remove comes back byte for byte, also when it is not UTF-8",
    arguments: seeds)
  func unchanged(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let words = [
      "uptime", "12", "%", "load", "ok", "cpu0", "é", "12.5", "-", "|", "(none)", "\n", "\t",
      "x86_64", "0x1f",
    ]
    var text: [UInt8] = []
    for _ in 0..<200 {
      text += words.randomElement(using: &generator)!.utf8 + [0x20]
      if Bool.random(using: &generator) {
        text += [UInt8.random(in: 0x80...0xFF, using: &generator), 0x20]
      }
    }
    var scrubber = Scrubber(book: PseudonymBook(), identities: Self.identities)
    #expect(scrubber.scrub(text) == text, "seed \(seed)")
    #expect(scrubber.counts.isEmpty)
  }

  @Test("an appliance that is called like a pseudonym does not get it")
  func calledLikeAPseudonym() {
    var first = Scrubber(book: PseudonymBook(), identities: [])
    #expect(first.scrub("10.1.2.3 10.1.2.4") == "ip-1 ip-2")
    var second = Scrubber(book: first.book, identities: [Identity(.hostName, "ip-1")])
    #expect(second.scrub("10.1.2.3 10.1.2.4 ip-1") == "ip-3 ip-2 host-1")
    #expect(second.book.text(of: "ip-1") == nil)
  }
}
