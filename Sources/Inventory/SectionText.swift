// A section as plain text: what NAME.txt of a dump holds.
//
// The values come from files that anybody may have made: the name of a program, of a disk, of a mount point can hold
// line breaks, escape sequences of a terminal and marks that turn the direction of writing. Each such character is
// written as what it is, `\n`, `\u{1B}`, `\u{202E}`, so that a line is a line of ours, and a terminal shows the text
// and does nothing else. A backslash stays one: the text is for people, and paths of Windows shares are bad enough.

package enum SectionText {
  /// - Parameter limitBytes: what the text has at the most; the end says how much is left out.
  package static func text(
    of content: SectionContent, title: String,
    limitBytes: Int = InventoryLimits.sectionTextBytesMax
  ) -> String {
    var page = Page(limitBytes: limitBytes)
    let heading = plain(title)
    page.add(heading)
    page.add(String(repeating: "=", count: heading.count))
    if content.blocks.isEmpty { page.add("\nNothing was found.") }
    for block in content.blocks {
      switch block {
      case .fields(let title, let fields):
        page.add(heading: title)
        page.add(rows: fields.map { [$0.name, $0.value] })
      case .table(let title, let columns, let rows):
        page.add(heading: title)
        page.add(rows: told([columns] + rows), hasHead: true)
      case .text(let title, let text):
        page.add(heading: title)
        page.add(text: text.lines.map(plain))
      }
    }
    if !content.problems.isEmpty {
      page.add(heading: "What could not be read")
      for problem in content.problems { page.add("- " + shortened(problem)) }
    }
    return page.finish()
  }

  /// The table without the columns of which no row says anything: no kernel and no disk has all of them.
  private static func told(_ table: [[String]]) -> [[String]] {
    let columns = (table.first ?? []).indices.filter { column in
      table.dropFirst().contains { row in
        column < row.count && row[column] != "-" && row[column] != ""
      }
    }
    return table.map { row in columns.compactMap { $0 < row.count ? row[$0] : nil } }
  }

  /// The text without anything that a terminal obeys. A line end is "\u{A}": behind "\n" the next word would begin with an
  /// n for who looks for names.
  package static func plain(_ text: some StringProtocol) -> String {
    // Nearly every value is plain ASCII.
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return String(text) }
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case _ where isShown(scalar): result.unicodeScalars.append(scalar)
      default: result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      }
    }
    return result
  }

  /// Letters, marks that belong to them, numbers, punctuation, symbols and the ordinary blank.
  private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == " " { return true }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator:
      return false
    default: return true
    }
  }

  fileprivate static func shortened(_ value: String) -> String {
    let text = plain(value)
    guard text.utf8.count > InventoryLimits.valueCharactersMax else { return text }
    let kept = text.unicodeScalars.prefix(InventoryLimits.valueCharactersMax)
    let count = text.unicodeScalars.count
    return count == kept.count ? text : "\(String(kept)) … and \(count - kept.count) more"
  }
}

/// Lines, as long as there is room.
private struct Page {
  private var lines: [String] = []
  private var bytesLeft: Int
  private var linesLeftOut = 0

  /// Columns are aligned up to this width; one longer value moves only the rest of its own line.
  private static let columnWidthMax = 44
  /// What the last line may take.
  private static let endBytes = 100

  init(limitBytes: Int) { bytesLeft = limitBytes - Self.endBytes }

  mutating func add(_ line: String) {
    let bytes = line.utf8.count + 1
    guard linesLeftOut == 0, bytes <= bytesLeft else {
      linesLeftOut += 1
      return
    }
    bytesLeft -= bytes
    lines.append(line)
  }

  mutating func add(heading: String) {
    let text = SectionText.shortened(heading)
    add("\n" + text)
    add(String(repeating: "-", count: text.count))
  }

  /// Free text, of which the end is the newest and counts most.
  mutating func add(text lines: [String]) {
    var (first, bytes) = (lines.count, 0)
    while first > 0, bytes + lines[first - 1].utf8.count + 1 + Self.endBytes <= bytesLeft {
      first -= 1
      bytes += lines[first].utf8.count + 1
    }
    if first > 0 { add("\(first) earlier lines are left out: there is no more room.") }
    for line in lines[first...] { add(line) }
  }

  mutating func add(rows: [[String]], hasHead: Bool = false) {
    let cells = rows.map { $0.map(SectionText.shortened) }
    let count = cells.map(\.count).max() ?? 0
    let isNumeric = (0..<count).map { column in
      hasHead && cells.dropFirst().allSatisfy { column >= $0.count || isFigure($0[column]) }
    }
    let widths = (0..<count).map { column in
      min(Self.columnWidthMax, cells.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0)
    }
    for row in cells {
      var line = ""
      for (column, cell) in row.enumerated() {
        let space = String(repeating: " ", count: max(0, widths[column] - cell.count))
        line += isNumeric[column] ? space + cell : column == row.count - 1 ? cell : cell + space
        if column < row.count - 1 { line += "  " }
      }
      while line.last == " " { line.removeLast() }
      add(line)
    }
  }

  /// Figures stand below each other by their last digit or unit.
  private func isFigure(_ cell: String) -> Bool {
    cell == "-" || cell.isEmpty
      || cell.utf8.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } == true
        && !cell.contains(":") && !cell.contains("T")
  }

  func finish() -> String {
    let end =
      linesLeftOut > 0 ? "\n\(linesLeftOut) more lines are left out: there is no more room.\n" : ""
    return lines.joined(separator: "\n") + "\n" + end
  }
}
