import TOML
import TestSupport
import Testing

private func edited(
  _ text: String, _ key: String, in table: String? = "sources",
  to value: TOMLScalar = .string("deny")
) throws(TOMLError) -> String {
  String(decoding: try TOMLEdit.set(key, in: table, to: value, of: Array(text.utf8)), as: UTF8.self)
}

@Suite("Changing one value of a file that somebody wrote")
struct EditTests {
  /// The text, and what is left of it when `product` of [sources] becomes "deny".
  private static let layouts: [(String, String)] = [
    // An existing key.
    ("[sources]\nproduct = \"share\"\n", "[sources]\nproduct = \"deny\"\n"),
    (
      "# é\n[ sources ] # of data\n  product=\t'share'  # since May\nb = 1",
      "# é\n[ sources ] # of data\n  product=\t\"deny\"  # since May\nb = 1"
    ),
    ("sources.product = \"share\" # x\n", "sources.product = \"deny\" # x\n"),
    ("sources . \"product\" = \"share\"", "sources . \"product\" = \"deny\""),
    ("'sources' = { a = 1, product = \"share\" }\n", "'sources' = { a = 1, product = \"deny\" }\n"),
    ("[\"sources\"]\n'product' = \"share\"\n", "[\"sources\"]\n'product' = \"deny\"\n"),
    (
      "a = 1\r\n[sources]\r\nproduct = \"share\"\r\n",
      "a = 1\r\n[sources]\r\nproduct = \"deny\"\r\n"
    ),
    ("[sources]\nproduct = [ # why\n 1,\n]\n", "[sources]\nproduct = \"deny\"\n"),
    ("[sources]\nproduct = 'deny' # already\n", "[sources]\nproduct = 'deny' # already\n"),
    // A new key, after the last.
    ("[sources]\nb = \"x\" # c\n\n[d]\n", "[sources]\nb = \"x\" # c\nproduct = \"deny\"\n\n[d]\n"),
    (
      "[sources]\n  environment = \"x\"\n\n# the end",
      "[sources]\n  environment = \"x\"\n  product     = \"deny\"\n\n# the end"
    ),
    ("[sources]\nb = [\n 1, # ]\n]", "[sources]\nb = [\n 1, # ]\n]\nproduct = \"deny\""),
    ("[sources]\r\nb = 1", "[sources]\r\nb = 1\r\nproduct = \"deny\""),
    ("[sources] # none\n[d]\nx = 1\n", "[sources] # none\nproduct = \"deny\"\n[d]\nx = 1\n"),
    ("[sources]", "[sources]\nproduct = \"deny\""),
    ("[sources.x]\na = 1\n[sources]\n", "[sources.x]\na = 1\n[sources]\nproduct = \"deny\"\n"),
    ("sources.b = 1\nc = 2\n", "sources.b = 1\nsources.product = \"deny\"\nc = 2\n"),
    ("sources = { b = 1 } # c\n", "sources = { b = 1, product = \"deny\" } # c\n"),
    ("sources = { }", "sources = { product = \"deny\" }"),
    ("sources = {b.c = [\n1\n]}", "sources = {b.c = [\n1\n], product = \"deny\"}"),
    // A new table.
    ("schema = 1\n", "schema = 1\n\n[sources]\nproduct = \"deny\"\n"),
    ("schema = 1\r\nb = 2", "schema = 1\r\nb = 2\r\n\r\n[sources]\r\nproduct = \"deny\"\r\n"),
    ("", "[sources]\nproduct = \"deny\"\n"),
    ("[sources.x]\na = 1\n", "[sources.x]\na = 1\n\n[sources]\nproduct = \"deny\"\n"),
  ]

  @Test("one value changes, and every other byte stays", arguments: layouts)
  func layout(before: String, after: String) throws {
    #expect(try edited(before, "product") == after)
  }

