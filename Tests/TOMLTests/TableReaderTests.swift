import TOML
import Testing

@Suite("A table is read by its schema")
struct TableReaderTests {
  private enum Mode: String, CaseIterable { case deny, local, share }

  private func reader(_ text: String, name: String = "") throws(TOMLError) -> TableReader {
    TableReader(try parse(text), name: name)
  }

  /// The sentence with which the schema refuses the document.
  private func refusal(
    _ text: String, name: String = "", _ schema: (inout TableReader) throws(TOMLError) -> Void
  ) -> String? {
    do throws(TOMLError) {
      var reader = try reader(text, name: name)
      try schema(&reader)
      try reader.finish()
      return nil
    } catch {
      return error.description
    }
  }

  @Test("every type is handed out with the place of its value")
  func types() throws {
    var reader = try reader(
      """
      string = "s"
      integer = 2
      boolean = true
      date = 2026-11-21
      strings = ["a", "b"]
      mode = "share"
      keep = "30 days"
      quota = "64 MiB"
      [table]
      key = 1
      """)
    #expect(try reader.string("string") == Located("s", at: Place(line: 1, column: 10)))
    #expect(try reader.integer("integer") == Located(2, at: Place(line: 2, column: 11)))
    #expect(try reader.boolean("boolean") == Located(true, at: Place(line: 3, column: 11)))
    #expect(try reader.date("date").value == LocalDate(year: 2026, month: 11, day: 21))
    let strings = try reader.strings("strings")
    #expect(strings.place == Place(line: 5, column: 11))
    #expect(
      strings.value == [
        Located("a", at: Place(line: 5, column: 12)), Located("b", at: Place(line: 5, column: 17)),
      ])
    #expect(try reader.choice("mode", of: Mode.self).value == .share)
    #expect(try reader.durationMilliseconds("keep").value == 30 * 86_400_000)
    #expect(try reader.sizeBytes("quota").value == 64 << 20)
    var table = try reader.table("table")
    #expect(table.name == "table")
    #expect(try table.integer("key").value == 1)
    try table.finish()
    try reader.finish()
  }

  @Test("an optional key that is absent is nil, and known all the same")
  func optional() throws {
    var reader = try reader("")
    #expect(try reader.optionalString("a") == nil)
    #expect(try reader.optionalInteger("b") == nil)
    #expect(try reader.optionalBoolean("c") == nil)
    #expect(try reader.optionalDate("d") == nil)
    #expect(try reader.optionalStrings("e") == nil)
    #expect(try reader.optionalChoice("f", of: Mode.self) == nil)
    #expect(try reader.optionalDurationMilliseconds("g") == nil)
    #expect(try reader.optionalSizeBytes("h") == nil)
    #expect(try reader.optionalTable("i") == nil)
    try reader.finish()
    #expect(
      refusal("interval = 1") { reader throws(TOMLError) in
        _ = try reader.optionalString("intervall")
      } == "1:1: unknown key 'interval'; expected 'intervall'; did you mean 'intervall'?")
  }

  @Test("a wrong type says what it is and what was expected")
  func mismatch() {
    #expect(
      refusal("k = 1") { reader throws(TOMLError) in _ = try reader.string("k") }
        == "1:5: 'k' is an integer; expected a string, for example k = \"…\"")
    #expect(
      refusal("accepts = '1'") { reader throws(TOMLError) in _ = try reader.integer("accepts") }
        == "1:11: 'accepts' is a string; expected an integer, for example accepts = 2")
    #expect(
      refusal("k = '1'") { reader throws(TOMLError) in _ = try reader.optionalBoolean("k") }
        == "1:5: 'k' is a string; expected a boolean, for example k = true")
    #expect(
      refusal("k = true") { reader throws(TOMLError) in _ = try reader.date("k") }
        == "1:5: 'k' is a boolean; expected a date, for example k = 2026-11-21")
    #expect(
      refusal("k = []") { reader throws(TOMLError) in _ = try reader.choice("k", of: Mode.self) }
        == "1:5: 'k' is an array; expected \"deny\", \"local\" or \"share\", for example k = \"deny\""
    )
    #expect(
      refusal("[k]") { reader throws(TOMLError) in _ = try reader.durationMilliseconds("k") }
        == "1:1: 'k' is a table; expected a duration, for example k = \"15min\"")
    #expect(
      refusal("k = 64") { reader throws(TOMLError) in _ = try reader.optionalSizeBytes("k") }
        == "1:5: 'k' is an integer; expected a size, for example k = \"64 MiB\"")
    #expect(
      refusal("k = 1") { reader throws(TOMLError) in _ = try reader.optionalTable("k") }
        == "1:5: 'k' is an integer; expected a table, for example [k]")
    #expect(
      refusal("'a b' = 1") { reader throws(TOMLError) in _ = try reader.string("a b") }
        == "1:9: 'a b' is an integer; expected a string, for example \"a b\" = \"…\"")
  }

  @Test("an array of strings is refused as a whole or at the element that is none")
  func mismatchOfStrings() {
    func answer(_ value: String) -> String? {
      refusal("k = \(value)") { reader throws(TOMLError) in _ = try reader.strings("k") }
    }
    let example = "for example k = [\"…\"]"
    #expect(answer("2026-11-21") == "1:5: 'k' is a date; expected an array of strings, \(example)")
    #expect(answer("['a',\n1]") == "2:1: 'k' holds an integer; expected only strings, \(example)")
    #expect(answer("[]") == nil)
  }

  @Test("a missing key is named with its table, at the table")
  func missing() {
    #expect(
      refusal("a = 1") { reader throws(TOMLError) in _ = try reader.string("supplier") }
        == "1:1: 'supplier' is missing; expected supplier = \"…\"")
    #expect(
      refusal("\n[product]") { reader throws(TOMLError) in
        var table = try reader.table("product")
        _ = try table.durationMilliseconds("retention")
      } == "2:1: 'retention' is missing in [product]; expected retention = \"15min\"")
    #expect(
      refusal("") { reader throws(TOMLError) in _ = try reader.table("delivery") }
        == "1:1: 'delivery' is missing; expected [delivery]")
  }

  @Test("a missing key that is there with a slip is found")
  func missingByASlip() {
    #expect(
      refusal("schema = 1\nsuplier = 'x'") { reader throws(TOMLError) in
        _ = try reader.integer("schema")
        _ = try reader.string("supplier")
      } == "1:1: 'supplier' is missing; expected supplier = \"…\" (there is 'suplier' at line 2)")
  }

  @Test("an unknown key is refused with the keys that the schema asked for")
  func unknown() {
    #expect(
      refusal("until = 1\nenviroment = 'share'\nx = 1", name: "sources") {
        reader throws(TOMLError) in
        _ = try reader.optionalString("product")
        _ = try reader.optionalString("environment")
        _ = try reader.optionalInteger("until")
      }
        == "2:1: unknown key 'enviroment' in [sources]; expected one of 'product', 'environment' or"
        + " 'until'; did you mean 'environment'?")
    #expect(
      refusal("a = 1") { _ throws(TOMLError) in }
        == "1:1: unknown key 'a'; expected no key")
  }

  @Test("the keys of a nested table are known apart from those around it")
  func nestedUnknown() {
    #expect(
      refusal("[a.'b c']\na = 1") { reader throws(TOMLError) in
        var outer = try reader.table("a")
        let inner = try outer.table("b c")
        try inner.finish()
      } == "2:1: unknown key 'a' in [a.\"b c\"]; expected no key")
  }

  @Test("an unknown value is refused with the known ones and the nearest")
  func unknownChoice() {
    func answer(_ value: String) -> String? {
      refusal("mode = '\(value)'") { reader throws(TOMLError) in
        _ = try reader.choice("mode", of: Mode.self)
      }
    }
    let expected = "expected \"deny\", \"local\" or \"share\""
    #expect(
      answer("shar")
        == "1:8: unknown value \"shar\"; \(expected) (did you mean \"share\"?)")
    #expect(
      answer("Local")
        == "1:8: unknown value \"Local\"; \(expected) (did you mean \"local\"?)")
    #expect(answer("yes") == "1:8: unknown value \"yes\"; \(expected)")
    #expect(answer("") == "1:8: unknown value \"\"; \(expected)")
    #expect(answer("deny") == nil)
  }

  @Test("the sign for kelvin is not the letter K, whatever Swift says")
  func kelvin() throws {
    #expect("\u{212A}" == "K")
    #expect(try parse("'\u{212A}' = 1")["K"] == nil)
    #expect(
      refusal("'\u{212A}' = 1") { reader throws(TOMLError) in
        _ = try reader.optionalInteger("K")
      } == "1:1: unknown key '\u{212A}'; expected 'K'; did you mean 'K'?")
    #expect(
      refusal("size = '1 \u{212A}iB'") { reader throws(TOMLError) in
        _ = try reader.sizeBytes("size")
      }?.contains("is not a size") == true)
  }

  @Test("the rest of a table with free keys is handed out once, in the document's order")
  func rest() throws {
    var reader = try reader("b = 'deny'\nknown = 1\n\"host.name\" = 'local'", name: "redact")
    _ = try reader.integer("known")
    let entries = reader.rest()
    #expect(entries.map(\.key) == ["b", "host.name"])
    #expect(try entries[1].choice(of: Mode.self).value == .local)
    try reader.finish()
  }
}
