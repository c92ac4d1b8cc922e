import Handshake
import Testing

@testable import Delivery

@Suite("The file of headers")
struct HeadersFileTests {
  /// The problem with which a text is refused, nil when it is accepted.
  private func refusal(_ bytes: [UInt8]) -> String? {
    do {
      _ = try HeadersFile.parse(bytes, path: "/etc/accord/headers")
      return nil
    } catch { return "\(error)" }
  }

  @Test("a line is a header, a comment or blank")
  func lines() throws {
    let text = "# who we are\n\nAuthorization: Bearer a:b=\n  X-Scope-OrgID :\tsite 7 \n\t\n#X: y"
    #expect(refusal(Array(text.utf8))?.contains(":4:1: a header's name has a character") == true)
    let good = text.replacing(" :\t", with: ":\t")
    let headers = try HeadersFile.parse(Array(good.utf8), path: "")
    #expect(headers.map(\.name) == ["Authorization", "X-Scope-OrgID"])
    #expect(headers.map(\.value) == ["Bearer a:b=", "site 7"])
    #expect(try HeadersFile.parse([], path: "").isEmpty)
  }

  @Test(
    "what is no header is refused with its line, and no value is ever shown",
    arguments: [
      ("secret", "there is no colon"),
      ("X secret: secret", "a header's name has a character it may not have"),
      (": secret", "a header's name has a character it may not have"),
      ("Authorization: secret\r", "the value of the header Authorization has a control character"),
      (
        "Authorization: sec\u{0}ret",
        "the value of the header Authorization has a control character"
      ),
      (
        "Authorization: \u{1B}[2Jsecret",
        "the value of the header Authorization has a control character"
      ),
      ("Authorization:", "the header Authorization has no value"),
      ("a: secret", "the header a stands twice"), ("A:secret", "the header A stands twice"),
    ]
      + [
        "Content-Type", "content-length", "Content-Encoding", "HOST", "Transfer-Encoding",
        "Connection",
        "User-Agent", "Proxy-Authorization", "Accept-Encoding", "Expect",
      ].map { ("\($0): secret", "the header \($0) is set by the client") })
  func refused(line: String, problem: String) {
    let refusal = refusal(Array("A: 1\n\(line)\nB: 2\n".utf8))
    #expect(
      refusal
        == "/etc/accord/headers:2:1: \(problem); expected 'Name: value', a comment or a blank line")
  }

  @Test("bytes that are no text are refused")
  func noText() {
    #expect(refusal([0x41, 0x3A, 0xFF])?.contains(":1:1: it is no UTF-8") == true)
  }
}
