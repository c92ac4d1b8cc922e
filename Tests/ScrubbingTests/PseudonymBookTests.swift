import Scrubbing
import TestSupport
import Testing

@Suite("PseudonymBook")
struct PseudonymBookTests {
  private static let kinds = Identity.Kind.allCases.filter { $0 != .secret }

  @Test("a book that was written is read again as it was", arguments: seeds)
  func comesBack(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var book = PseudonymBook()
    var names: [String: String] = [:]
    for _ in 0..<50 {
      let text = String(
        decoding: generator.bytes(Int.random(in: 1...30, using: &generator)), as: UTF8.self)
      let kind = Self.kinds.randomElement(using: &generator)!
      if let name = book.name(for: text, kind) { names[name] = book.text(of: name) }
    }
    var again = try #require(PseudonymBook(decoding: book.encoded()), "seed \(seed)")
    #expect(again == book, "seed \(seed)")
    for (name, text) in names { #expect(again.text(of: name) == text, "seed \(seed)") }
    #expect(
      again.name(for: "something new", .hostName) == book.name(for: "something new", .hostName))
  }

  @Test("one thing has one name in every spelling, and kinds count apart")
  func names() {
    var book = PseudonymBook()
    #expect(book.name(for: "Gate", .hostName) == "host-1")
    #expect(book.name(for: "gate", .hostName) == "host-1")
    #expect(book.name(for: "gate", .userName) == "user-1")
    #expect(book.name(for: "00:1A:2B:3C:4D:5E", .macAddress) == "mac-1")
    #expect(book.name(for: "001a2b3c4d5e", .macAddress) == "mac-1")
    #expect(book.name(for: "2001:db8:0::7", .address) == "ip-1")
    #expect(book.name(for: "2001:DB8::0007", .address) == "ip-1")
    #expect(book.name(for: "::ffff:192.0.2.7", .address) == "ip-2")
    #expect(book.name(for: "192.0.2.7", .address) == "ip-2")
    #expect(book.text(of: "IP-2") == "192.0.2.7")
    #expect(book.count == 5)
  }

  @Test("what was known to identify is remembered; what was recognised by its form is not")
  func known() throws {
    var book = PseudonymBook()
    for name in ["gate", "nas.clinic.example", "nas.lan"] { _ = book.name(for: name, .hostName) }
    _ = book.name(for: "video", .userName)
    let identities = [
      Identity(.hostName, "Gate"), Identity(.domainName, "clinic.example"),
      Identity(.hostName, "video"),
    ]
    let expected = [Identity(.hostName, "nas.clinic.example"), Identity(.hostName, "gate")]
    let again = try #require(PseudonymBook(decoding: book.knowing(identities).encoded()))
    #expect(again.knownIdentities == expected && again == book.knowing(identities))
    #expect(again.knowing([]).knownIdentities == expected && book.knownIdentities.isEmpty)
    #expect(again.text(of: "host-1") == "gate")
  }

  @Test("secrets, control characters and very long texts have no name, and stand nowhere")
  func nameless() {
    var book = PseudonymBook()
    #expect(book.name(for: "hunter2", .secret) == nil)
    #expect(book.name(for: "", .hostName) == nil)
    #expect(book.name(for: "a\nhost 7 b", .hostName) == nil)
    #expect(book.name(for: String(repeating: "a", count: 257), .hostName) == nil)
    #expect(book == PseudonymBook())
  }

  @Test("a flood of names ends, and leaves those that were there")
  func bounded() {
    var book = PseudonymBook()
    for number in 0..<5000 { _ = book.name(for: "a\(number)@b.example", .mail) }
    #expect(book.count == 4096)
    #expect(book.name(for: "a1@b.example", .mail) == "mail-2")
    #expect(book.name(for: "a4999@b.example", .mail) == nil)
    var scrubber = Scrubber(book: book, identities: [])
    #expect(scrubber.scrub("a4999@b.example") == "[removed: name]")
  }

  @Test(
    "what this version did not write is not read",
    arguments: [
      "", "\n", "accord pseudonyms 2\n", "accord pseudonyms 1", "accord pseudonyms 1\n\n",
      "accord pseudonyms 1\nhost 1 a", "accord pseudonyms 1\nhost 1 a\nhost 1 b\n",
      "accord pseudonyms 1\nhost 1 a\nhost 2 a\n", "accord pseudonyms 1\nhost 2 a\nhost 1 b\n",
      "accord pseudonyms 1\nhost 01 a\n", "accord pseudonyms 1\nhost 0 a\n",
      "accord pseudonyms 1\nhost -1 a\n",
      "accord pseudonyms 1\nhost 1** a\n", "accord pseudonyms 1\nhost *1 a\n",
      "accord pseudonyms 1\nhost 1*1 a\n", "accord pseudonyms 1\nhost * a\n",
      "accord pseudonyms 1\nhost 99999 a\n", "accord pseudonyms 1\nsecret 1 a\n",
      "accord pseudonyms 1\nwhat 1 a\n",
      "accord pseudonyms 1\nhost 1 A\n", "accord pseudonyms 1\nhost 1\n",
      "accord pseudonyms 1\nhost 1 \n",
      "accord pseudonyms 1\nhost 1 a\r\n", "accord pseudonyms 1\nip 1 192.0.02.7\n",
    ])
  func refused(text: String) {
    #expect(PseudonymBook(decoding: Array(text.utf8)) == nil)
  }

  @Test("a byte that is no UTF-8 makes it another book")
  func notText() {
    let bytes = Array("accord pseudonyms 1\nhost 1 a".utf8) + [0xFF, 0x0A]
    #expect(PseudonymBook(decoding: bytes) == nil)
  }
}
