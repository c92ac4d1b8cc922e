import TOML
import TestSupport
import Testing

@Suite("What holds for any document")
struct PropertyTests {
  private static let seeds = Array(UInt64(1)...40)

  @Test("the values of any document of the subset come back", arguments: seeds)
  func comesBack(seed: UInt64) throws {
    var writer = RandomDocument(seed: seed)
    for _ in 0..<50 {
      let (text, meaning) = writer.document()
      #expect(Plain(try parse(text)) == meaning, "seed \(seed): \(text.debugDescription)")
    }
  }

  @Test("a document with any bytes changed gives an answer inside the document", arguments: seeds)
  func answers(seed: UInt64) {
    var writer = RandomDocument(seed: seed)
    var generator = SeededGenerator(seed: seed)
    let edits = "\n\r\t\0\\\"'[]{}=,.#_-+:0exT\u{7F}".utf8 + [0xC3, 0xEF, 0xBB, 0xBF, 0xFF, 0xED]
    for _ in 0..<200 {
      var bytes = Array(writer.document().text.utf8)
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let position = Int.random(in: 0...bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes.insert(edits.randomElement(using: &generator)!, at: position)
        case 1: bytes.removeSubrange(position..<min(bytes.count, position + 3))
        default: bytes.insert(.random(in: 0...255, using: &generator), at: position)
        }
      }
      do throws(TOMLError) {
        _ = try TOMLDocument.parse(bytes)
      } catch {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        #expect((1...lines.count).contains(error.place.line), "seed \(seed): \(bytes)")
        guard lines.indices.contains(error.place.line - 1) else { continue }
        let columns = 1...(lines[error.place.line - 1].count + 1)
        #expect(columns.contains(error.place.column), "seed \(seed): \(bytes)")
      }
    }
  }

  @Test("every beginning of a document gives an answer")
  func beginnings() {
    var writer = RandomDocument(seed: 7)
    for _ in 0..<20 {
      let bytes = Array(writer.document().text.utf8)
      var accepted = 0
      for length in 0...bytes.count where refusal(Array(bytes.prefix(length))) == nil {
        accepted += 1
      }
      // At least the empty beginning and the whole.
      #expect(accepted >= 2)
    }
  }
}

