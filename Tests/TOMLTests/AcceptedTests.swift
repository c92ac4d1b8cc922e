import TOML
import Testing

@Suite("What is accepted")
struct AcceptedTests {
  private static let values: [(String, Plain)] = [
    (#""""#, .text("")),
    (#""a\b\t\n\f\r\"\\\u00e9\U0001F600""#, .text("a\u{8}\t\n\u{C}\r\"\\é😀")),
    ("\"tab\té # no comment\"", .text("tab\té # no comment")),
    (#"'C:\new "x"'"#, .text(#"C:\new "x""#)),
    ("'e\u{301}'", .text("e\u{301}")),
    ("'\u{85}\u{2028}\u{FEFF}'", .text("\u{85}\u{2028}\u{FEFF}")),
    ("0", .integer(0)), ("+0", .integer(0)), ("-0", .integer(0)), ("+17", .integer(17)),
    ("1_000_000", .integer(1_000_000)),
    ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
    ("0xDead_beef", .integer(0xDEAD_BEEF)), ("0o0755", .integer(0o755)),
    ("0b1_0", .integer(2)), ("0x7fffffffffffffff", .integer(.max)), ("0x00", .integer(0)),
    ("true", .boolean(true)), ("false", .boolean(false)),
    ("2024-02-29", .date(LocalDate(year: 2024, month: 2, day: 29)!)),
    ("0001-01-01", .date(LocalDate(year: 1, month: 1, day: 1)!)),
    ("9999-12-31", .date(LocalDate(year: 9999, month: 12, day: 31)!)),
    ("2000-02-29", .date(LocalDate(year: 2000, month: 2, day: 29)!)),
    ("[]", .array([])), ("[ # empty\n]", .array([])),
    (
      "[1, 'two',\r\n # three\n\n\t[true], ]",
      .array([.integer(1), .text("two"), .array([.boolean(true)])])
    ),
    (
      "[[[[[[[[1]]]]]]]]",
      .array([.array([.array([.array([.array([.array([.array([.array([.integer(1)])])])])])])])])
    ),
    ("{}", .pairs([:])), ("{ }", .pairs([:])),
    (
      "{ a = 1, b.c = 2, b.d = [\n3] }",
      .pairs(["a": .integer(1), "b": .pairs(["c": .integer(2), "d": .array([.integer(3)])])])
    ),
  ]

  @Test("each kind of value comes back as written", arguments: values)
  func value(written: String, expected: Plain) throws {
    for end in ["", "\n", " # comment", "\r\n"] {
      #expect(Plain(try parse("key = \(written)\(end)")) == .pairs(["key": expected]))
    }
  }

  private static let documents: [(String, Plain)] = [
    ("", .pairs([:])), ("\n \t\n# only a comment é\t\r\n", .pairs([:])),
    ("a=1\nb =2\r\n\tc= 3", .pairs(["a": .integer(1), "b": .integer(2), "c": .integer(3)])),
    (
      "1234 = 1\n-_- = 2\nA.2 = 3",
      .pairs(["1234": .integer(1), "-_-": .integer(2), "A": .pairs(["2": .integer(3)])])
    ),
    (
      #""host.name" = 1"# + "\n'' = 2\n" + #""\u0041" = 3"#,
      .pairs(["host.name": .integer(1), "": .integer(2), "A": .integer(3)])
    ),
    ("a . 'b' . \"c\" = 1", .pairs(["a": .pairs(["b": .pairs(["c": .integer(1)])])])),
    ("[a]\n[b]\nx = 1", .pairs(["a": .pairs([:]), "b": .pairs(["x": .integer(1)])])),
    (
      "[ a . b ] # comment\nx = 1\n[a]\ny = 2",
      .pairs(["a": .pairs(["b": .pairs(["x": .integer(1)]), "y": .integer(2)])])
    ),
    // The example of the specification: a header may add a table below one made by dotted keys.
    (
      "[fruit]\napple.color = 'red'\napple.taste.sweet = true\n[fruit.apple.texture]\nsoft = true",
      .pairs([
        "fruit": .pairs([
          "apple": .pairs([
            "color": .text("red"), "taste": .pairs(["sweet": .boolean(true)]),
            "texture": .pairs(["soft": .boolean(true)]),
          ])
        ])
      ])
    ),
    (
      "a.b.c = 1\na.d = 2\na.b.e = 3",
      .pairs(["a": .pairs(["b": .pairs(["c": .integer(1), "e": .integer(3)]), "d": .integer(2)])])
    ),
    ("true = true\n2026-11-21 = 1", .pairs(["true": .boolean(true), "2026-11-21": .integer(1)])),
  ]

  @Test("keys, headers and lines make the tables that TOML 1.0 says", arguments: documents)
  func document(written: String, expected: Plain) throws {
    #expect(Plain(try parse(written)) == expected)
  }

  @Test("places count lines from LF and CR LF, and columns in Unicode scalars")
  func places() throws {
    let document = try parse("# é\r\n\t'e\u{301}' = 1")
    let entry = try #require(document["e\u{301}"])
    #expect(entry.keyPlace == Place(line: 2, column: 2))
    #expect(entry.value.place == Place(line: 2, column: 9))
  }

  @Test("every table, key and element has its place")
  func nestedPlaces() throws {
    let document = try parse("[a.b]\nc = [1,\n  {d = 2}]\n[a]\ne.f = 3")
    #expect(document.place == Place(line: 1, column: 1))
    let outer = try #require(document["a"])
    #expect(outer.keyPlace == Place(line: 1, column: 2))
    #expect(outer.value.place == Place(line: 4, column: 1))
    let inner = try outer.table()["b"]
    #expect(inner?.keyPlace == Place(line: 1, column: 4))
    #expect(inner?.value.place == Place(line: 1, column: 1))
    guard case .array(let elements)? = try inner?.table()["c"]?.value.kind else {
      Issue.record("c is no array")
      return
    }
    #expect(elements.map(\.place) == [Place(line: 2, column: 6), Place(line: 3, column: 3)])
    let dotted = try #require(try outer.table()["e"])
    #expect(dotted.value.place == Place(line: 5, column: 1))
    #expect(try dotted.table()["f"]?.keyPlace == Place(line: 5, column: 3))
  }
}
