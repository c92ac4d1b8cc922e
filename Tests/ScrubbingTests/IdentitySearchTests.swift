import Scrubbing
import TestSupport
import Testing

@Suite("IdentitySearch")
struct IdentitySearchTests {
  private static let identities = [
    Identity(.hostName, "gate"), Identity(.userName, "root"), Identity(.userName, "bob"),
    Identity(.serialNumber, "CZC1234XYZ"), Identity(.address, "192.0.2.7"),
    Identity(.macAddress, "00:1A:2B:3C:4D:5E"), Identity(.secret, "Bearer c4n4ryS3cret"),
    Identity(.machineID, "0123456789abcdef0123456789abcde0"),
  ]

  private func found(_ chunks: [[UInt8]], _ identities: [Identity] = identities) -> IdentitySearch
    .Match?
  {
    var search = IdentitySearch(identities)
    for chunk in chunks { if let match = search.feed(chunk) { return match } }
    return search.finish()
  }

  private func found(_ text: String) -> IdentitySearch.Match? { found([Array(text.utf8)]) }

  @Test(
    "what identifies is found, with its place",
    arguments: [
      ("xx gate", 3, "gate"), ("GATE", 0, "gate"), ("a-Gate.b", 2, "gate"),
      ("xczc1234xyzx", 1, "CZC1234XYZ"),
      ("ip 192.0.2.7:80", 3, "192.0.2.7"), ("001a2b3c4d5e", 0, "00:1A:2B:3C:4D:5E"),
      ("x001A.2b3c.4d5ex", 1, "00:1A:2B:3C:4D:5E"), ("c4n4rys3cret", 0, "Bearer c4n4ryS3cret"),
      ("01234567-89ab-cdef-0123-456789abcde0", 0, "0123456789abcdef0123456789abcde0"),
      ("C0 070200C0 x", 3, "192.0.2.7"), ("gategate gate", 9, "gate"),
    ])
  func places(text: String, offset: Int, identity: String) {
    let match = found(text)
    #expect(match?.offset == offset)
    #expect(match?.identity.text == identity)
  }

  @Test(
    "parts of words, short texts and names that everybody has are not",
    arguments: [
      "gateway", "igate", "192.0.2.71", "1192.0.2.7", "root", "bob", "Bearer", "", "gat", "gate2",
    ])
  func notFound(text: String) {
    #expect(found(text) == nil)
  }

  @Test("where pieces are cut changes nothing", arguments: seeds)
  func cuts(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<20 {
      var text: [UInt8] = []
      for _ in 0..<Int.random(in: 0...12, using: &generator) {
        let word = Self.identities.randomElement(using: &generator)!.text
        text += word.utf8.prefix(Int.random(in: 0...word.utf8.count, using: &generator))
        text += [" ", "x", "", "-"].randomElement(using: &generator)!.utf8
      }
      var (chunks, rest) = ([[UInt8]](), text[...])
      while !rest.isEmpty {
        let part = rest.prefix(Int.random(in: 0...5, using: &generator))
        chunks.append(Array(part))
        rest = rest.dropFirst(part.count)
      }
      #expect(
        found(chunks) == found([text]), "seed \(seed): \(String(decoding: text, as: UTF8.self))")
    }
  }

  @Test("it finds what a plain search finds", arguments: seeds)
  func asPlainly(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let letters = Array("ab".utf8)
    func word(_ count: ClosedRange<Int>) -> String {
      String(
        decoding: (0..<Int.random(in: count, using: &generator)).map { _ in
          letters.randomElement(using: &generator)!
        }, as: UTF8.self)
    }
    for _ in 0..<50 {
      // Secrets are found inside of words, so that many overlap.
      let identities = (0..<5).map { _ in Identity(.secret, word(4...7)) }
      let text = word(0...40)
      let plain = identities.contains { text.contains($0.text) }
      let match = found([Array(text.utf8)], identities)
      #expect((match != nil) == plain, "seed \(seed): \(text) \(identities.map(\.text))")
      if let match {
        #expect(text.dropFirst(match.offset).hasPrefix(match.identity.text), "seed \(seed)")
      }
    }
  }

  @Test("a short serial number counts as a word, a short number not at all")
  func shortSerialNumbers() {
    #expect(found([Array("of AB12C.".utf8)], [Identity(.serialNumber, "AB12C")]) != nil)
    #expect(found([Array("0AB12C7".utf8)], [Identity(.serialNumber, "AB12C")]) == nil)
    #expect(found([Array("1234".utf8)], [Identity(.serialNumber, "1234")]) == nil)
    #expect(found([Array("at 123456 and".utf8)], [Identity(.hostName, "123456")]) != nil)
    #expect(found([Array("51234567".utf8)], [Identity(.serialNumber, "1234567")]) == nil)
  }

  @Test("what stands in a text that everybody has is left out")
  func common() {
    let identities = [
      Identity(.userName, "upload"), Identity(.userName, "load"), Identity(.hostName, "gate"),
    ]
    let left = IdentitySearch.identities(identities, notIn: Array("an Upload, gateway".utf8))
    #expect(left.map(\.text) == ["load", "gate"])
  }

  @Test("an ordinary word in a secret does not make its other words less of one")
  func commonWordOfASecret() {
    let secret = Identity(.secret, "customer 9f8e7d6c5b4a3928")
    let left = IdentitySearch.identities([secret], notIn: Array("the Customer".utf8))
    #expect(left.map(\.text) == ["9f8e7d6c5b4a3928"])
    #expect(IdentitySearch.identities([secret], notIn: Array("the receiver".utf8)) == [secret])
  }

  @Test("a name is found as a page spells it")
  func escaped() {
    let identities = [Identity(.userName, "Sean O'Brien")]
    #expect(found([Array("by sean o&#39;brien.".utf8)], identities) != nil)
    #expect(found([Array("by Sean O'Brien.".utf8)], identities) != nil)
  }

  @Test("a secret is found word by word, a short one only where it is the whole of it")
  func secrets() {
    let key = "-----BEGIN KEY-----\nAAAABBBBCCCC\nshort\n"
    #expect(found([Array("xAAAABBBBCCCCx".utf8)], [Identity(.secret, key)])?.offset == 1)
    #expect(found([Array("short -----BEGIN KEY-----".utf8)], [Identity(.secret, key)]) == nil)
    #expect(found([Array("it is hunt2.".utf8)], [Identity(.secret, "hunt2\n")])?.offset == 6)
    let long = String(repeating: "abcdefgh", count: 100)
    #expect(found([Array(long.utf8.prefix(256))], [Identity(.secret, long)]) != nil)
  }

  @Test("each file is searched by itself, and the search goes on with the next")
  func files() {
    var search = IdentitySearch(Self.identities)
    #expect(search.feed(Array("ga".utf8)) == nil)
    #expect(search.finish() == nil)
    #expect(search.feed(Array("te".utf8)) == nil)
    #expect(search.finish() == nil)
    #expect(search.feed(Array("x gate".utf8)) == nil)
    #expect(search.finish()?.offset == 2)
  }

  @Test("more than can be searched for is said")
  func tooMuch() {
    #expect(IdentitySearch(Self.identities).isComplete)
    var generator = SeededGenerator(seed: 1)
    let many = (0..<3000).map { _ in
      Identity(
        .serialNumber,
        String(generator.next(), radix: 36) + String(repeating: "x", count: 200)
          + String(generator.next(), radix: 36))
    }
    #expect(!IdentitySearch(many).isComplete)
  }
}
