import Digest
import TestSupport
import Testing

@Suite("SHA-256")
struct SHA256Tests {
  /// FIPS 180-4's examples and the lengths around the padding, from NIST's SHA256ShortMsg.
  @Test(
    "the published vectors",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
      ),
    ])
  func published(text: String, expected: String) {
    #expect(SHA256(of: Array(text.utf8)).description == expected)
  }

  @Test("a million times the letter a")
  func million() {
    let digest = SHA256(of: [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
    #expect(
      digest.description == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    #expect(digest.bytes.count == 32)
  }

  @Test(
    "any bytes of any length: the same as sha256sum",
    arguments: [1, 55, 56, 63, 64, 65, 119, 120, 4097])
  func sha256sum(count: Int) throws {
    var generator = SeededGenerator(seed: UInt64(count))
    let content = generator.bytes(count)
    let answer = try Command("sha256sum").finish(content)
    #expect(
      String(decoding: answer.output.prefix(64), as: UTF8.self) == SHA256(of: content).description)
  }

  @Test("equal content has equal digests, and one bit makes another")
  func equality() {
    let content = [UInt8](repeating: 0, count: 100)
    #expect(SHA256(of: content) == SHA256(of: content))
    for position in content.indices {
      var other = content
      other[position] = 1
      #expect(SHA256(of: content) != SHA256(of: other))
    }
  }

  @Test("bytes as hexadecimal text")
  func hexadecimal() {
    #expect(Hexadecimal.text([]) == "")
    #expect(Hexadecimal.text([0x00, 0x0f, 0xa0, 0xff]) == "000fa0ff")
  }
}
