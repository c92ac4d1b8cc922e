import TOML
import Testing

private let anyKey = "expected a key of the letters a to z, digits, '-' and '_', or a key in quotes"
private let anyValue = "expected a string, an integer, a boolean, a date or an array"
private let anyWord = "expected an integer, a boolean, a date, or text in quotes"
private let anyBlank = "expected an ordinary blank"
private let anyNumber = "expected digits such as 42 or 2026-11-21, or text in quotes"
private let anyInteger = "expected a number from -9223372036854775808 to 9223372036854775807"
private let anyEscape =
  "expected \\\\ for a backslash, or one of \\b \\t \\n \\f \\r \\\" \\uXXXX \\UXXXXXXXX"

@Suite("What is not TOML")
struct SyntaxErrorTests {
  private static let cases: [(String, String)] = [
    ("a", "1:2: unexpected end of line after the key; expected '=' and a value"),
    ("a =", "1:4: unexpected end of line where a value should be; \(anyValue)"),
    ("a = # x", "1:5: unexpected '#' where a value should be; \(anyValue)"),
    ("a = \n1", "1:5: unexpected end of line where a value should be; \(anyValue)"),
    ("= 1", "1:1: unexpected '=' where a key should be; \(anyKey)"),
    ("a 1", "1:3: unexpected '1' after the key; expected '=' and a value"),
    ("a = 1 b = 2", "1:7: unexpected 'b' after the value; expected the end of the line"),
    ("a = 1, b = 2", "1:6: unexpected ',' after the value; expected the end of the line"),
    ("a. = 1", "1:4: unexpected '=' where a key should be; \(anyKey)"),
    (".a = 1", "1:1: unexpected '.' where a key should be; \(anyKey)"),
    ("a..b = 1", "1:3: unexpected '.' where a key should be; \(anyKey)"),
    ("\u{E4} = 1", "1:1: unexpected '\u{E4}' where a key should be; \(anyKey)"),
    ("a = \"x", "1:5: the string is not closed on its line; expected a closing \""),
    ("a = \"x\n\"", "1:5: the string is not closed on its line; expected a closing \""),
    ("a = 'x", "1:5: the string is not closed on its line; expected a closing '"),
    ("a = \"\\x\"", "1:6: the backslash starts no escape that TOML knows; \(anyEscape)"),
    ("a = \"\\u12\"", "1:6: the escape is cut short; expected 4 hexadecimal digits"),
    (
      "a = \"\\uD800\"",
      "1:6: the escape is not a Unicode character; expected 0000 to D7FF or E000 to 10FFFF"
    ),
    (
      "a = \"\\U00110000\"",
      "1:6: the escape is not a Unicode character; expected 0000 to D7FF or E000 to 10FFFF"
    ),
    ("a = \"\\", "1:6: the backslash starts no escape that TOML knows; \(anyEscape)"),
    ("a = yes", "1:5: yes is not a value; \(anyWord) (did you mean \"yes\" with quotes?)"),
    (
      "a = \u{201C}deny\u{201D}",
      "1:5: a typographic quote (\u{201C}) stands here; expected \""
    ),
    ("a = deny\u{BB}", "1:9: a typographic quote (\u{BB}) stands here; expected \""),
    ("\u{2018}a\u{2019} = 1", "1:1: a typographic quote (\u{2018}) stands here; expected \""),
    ("a =\u{A0}1", "1:4: U+00A0 stands here, which only looks like a blank; \(anyBlank)"),
    ("\u{3000}a = 1", "1:1: U+3000 stands here, which only looks like a blank; \(anyBlank)"),
    ("a\u{202F}= 1", "1:2: U+202F stands here, which only looks like a blank; \(anyBlank)"),
    (
      "a = user:geheim@proxy:3128",
      "1:5: text without quotes is not a value; \(anyWord) (did you mean quotes around it?)"
    ),
    (
      "a = ghp0123456789abcdef",
      "1:5: text without quotes is not a value; \(anyWord) (did you mean quotes around it?)"
    ),
    (
      "a = 1user:geheim@proxy:3128",
      "1:5: …@proxy:3128 is neither an integer nor a date; expected digits such as 42 or 2026-11-21, or text in quotes"
    ),
    ("a = True", "1:5: True is not a value; \(anyWord) (did you mean true?)"),
    ("a = inf2", "1:5: inf2 is not a value; \(anyWord) (did you mean \"inf2\" with quotes?)"),
    ("a = 10s", "1:5: 10s is neither an integer nor a date; \(anyNumber)"),
    ("a = 01", "1:5: 01 is neither an integer nor a date; \(anyNumber)"),
    ("a = 1__0", "1:5: 1__0 is neither an integer nor a date; \(anyNumber)"),
    ("a = _1", "1:5: _1 is not a value; \(anyWord) (did you mean \"_1\" with quotes?)"),
    ("a = 1_", "1:5: 1_ is neither an integer nor a date; \(anyNumber)"),
    ("a = 0x", "1:5: 0x is neither an integer nor a date; \(anyNumber)"),
    ("a = 0xG", "1:5: 0xG is neither an integer nor a date; \(anyNumber)"),
    ("a = -0x1", "1:5: -0x1 is neither an integer nor a date; \(anyNumber)"),
    ("a = 0X1", "1:5: 0X1 is neither an integer nor a date; \(anyNumber)"),
    ("a = 1.2.3.4", "1:5: 1.2.3.4 is neither an integer nor a date; \(anyNumber)"),
    (
      "a = 9223372036854775808", "1:5: 9223372036854775808 does not fit into 64 bits; \(anyInteger)"
    ),
    ("a = 0xffffffffffffffff", "1:5: 0xffffffffffffffff does not fit into 64 bits; \(anyInteger)"),
    (
      "a = 2026-02-30", "1:5: 2026-02-30 is not in the calendar; expected a date such as 2026-11-21"
    ),
    (
      "a = 2026-13-01", "1:5: 2026-13-01 is not in the calendar; expected a date such as 2026-11-21"
    ),
    (
      "a = 0000-01-01", "1:5: 0000-01-01 is not in the calendar; expected a date such as 2026-11-21"
    ),
    ("a = 2026-1-1", "1:5: 2026-1-1 is neither an integer nor a date; \(anyNumber)"),
    ("a = 2026-11-21x", "1:5: 2026-11-21x is neither an integer nor a date; \(anyNumber)"),
    ("[a", "1:3: unexpected end of line in the header; expected ']' after the name of the table"),
    ("[]", "1:2: unexpected ']' where a key should be; \(anyKey)"),
    ("[a]]", "1:4: unexpected ']' after the header; expected the end of the line"),
    ("[a] b = 1", "1:5: unexpected 'b' after the header; expected the end of the line"),
    (
      "[a\n]", "1:3: unexpected end of line in the header; expected ']' after the name of the table"
    ),
    ("[a.]", "1:4: unexpected ']' where a key should be; \(anyKey)"),
    ("[ [a]]", "1:3: unexpected '[' where a key should be; \(anyKey)"),
    ("a = [1 2]", "1:8: unexpected '2' in the array; expected ',' or ']'"),
    ("a = [1", "1:5: the array is not closed; expected ']'"),
    ("a = [,]", "1:6: unexpected ',' where a value should be; \(anyValue)"),
    ("a = [1,,2]", "1:8: unexpected ',' where a value should be; \(anyValue)"),
    ("a = [1}", "1:7: unexpected '}' in the array; expected ',' or ']'"),
    ("a = {b = 1,}", "1:12: unexpected '}' where a key should be; \(anyKey)"),
    (
      "a = {b = 1\n}",
      "1:11: unexpected end of line in the inline table; expected ',' or '}', all on one line"
    ),
    (
      "a = {b = 1",
      "1:11: unexpected end of line in the inline table; expected ',' or '}', all on one line"
    ),
    ("a = {b}", "1:7: unexpected '}' after the key; expected '=' and a value"),
    (
      "a = {b = 1 c = 2}",
      "1:12: unexpected 'c' in the inline table; expected ',' or '}', all on one line"
    ),
    ("a = ]", "1:5: unexpected ']' where a value should be; \(anyValue)"),
    ("}", "1:1: unexpected '}' where a key should be; \(anyKey)"),
    ("a.b.c.d.e.f.g.h.i = 1", "1:17: the key has more than 8 parts; expected fewer dots"),
  ]

  @Test("a slip is answered with its place and what would be right", arguments: cases)
  func slip(document: String, sentence: String) {
    #expect(refusal(document) == sentence)
  }

  @Test("the error stands in the line in which the slip is", arguments: ["\n", "\r\n"])
  func line(end: String) {
    let document = ["# é", "[a]", "b = 'é'", "c = 1 2"].joined(separator: end)
    #expect(
      refusal(document) == "4:7: unexpected '2' after the value; expected the end of the line")
  }
}
