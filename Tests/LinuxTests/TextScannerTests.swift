import Linux
import TestSupport
import Testing

@Suite("The scanner of the kernel's text files")
struct TextScannerTests {
  @Test(
    "a number is what stands between white space",
    arguments: [
      ("0", 0), ("7 ", 7), ("  12\n", 12), ("\t34\t5", 34), ("007", 7),
      ("9223372036854775807", Int64.max), ("9223372036854775808", nil),
      ("18446744073709551615", nil), ("99999999999999999999999", nil),
      ("", nil), (" ", nil), ("\n1", nil), ("-1", nil), ("+1", nil), ("x", nil), ("12kB", nil),
      ("1,2", nil), ("1.5", nil), ("٣", nil), ("1\0", nil),
    ] as [(String, Int64?)])
  func integers(text: String, expected: Int64?) {
    text.withRawBytes { bytes in
      var scanner = TextScanner()
      let value = scanner.integer(in: bytes)
      #expect(value == expected)
      #expect(scanner.offset <= bytes.byteCount)
    }
  }

  @Test(
    "a decimal number becomes an integer of the places that were asked for",
    arguments: [
      ("0.05", 2, 5), ("1.5", 2, 150), ("3", 2, 300), ("2.", 2, 200), ("1.999", 2, 199),
      ("12.34 5", 1, 123), ("12.34", 0, 12), ("92233720368547758.07", 2, Int64.max),
      ("92233720368547758.08", 2, nil), ("92233720368547759", 2, nil),
      (".5", 2, nil), ("1.5x", 2, nil), ("1.5.5", 2, nil), ("-0.5", 2, nil), ("", 2, nil),
    ] as [(String, Int, Int64?)])
  func decimals(text: String, places: Int, expected: Int64?) {
    text.withRawBytes { bytes in
      var scanner = TextScanner()
      let value = scanner.decimal(places: places, in: bytes)
      #expect(value == expected)
    }
  }

  @Test(
    "numbers that are written one after the other are read one after the other", arguments: seeds)
  func numbersComeBack(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let numbers = (0..<100).map { _ in
      Int64.random(in: 0...Int64.max, using: &generator)
        >> Int64.random(in: 0..<63, using: &generator)
    }
    let blanks = [" ", "   ", "\t", " \t "]
    let text = numbers.map { "\($0)" + blanks.randomElement(using: &generator)! }.joined()
    text.withRawBytes { bytes in
      var scanner = TextScanner()
      let read = numbers.map { _ in scanner.integer(in: bytes) }
      #expect(read == numbers, "seed \(seed)")
      scanner.skipSpaces(in: bytes)
      #expect(scanner.isAtEnd(of: bytes) == true, "seed \(seed)")
    }
  }

  @Test(
    "whatever the bytes and the calls are, the scanner stays inside and goes forward",
    arguments: seeds)
  func staysInside(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<100 {
      let likely = Array(" \t\n0123456789.:cpu".utf8)
      let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        UInt8.random(in: 0...4, using: &generator) == 0
          ? UInt8.random(in: 0...255, using: &generator) : likely.randomElement(using: &generator)!
      }
      bytes.span.bytes.scan(seed: seed, &generator)
    }
  }

  @Test("a literal is skipped only where it stands whole")
  func literals() {
    "cpu  1".withRawBytes { text in
      var scanner = TextScanner()
      let literals: [StaticString] = ["cpux", "cpu  1 and more than there is", "cpu ", "", "cpu"]
      let skipped = literals.map { scanner.skip($0, in: text) }
      #expect(skipped == [false, false, true, true, false])
      #expect(scanner.offset == 4)
    }
  }

  @Test(
    "a word ends at its delimiter, a space, a line break or the end",
    arguments: [
      ("eth0: 1", "eth0"), ("eth0 :1", "eth0"), ("eth0\n", "eth0"), ("eth0", "eth0"), (": 1", ""),
      ("", ""),
    ])
  func words(text: String, expected: String) {
    text.withRawBytes { bytes in
      var scanner = TextScanner()
      let range = scanner.word(upTo: ":", in: bytes)
      #expect(String(decoding: bytes.copy(range), as: UTF8.self) == expected)
      #expect(bytes.holds(Array(expected.utf8), at: range) == true)
    }
  }

  @Test("a range beyond the text holds nothing")
  func beyond() {
    "abc".withRawBytes { text in
      let asked = [("bc", 1..<3), ("bc", 2..<4), ("bx", 1..<3), ("b", 1..<3), ("", 3..<3)]
      let answers = asked.map { text.holds(Array($0.0.utf8), at: $0.1) }
      #expect(answers == [true, false, false, false, true])
    }
  }

  @Test("a line is skipped with its break, the last one without")
  func lines() {
    "a\n\nb".withRawBytes { text in
      var scanner = TextScanner()
      let offsets = (0..<4).map { _ in
        scanner.skipLine(in: text)
        return scanner.offset
      }
      #expect(offsets == [2, 3, 4, 4])
    }
  }
}

extension RawSpan {
  /// Random calls of the scanner; each may only move it forward.
  fileprivate func scan(seed: UInt64, _ generator: inout SeededGenerator) {
    var scanner = TextScanner()
    for _ in 0..<20 {
      let before = scanner.offset
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: _ = scanner.integer(in: self)
      case 1: _ = scanner.decimal(places: 2, in: self)
      case 2: _ = scanner.word(upTo: ":", in: self)
      case 3: _ = scanner.skip("cpu", in: self)
      case 4: scanner.skipLine(in: self)
      default: scanner.skipSpaces(in: self)
      }
      #expect(before <= scanner.offset && scanner.offset <= byteCount, "seed \(seed)")
    }
  }
}