  @Test("a key of the document itself goes behind the others, before the tables")
  func document() throws {
    let text = "schema = 1 # one\naccepts = 2\n\n[sources]\n"
    #expect(
      try edited(text, "accepts", in: nil, to: .integer(3))
        == "schema = 1 # one\naccepts = 3\n\n[sources]\n")
    #expect(
      try edited(
        text, "accepted_on", in: nil, to: .date(LocalDate(year: 2026, month: 11, day: 22)!))
        == "schema = 1 # one\naccepts = 2\naccepted_on = 2026-11-22\n\n[sources]\n")
    #expect(try edited("[a]\n", "b", in: nil, to: .integer(-1)) == "b = -1\n[a]\n")
  }

  @Test("what is written is quoted where it must be")
  func quoting() throws {
    #expect(
      try edited("a = 1", "b c\"", in: "d.e", to: .string("\"\\\n"))
        == "a = 1\n\n[\"d.e\"]\n\"b c\\\"\" = \"\\\"\\\\\\u000a\"\n")
  }

  @Test("a text that cannot be understood is not edited")
  func broken() {
    #expect(throws: TOMLError.self) { try edited("[sources]\nproduct = share\n", "product") }
  }

  @Test(
    "what cannot be changed alone is left to a person, with the line",
    arguments: [
      ("a = 1\n[sources.product]\nx = 1\n", 2), ("a = 1\nsources = 3\n", 2),
      ("\nsources.product.a = 1\n", 2),
    ])
  func byHand(text: String, line: Int) throws {
    let error = #expect(throws: TOMLError.self) { try edited(text, "product") }
    #expect(error?.place.line == line)
    #expect(error?.expected == "write it by hand: [sources] product = \"deny\"")
  }

  @Test(
    "any edit of any document changes one value and adds to the bytes in one place",
    arguments: seeds)
  func anyDocument(seed: UInt64) throws {
    var writer = RandomDocument(seed: seed)
    var generator = SeededGenerator(seed: seed)
    var byHand = 0
    for _ in 0..<100 {
      let text = writer.document().text
      let before = try parse(text)
      let tables = before.entries.filter { if case .table = $0.value.kind { true } else { false } }
      let table =
        Bool.random(using: &generator) ? nil : tables.randomElement(using: &generator)?.key
      let content = try table.map { try before[$0]!.table() } ?? before
      let isNew = Bool.random(using: &generator)
      let key = isNew ? "new" : content.entries.randomElement(using: &generator)?.key ?? "new"
      let value = TOMLScalar.string("edited")
      do throws(TOMLError) {
        let after = try edited(text, key, in: table, to: value)
        #expect(
          Plain(try parse(after)).unordered
            == Plain(before).setting(key, in: table, to: .text("edited")).unordered,
          "seed \(seed): \(text.debugDescription)")
        let kept = commonEnds(Array(text.utf8), Array(after.utf8))
        #expect(!isNew || content[key] != nil || kept == text.utf8.count, "seed \(seed)")
      } catch {
        // Only a table that headers or dotted keys made has no value that could be replaced.
        guard case .table = content[key]?.value.kind else {
          Issue.record("seed \(seed): \(error) in \(text.debugDescription)")
          continue
        }
        byHand += 1
      }
    }
    #expect(byHand < 50)
  }

  /// How many bytes of `old` stand at the beginning and at the end of `new`.
  private func commonEnds(_ old: [UInt8], _ new: [UInt8]) -> Int {
    let start = zip(old, new).prefix { $0 == $1 }.count
    return start + zip(old[start...].reversed(), new[start...].reversed()).prefix { $0 == $1 }.count
  }
}

extension Plain {
  fileprivate func setting(_ key: String, in table: String?, to value: Plain) -> Plain {
    guard case .table(var pairs) = self else { return self }
    let name = Array((table ?? key).utf8)
    let position = pairs.firstIndex { $0.key == name }
    let old = position.map { pairs[$0].value } ?? .table([])
    let pair = Pair(key: name, value: table == nil ? value : old.setting(key, in: nil, to: value))
    if let position { pairs[position] = pair } else { pairs.append(pair) }
    return .table(pairs)
  }

  /// The same with the keys of all tables sorted.
  fileprivate var unordered: Plain {
    switch self {
    case .array(let elements): .array(elements.map(\.unordered))
    case .table(let pairs):
      .table(
        pairs.map { Pair(key: $0.key, value: $0.value.unordered) }
          .sorted { $0.key.lexicographicallyPrecedes($1.key) })
    default: self
    }
  }
}