/// Writes random documents of the subset together with what they mean.
struct RandomDocument {
  private var generator: SeededGenerator
  private var keyNumber = 0

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  /// At least one line.
  mutating func document() -> (text: String, meaning: Plain) {
    var text = ""
    var pairs: [Plain.Pair] = []
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let (line, pair) = keyAndValue(depth: 0)
      text += blank() + line + lineEnd()
      pairs.append(pair)
    }
    for _ in 0..<Int.random(in: 0...3, using: &generator) {
      let (outer, outerName) = key()
      let (inner, innerName) = key()
      text += "[\(blank())\(outer)\(blank()).\(inner)\(blank())]" + lineEnd()
      var innerPairs: [Plain.Pair] = []
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        let (line, pair) = keyAndValue(depth: 0)
        text += line + lineEnd()
        innerPairs.append(pair)
      }
      let table = Plain.table([Plain.Pair(key: innerName, value: .table(innerPairs))])
      pairs.append(Plain.Pair(key: outerName, value: table))
    }
    return (text, .table(pairs))
  }

  /// `key = value` or `key.key = value`, with keys that occur nowhere else.
  private mutating func keyAndValue(depth: Int) -> (String, Plain.Pair) {
    let (written, name) = key()
    let (value, meaning) = value(depth: depth)
    guard Int.random(in: 0..<4, using: &generator) == 0 else {
      return ("\(written)\(blank())=\(blank())\(value)", Plain.Pair(key: name, value: meaning))
    }
    let (inner, innerName) = key()
    let pair = Plain.Pair(
      key: name, value: .table([Plain.Pair(key: innerName, value: meaning)]))
    return ("\(written)\(blank()).\(blank())\(inner) = \(value)", pair)
  }

  private mutating func key() -> (String, [UInt8]) {
    keyNumber += 1
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: return ("k\(keyNumber)", Array("k\(keyNumber)".utf8))
    case 1: return ("'k \(keyNumber)é'", Array("k \(keyNumber)é".utf8))
    default:
      let (written, text) = basicString()
      return ("\"\(keyNumber)\(written)\"", Array("\(keyNumber)\(text)".utf8))
    }
  }

  private mutating func value(depth: Int) -> (String, Plain) {
    switch Int.random(in: 0..<(depth < 4 ? 8 : 6), using: &generator) {
    case 0:
      let (written, text) = basicString()
      return ("\"\(written)\"", .text(text))
    case 1:
      let text = ["", "\\n", "\"", "# é", "日本", "a\tb"].randomElement(using: &generator)!
      return ("'\(text)'", .text(text))
    case 2: return integer()
    case 3:
      return Bool.random(using: &generator) ? ("true", .boolean(true)) : ("false", .boolean(false))
    case 4, 5:
      let date = LocalDate(
        year: .random(in: 1...9999, using: &generator),
        month: .random(in: 1...12, using: &generator),
        day: .random(in: 1...28, using: &generator))!
      return (date.description, .date(date))
    case 6:
      var written: [String] = []
      var elements: [Plain] = []
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        let (text, meaning) = value(depth: depth + 1)
        written.append(gap() + text + gap())
        elements.append(meaning)
      }
      let comma = !written.isEmpty && Bool.random(using: &generator) ? "," : ""
      return ("[\(written.joined(separator: ","))\(comma)\(gap())]", .array(elements))
    default:
      var written: [String] = []
      var pairs: [Plain.Pair] = []
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        let (text, pair) = keyAndValue(depth: depth + 1)
        written.append(blank() + text + blank())
        pairs.append(pair)
      }
      return ("{\(written.joined(separator: ","))}", .table(pairs))
    }
  }

  private mutating func integer() -> (String, Plain) {
    // As many small numbers as large ones.
    let bits = Int.random(in: 0..<63, using: &generator)
    let magnitude = Int64.random(in: 0...(Int64.max >> bits), using: &generator)
    switch Int.random(in: 0..<5, using: &generator) {
    case 0: return ("0x" + String(magnitude, radix: 16), .integer(magnitude))
    case 1: return ("0o" + String(magnitude, radix: 8), .integer(magnitude))
    case 2: return ("0b" + String(magnitude, radix: 2), .integer(magnitude))
    case 3: return ("-\(magnitude)", .integer(-magnitude))
    default:
      return (String(magnitude).map(String.init).joined(separator: "_"), .integer(magnitude))
    }
  }

  /// The inside of a basic string and what it means.
  private mutating func basicString() -> (written: String, text: String) {
    let pieces = [
      ("a", "a"), (" ", " "), ("é", "é"), ("e\u{301}", "e\u{301}"), ("'", "'"), ("#", "#"),
      ("\\n", "\n"), ("\\t", "\t"), ("\\r", "\r"), ("\\b", "\u{8}"), ("\\f", "\u{C}"),
      ("\\\"", "\""), ("\\\\", "\\"), ("\\u00e9", "é"), ("\\u0000", "\0"), ("\\uFEFF", "\u{FEFF}"),
      ("\\U0001F600", "😀"), ("\\U0010FFFF", "\u{10FFFF}"),
    ]
    var result = ("", "")
    for _ in 0..<Int.random(in: 0...5, using: &generator) {
      let (written, text) = pieces.randomElement(using: &generator)!
      result = (result.0 + written, result.1 + text)
    }
    return result
  }

  private mutating func blank() -> String {
    ["", " ", "\t", "  "].randomElement(using: &generator)!
  }

  private mutating func lineEnd() -> String {
    ["\n", "\r\n", " # ]é\n", "\n\n"].randomElement(using: &generator)!
  }

  /// What may stand between the values of an array.
  private mutating func gap() -> String {
    ["", " ", "\n", "\r\n", "# ],\n\t"].randomElement(using: &generator)!
  }
}
