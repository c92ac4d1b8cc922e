import TOML
import Testing

private let anyKey = "expected a key of the letters a to z, digits, '-' and '_', or a key in quotes"
private let oneLine = "expected a string in single quotes or double quotes, on one line"
private let dateOrText = "expected a date such as 2026-11-21, or text in quotes"
private let lineEnds = "expected lines that end with LF or CR LF"
private let nul =
  "the file holds a NUL byte here; expected text; it may be cut short: save it again"
private let noMark = "expected a file saved as UTF-8 without byte order mark"
private let utf8 = "expected a file saved as UTF-8"

private func control(_ code: String) -> String {
  "the control character U+\(code) is not allowed in a file;"
    + " expected \\u\(code) in a string in double quotes, if it is meant"
}

@Suite("What is refused although another reader may take it")
struct RefusedTests {
  private static let features: [(String, String)] = [
    ("a = 1.5", "1:5: floats are not supported; expected a whole number"),
    ("a = -1e10", "1:5: floats are not supported; expected a whole number"),
    ("a = +inf", "1:5: floats are not supported; expected a whole number"),
    ("a = nan", "1:5: floats are not supported; expected a whole number"),
    ("a = 2026-11-21T10:00:00Z", "1:5: date-times are not supported; \(dateOrText)"),
    ("a = 2026-11-21t10:00", "1:5: date-times are not supported; \(dateOrText)"),
    ("a = [2026-11-21 10:00:00]", "1:6: date-times are not supported; \(dateOrText)"),
    ("a = 10:00:00", "1:5: times are not supported; \(dateOrText)"),
    ("a = \"\"\"x\"\"\"", "1:5: multi-line strings are not supported; \(oneLine)"),
    ("a = '''", "1:5: multi-line strings are not supported; \(oneLine)"),
    ("\"\"\"a\"\"\" = 1", "1:1: multi-line strings are not supported; \(oneLine)"),
    (
      "[[a]]",
      "1:1: arrays of tables such as [[name]] are not supported; expected a table such as [name]"
    ),
    (
      "  [[a]]\n",
      "1:3: arrays of tables such as [[name]] are not supported; expected a table such as [name]"
    ),
  ]

  @Test("a feature of TOML that is not supported is refused by name", arguments: features)
  func feature(document: String, sentence: String) {
    #expect(refusal(document) == sentence)
  }

  private static let encodings: [([UInt8], String)] = [
    (
      Array("a = 1\u{0}".utf8),
      "1:6: \(nul)"
    ),
    (
      Array("a = \"\u{7}\"".utf8),
      "1:6: \(control("0007"))"
    ),
    (
      Array("a = '\u{7F}'".utf8),
      "1:6: \(control("007F"))"
    ),
    (
      Array("# \u{1B}".utf8),
      "1:3: \(control("001B"))"
    ),
    (Array("a = 1\rb = 2".utf8), "1:6: a carriage return stands without a line feed; \(lineEnds)"),
    (Array("a = 1\r".utf8), "1:6: a carriage return stands without a line feed; \(lineEnds)"),
    (
      Array("\u{B}".utf8),
      "1:1: \(control("000B"))"
    ),
    ([0x61, 0xFF], "1:2: the file is not valid UTF-8 here; \(utf8)"),
    ([0x23, 0x20, 0xC3], "1:3: the file is not valid UTF-8 here; \(utf8)"),
    (
      [0x61, 0x20, 0x3D, 0x20, 0x22, 0xED, 0xA0, 0x80, 0x22],
      "1:6: the file is not valid UTF-8 here; \(utf8)"
    ),
    ([0x23, 0x20, 0xC0, 0x80], "1:3: the file is not valid UTF-8 here; \(utf8)"),
    (Array("\u{FEFF}a = 1".utf8), "1:1: the file starts with a byte order mark; \(noMark)"),
    (Array("\n\u{FEFF}a = 1".utf8), "2:1: unexpected '\\uFEFF' where a key should be; \(anyKey)"),
    ([0xFF, 0xFE, 0x61, 0x00], "1:1: the file is saved as UTF-16; \(utf8)"),
    ([0xFE, 0xFF, 0x00, 0x61], "1:1: the file is saved as UTF-16; \(utf8)"),
    ([0x61, 0x00, 0x20, 0x00], "1:1: the file is saved as UTF-16; \(utf8)"),
    ([0x00, 0x61, 0x00, 0x20], "1:1: the file is saved as UTF-16; \(utf8)"),
    ([0x23, 0x00, 0x00, 0x00], "1:2: \(nul)"),
    ([0x00], "1:1: \(nul)"),
    ([0xFF, 0x61], "1:1: the file is not valid UTF-8 here; \(utf8)"),
  ]

  @Test("bytes that no text file should hold are refused", arguments: encodings)
  func encoding(document: [UInt8], sentence: String) {
    #expect(refusal(document) == sentence)
  }

  @Test("a key of more than 256 characters is refused")
  func longKey() {
    let key = String(repeating: "k", count: 256)
    #expect(refusal("\(key) = 1") == nil)
    #expect(
      refusal("\(key)k = 1")
        == "1:1: the key is longer than 256 characters; expected a shorter key")
  }

  @Test(
    "ten thousand brackets are refused at the ninth",
    arguments: [("[", "1:12"), ("{a=", "1:28"), ("[{a=", "1:20")])
  func brackets(bracket: String, place: String) {
    let document = "a =" + String(repeating: bracket, count: 10_000)
    let sentence = "arrays and inline tables stand in each other more than 8 deep"
    #expect(refusal(document) == "\(place): \(sentence); expected fewer brackets")
  }

  @Test("long text is cut in a message, and nothing reaches a terminal that it obeys")
  func shown() {
    let long = String(repeating: "9", count: 1_000_000)
    #expect(refusal("a = \(long)")?.hasPrefix("1:5: \(long.prefix(60))… does not fit") == true)
    #expect(TOMLError.shown("\u{1B}[2J\u{202E}é\n") == "\\u001B[2J\\u202Eé\\u000A")
  }
}
