// How results look: aligned columns, one fact a line, no colour.

internal import JSON
internal import Linux
internal import Telemetry

enum Output {
  static func print(_ line: String) { Process.print(line + "\n", to: 1) }

  /// One JSON object on a line of its own.
  static func object(_ members: (inout JSONWriter) -> Void) {
    var writer = JSONWriter()
    writer.object(members)
    print(writer.text)
  }

  /// How wide the lines of a text may be: as the terminal, and no wider than a person likes to read. Nil where the
  /// output is no terminal: then each fact has a line of its own, however long, for who searches it.
  static var textWidth: Int? { Terminal.size(of: 1).map { min(100, max(40, $0.columns)) } }

  /// `text` in lines of at most `width` characters, broken at blanks. A word that is longer than that has a line of its
  /// own.
  static func folded(_ text: String, width: Int?) -> [String] {
    guard let width, text.count > width else { return [text] }
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = String(word)
      } else {
        line += (line.isEmpty ? "" : " ") + word
      }
    }
    return lines + [line]
  }

  /// Rows whose last cell is a text: the texts stand below each other, folded to the width. Devices, certificates and
  /// receivers name themselves in them: control characters are shown.
  static func described(_ texts: [[String]], width: Int? = textWidth) -> [String] {
    let rows = texts.map { $0.map(VisibleText.line) }
    let columns = (rows.map(\.count).max() ?? 1) - 1
    let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
    let indent = widths.reduce(0) { $0 + $1 + 2 }
    return rows.flatMap { row in
      folded(row[columns], width: width.map { max(20, $0 - indent) }).enumerated().map {
        number, text in
        guard number == 0 else { return String(repeating: " ", count: indent) + text }
        let cells = zip(row, widths).map {
          $0 + String(repeating: " ", count: $1 - $0.count + 2)
        }
        return trimmed(cells.joined() + text)
      }
    }
  }

  private static func trimmed(_ line: String) -> String {
    String(line.reversed().drop { $0 == " " }.reversed())
  }

  /// Columns as wide as their longest cell. Cells of the columns in `numeric` stand to the right.
  static func table(_ rows: [[String]], numeric: Set<Int> = []) {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    for row in rows {
      var line = ""
      for (column, cell) in row.enumerated() {
        // What would stand behind the last cell is trimmed anyway.
        let isPadded = column < row.count - 1 || numeric.contains(column)
        let padding = String(repeating: " ", count: isPadded ? widths[column] - cell.count : 0)
        line +=
          (column == 0 ? "" : "  ") + (numeric.contains(column) ? padding + cell : cell + padding)
      }
      print(trimmed(line))
    }
  }

  /// "1,234,567"
  static func count(_ value: Int64) -> String {
    let digits = Array(String(value.magnitude))
    let grouped = digits.enumerated().map { index, digit in
      let rest = digits.count - index
      return index > 0 && rest % 3 == 0 ? ",\(digit)" : String(digit)
    }.joined()
    return (value < 0 ? "-" : "") + grouped
  }

  /// "3 batches", "1 batch".
  static func count(_ value: Int64, _ noun: String) -> String {
    let plural = noun.hasSuffix("ch") ? noun + "es" : noun + "s"
    return "\(count(value)) \(value == 1 ? noun : plural)"
  }

  /// "512 B", "3.4 KiB", "12.0 MiB"
  static func size(_ bytes: Int64) -> String {
    if bytes < 1024 { return "\(bytes) B" }
    let (unit, divisor): (String, Int64) = bytes < 1_048_576 ? ("KiB", 1024) : ("MiB", 1_048_576)
    return "\(DecimalText.text((bytes * 10 + divisor / 2) / divisor, decimals: 1)) \(unit)"
  }

  /// "0.97", bytes for each reading.
  static func ratio(_ bytes: Int64, _ readings: Int64) -> String {
    readings == 0 ? "-" : DecimalText.text((bytes * 100 + readings / 2) / readings, decimals: 2)
  }

  /// "100ms", "10 s", "15 min", "2 h", "30 days": the largest unit that is exact.
  static func duration(_ milliseconds: Int64) -> String {
    for (unit, length) in [("days", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)] {
      let length = Int64(length)
      guard milliseconds >= length, milliseconds % length == 0,
        unit != "days" || milliseconds >= 2 * length
      else { continue }
      return "\(milliseconds / length) \(unit)"
    }
    return "\(milliseconds) ms"
  }

  /// "12 s ago", "3 min ago"; rough on purpose.
  static func ago(_ milliseconds: Int64) -> String {
    let seconds = max(0, milliseconds) / 1000
    return switch seconds {
    case ..<120: "\(seconds) s ago"
    case ..<7_200: "\(seconds / 60) min ago"
    case ..<172_800: "\(seconds / 3600) h ago"
    default: "\(seconds / 86_400) days ago"
    }
  }

  /// "system.network.io eth0 receive", in the catalog's order: the keys are in the catalog and in the JSON.
  static func series(_ signal: String, _ attributes: [Attribute]) -> String {
    let keys = Catalog.signal(signal)?.attributeKeys ?? []
    let known = keys.compactMap { key in attributes.first { $0.key == key } }
    let others = attributes.filter { !keys.contains($0.key) }
    return ([signal] + (known + others).map(\.value.text)).joined(separator: " ")
  }

  /// The part of a path that a person looks for.
  static func fileName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}

extension JSONWriter {
  /// The attributes of a series as an object.
  mutating func member(_ key: String, _ attributes: [Attribute]) {
    object(key) { object in
      for attribute in attributes {
        switch attribute.value {
        case .string(let text), .hash(let text): object.member(attribute.key, text)
        case .integer(let number): object.member(attribute.key, number)
        }
      }
    }
  }
}
