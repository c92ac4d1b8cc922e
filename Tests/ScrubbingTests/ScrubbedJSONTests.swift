import Testing

@testable import Scrubbing

@Suite struct ScrubbedJSONTests {
  private func scrubbed(_ json: String) -> String {
    var scrubber = Scrubber(book: PseudonymBook(), identities: [Identity(.hostName, "ward7-gate")])
    return String(decoding: scrubber.scrub(json: Array(json.utf8)), as: UTF8.self)
  }

  @Test(
    "strings are scrubbed, and what is around them stays",
    arguments: [
      (#"{"a":"at ward7-gate","n":12.5,"b":null}"#, #"{"a":"at host-1","n":12.5,"b":null}"#),
      (
        #"{"a":"see journalctl -u accordd","b":"x: y"}"#,
        #"{"a":"see journalctl -u accordd","b":"x: y"}"#
      ),
      (#"{"a":"x\npassword=hunter22"}"#, #"{"a":"x\npassword=[removed: password]"}"#),
      (#"{"a":"\"ward7-gate\" \\ \u0001é"}"#, #"{"a":"\"host-1\" \\ \u0001é"}"#),
      (#"{"a":"unfinished"#, #"{"a":"unfinished"#), ("", ""), (#"{"a":"\"#, #"{"a":"\\"#),
    ])
  func strings(json: String, expected: String) { #expect(scrubbed(json) == expected) }
}
