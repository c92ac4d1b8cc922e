import Testing

@testable import Scrubbing

@Suite struct ScrubbedHTMLTests {
  private func scrubbed(_ page: String) -> String {
    let identities = [
      Identity(.hostName, "ward7-gate"), Identity(.userName, "Sean O'Brien"),
      Identity(.secret, "ab&cd1234"),
    ]
    var scrubber = Scrubber(book: PseudonymBook(), identities: identities)
    return String(decoding: scrubber.scrub(html: Array(page.utf8)), as: UTF8.self)
  }

  @Test(
    "texts and the values of attributes are scrubbed as they are read, and tags stay",
    arguments: [
      ("<p>at ward7-gate &amp; on</p>", "<p>at host-1 &amp; on</p>"),
      (#"<a title="ward7-gate">x</a>"#, #"<a title="host-1">x</a>"#),
      (
        "<td>Sean O&#39;Brien</td><td>ab&amp;cd1234</td>",
        "<td>user-1</td><td>[removed: secret]</td>"
      ),
      (
        "<td>password=&quot;correct horse&quot; it said</td>",
        "<td>password=&quot;[removed: password]&quot; it said</td>"
      ),
      ("<p>a &lt; b, &nbsp;c &am</p>", "<p>a &lt; b, &nbsp;c &am</p>"), ("", ""),
    ])
  func texts(page: String, expected: String) { #expect(scrubbed(page) == expected) }
}
