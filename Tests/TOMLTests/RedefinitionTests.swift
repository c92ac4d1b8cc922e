import TOML
import Testing

private let insideBraces = "expected all its keys inside the braces there"
private let oneHeader = "expected all its keys below one header"
private let besideDotted = "expected its keys beside the dotted key there"
private let once = "expected each key once"

@Suite("What is defined twice")
struct RedefinitionTests {
  private static let cases: [(String, String)] = [
    ("a = 1\na = 2", "2:1: 'a' is already an integer, at line 1, column 1; \(once)"),
    ("a = 1\n\"\\u0061\" = 2", "2:1: 'a' is already an integer, at line 1, column 1; \(once)"),
    ("[a]\n[a]", "2:2: 'a' is already a table, at line 1, column 1; \(oneHeader)"),
    ("[a]\n[b]\n[ \"a\" ]", "3:3: 'a' is already a table, at line 1, column 1; \(oneHeader)"),
    ("a = 1\n[a]", "2:2: 'a' is already an integer, at line 1, column 1; \(once)"),
    ("a = 1\na.b = 2", "2:1: 'a' is already an integer, at line 1, column 1; \(once)"),
    ("a.b = 1\na = 2", "2:1: 'a' is already a table, at line 1, column 1; \(besideDotted)"),
    ("a.b = 1\n[a]", "2:2: 'a' is already a table, at line 1, column 1; \(besideDotted)"),
    ("[a]\nb.c = 1\n[a.b]", "3:4: 'b' is already a table, at line 2, column 1; \(besideDotted)"),
    ("[a.b]\n[a]\nb.c = 1", "3:1: 'b' is already a table, at line 1, column 1; \(oneHeader)"),
    ("[a.b]\n[a]\nb = 1", "3:1: 'b' is already a table, at line 1, column 1; \(oneHeader)"),
    (
      "[a.b.c]\nx=1\n[a]\nb.c.y = 2",
      "4:1: 'b' is already a table, at line 1, column 4; \(oneHeader)"
    ),
    ("a = {}\n[a.b]", "2:2: 'a' is already a table, at line 1, column 1; \(insideBraces)"),
    ("a = {b = 1}\na.c = 2", "2:1: 'a' is already a table, at line 1, column 1; \(insideBraces)"),
    ("a = {b = 1}\n[a]", "2:2: 'a' is already a table, at line 1, column 1; \(insideBraces)"),
    ("a = {b = {}, b.c = 1}", "1:14: 'b' is already a table, at line 1, column 6; \(insideBraces)"),
    ("a = {b = 1, b = 2}", "1:13: 'b' is already an integer, at line 1, column 6; \(once)"),
    ("a = [{}]\n[a.b]", "2:2: 'a' is already an array, at line 1, column 1; \(once)"),
    ("[a]\nb = 1\n[a.b.c]", "3:4: 'b' is already an integer, at line 2, column 1; \(once)"),
    (
      "\"é\" = 1\n\"e\u{301}\" = 2",
      "2:1: 'e\u{301}' is already an integer, at line 1, column 1; \(once)"
    ),
  ]

  @Test(
    "a table whose name differs only in how an accent is encoded is not taken for the other",
    arguments: [
      "'é'.a = 1\n'e\u{301}'.b = 2", "['é'.a]\n['e\u{301}'.b]", "['é'.a]\n['e\u{301}']",
      "t = {'é'.a = 1, 'e\u{301}'.b = 2}",
    ])
  func lookalikes(document: String) {
    let sentence = "'e\u{301}' is already a table, at line 1, column "
    #expect(refusal(document)?.contains(sentence) == true)
    let identical = document.split(separator: "e\u{301}").joined(separator: "é")
    #expect(refusal(identical) == nil)
  }

  @Test("a key or table given twice is refused with both places", arguments: cases)
  func twice(document: String, sentence: String) {
    #expect(refusal(document) == sentence)
  }
}
