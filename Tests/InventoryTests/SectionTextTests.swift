import Inventory
import Testing

@Suite("A section as text")
struct SectionTextTests {
  private func content(_ blocks: SectionContent.Block..., problems: [String] = []) -> SectionContent
  {
    var content = SectionContent()
    content.blocks = blocks
    content.problems = problems
    return content
  }

  private func table(_ columns: [String], _ rows: [[String]]) -> SectionContent {
    content(.table(title: "Table", columns: columns, rows: rows))
  }

  @Test("names and values, tables and problems, aligned")
  func whole() {
    let text = SectionText.text(
      of: content(
        .fields(title: "Fields", [.init("a", "1"), .init("longer", "two")]),
        .table(
          title: "Table", columns: ["name", "size"], rows: [["x", "1 B"], ["yyy", "12.0 KiB"]]),
        problems: ["a file could not be read"]), title: "Title")
    #expect(
      text == """
        Title
        =====

        Fields
        ------
        a       1
        longer  two

        Table
        -----
        name      size
        x          1 B
        yyy   12.0 KiB

        What could not be read
        ----------------------
        - a file could not be read

        """)
  }

  @Test("a section in which nothing was found says so")
  func nothing() {
    #expect(SectionText.text(of: content(), title: "T") == "T\n=\n\nNothing was found.\n")
  }

  @Test("a column of which no row says anything is left out")
  func silentColumn() {
    let text = SectionText.text(
      of: table(["a", "silent", "b"], [["1", "-", "x"], ["2", "", "y"]]), title: "T")
    #expect(text.hasSuffix("a  b\n1  x\n2  y\n"))
  }

  @Test("one long value moves only its own line")
  func overlong() {
    let long = String(repeating: "l", count: 100)
    let text = SectionText.text(
      of: table(["a", "b"], [[long, "end"], ["short", "end"]]), title: "T")
    let lines = text.split(separator: "\n").suffix(2)
    #expect(lines.first! == long + "  end")
    #expect(lines.last!.count == 44 + 2 + 3)
  }

  @Test("a value of ten thousand letters is cut, with how many are left out")
  func cut() {
    let text = SectionText.text(
      of: table(["a"], [[String(repeating: "x", count: 10_000)]]), title: "T")
    #expect(text.hasSuffix("x … and 9700 more\n"))
  }

  @Test(
    "what a terminal obeys is written as what it is",
    arguments: [
      ("\u{1B}[31mred", "\\u{1B}[31mred"), ("\u{9B}2J", "\\u{9B}2J"),
      ("a\tb\r\nc", "a\\u{9}b\\u{D}\\u{A}c"),
      ("\u{202E}evil", "\\u{202E}evil"), ("zero\u{200B}width", "zero\\u{200B}width"),
      ("\u{7F}\0", "\\u{7F}\\u{0}"),
      ("\u{2028}line\u{85}", "\\u{2028}line\\u{85}"), ("\u{FEFF}", "\\u{FEFF}"),
      ("\u{E0041}", "\\u{E0041}"),
      ("\u{A0}", "\\u{A0}"), ("Grüße 48 °C 温度 C:\\x", "Grüße 48 °C 温度 C:\\x"),
    ])
  func controls(raw: String, shown: String) {
    #expect(SectionText.plain(raw) == shown)
    let everywhere = content(
      .fields(title: raw, [.init(raw, raw)]), .table(title: raw, columns: [raw], rows: [[raw]]),
      .text(title: raw, raw), problems: [raw])
    let text = SectionText.text(of: everywhere, title: raw)
    let isHarmless = text.unicodeScalars.allSatisfy { scalar in
      scalar == "\n"
        || scalar.properties.generalCategory != .control
          && scalar.properties.generalCategory != .format
    }
    #expect(isHarmless, "\(text)")
  }

  @Test("free text keeps its lines, and no line of it can look like the section's end")
  func freeText() {
    let text = SectionText.text(
      of: content(.text(title: "Log", "one\r\ntwo\u{1B}[2J\n")), title: "T")
    #expect(text.hasSuffix("Log\n---\none\\u{D}\ntwo\\u{1B}[2J\n\n"))
  }

  @Test("the text is bounded, and its end says how many lines are left out")
  func bounded() {
    let rows = (0..<10_000).map { ["row \($0)", String(repeating: "v", count: 100)] }
    let text = SectionText.text(of: table(["a", "b"], rows), title: "T", limitBytes: 10_000)
    #expect(text.utf8.count <= 10_000 && text.utf8.count > 9_000)
    #expect(text.contains("more lines are left out: there is no more room.\n"))
    let shown = text.split(separator: "\n").count { $0.hasPrefix("row") }
    #expect(text.contains("\(10_000 - shown) more lines"))
  }

  @Test("free text that has no room loses its beginning, which is the oldest")
  func newest() {
    let lines = (0..<1_000).map { "line \($0)" }
    let text = SectionText.text(
      of: content(.text(title: "Log", lines.joined(separator: "\n"))), title: "T",
      limitBytes: 2_000)
    #expect(text.utf8.count <= 2_000 && text.contains("\nline 999\n"))
    #expect(!text.contains("line 0\n") && text.contains("earlier lines are left out"))
  }
}
