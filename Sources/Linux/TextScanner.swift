// The kernel's text files, read without allocating.
//
// The scanner holds only an offset; the bytes are lent to each call. So it is copyable, needs no lifetime
// annotations, and a probe can look ahead by working on a copy. Bytes are loaded only inside the span's
// bounds: this file is where that is proved, and the probes above contain no `unsafe`.

/// A position in the text of a kernel file. All methods stay inside the span they are given.
package struct TextScanner: Sendable {
  package private(set) var offset = 0

  package init() {}

  private func byte(in text: RawSpan) -> UInt8? {
    guard offset < text.byteCount else { return nil }
    return unsafe text.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  package func isAtEnd(of text: RawSpan) -> Bool { offset >= text.byteCount }

  /// Skips spaces and tabs, but no line break.
  package mutating func skipSpaces(in text: RawSpan) {
    while let next = byte(in: text), next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") {
      offset += 1
    }
  }

  /// Moves behind the next line break, or to the end.
  package mutating func skipLine(in text: RawSpan) {
    while let next = byte(in: text) {
      offset += 1
      if next == UInt8(ascii: "\n") { return }
    }
  }

  /// Moves behind `literal` if it stands here.
  package mutating func skip(_ literal: StaticString, in text: RawSpan) -> Bool {
    let count = literal.utf8CodeUnitCount
    guard offset + count <= text.byteCount else { return false }
    for index in 0..<count {
      let expected = unsafe literal.utf8Start[index]
      guard unsafe text.unsafeLoad(fromByteOffset: offset + index, as: UInt8.self) == expected
      else {
        return false
      }
    }
    offset += count
    return true
  }

  /// The bytes up to `delimiter`, a space or a line break, whichever comes first. May be empty.
  package mutating func word(upTo delimiter: Unicode.Scalar = " ", in text: RawSpan) -> Range<Int> {
    let start = offset
    let end = UInt8(ascii: delimiter)
    while let next = byte(in: text), next != end, next != UInt8(ascii: " "),
      next != UInt8(ascii: "\n")
    {
      offset += 1
    }
    return start..<offset
  }

  /// An unsigned decimal number after optional spaces, or nil if there is none, it exceeds Int64, or
  /// something other than white space follows it: "12kB" is no number.
  package mutating func integer(in text: RawSpan) -> Int64? {
    skipSpaces(in: text)
    guard let value = digits(in: text), isAtEndOfWord(of: text) else { return nil }
    return value
  }

  /// A decimal number with or without a minus sign, like `integer`: what sysfs shows of a temperature.
  package mutating func signedInteger(in text: RawSpan) -> Int64? {
    skipSpaces(in: text)
    guard skip("-", in: text) else { return integer(in: text) }
    return digit(in: text) == nil ? nil : integer(in: text).map { -$0 }
  }

  /// A decimal number with a point, as an integer of `places` decimals: "0.05" with 2 places is 5.
  /// Missing places count as zeros, further ones are cut, as the kernel's own printing does.
  package mutating func decimal(places: Int, in text: RawSpan) -> Int64? {
    skipSpaces(in: text)
    guard var value = digits(in: text) else { return nil }
    var missing = places
    if byte(in: text) == UInt8(ascii: ".") {
      offset += 1
      while let digit = digit(in: text) {
        offset += 1
        guard missing > 0 else { continue }
        guard let longer = appending(digit, to: value) else { return nil }
        value = longer
        missing -= 1
      }
    }
    guard isAtEndOfWord(of: text) else { return nil }
    for _ in 0..<missing {
      guard let longer = appending(0, to: value) else { return nil }
      value = longer
    }
    return value
  }

  private func digit(in text: RawSpan) -> Int64? {
    guard let next = byte(in: text), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) else {
      return nil
    }
    return Int64(next - UInt8(ascii: "0"))
  }

  private func isAtEndOfWord(of text: RawSpan) -> Bool {
    guard let next = byte(in: text) else { return true }
    return next == UInt8(ascii: " ") || next == UInt8(ascii: "\n") || next == UInt8(ascii: "\t")
  }

  private mutating func digits(in text: RawSpan) -> Int64? {
    guard digit(in: text) != nil else { return nil }
    var value: Int64 = 0
    while let digit = digit(in: text) {
      guard let longer = appending(digit, to: value) else { return nil }
      value = longer
      offset += 1
    }
    return value
  }

  private func appending(_ digit: Int64, to value: Int64) -> Int64? {
    let (product, overflows) = value.multipliedReportingOverflow(by: 10)
    let (sum, overflowsAgain) = product.addingReportingOverflow(digit)
    return overflows || overflowsAgain ? nil : sum
  }
}

extension RawSpan {
  /// The byte at `offset`, which must lie inside the span.
  package func byte(at offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < byteCount, "the offset lies outside the text")
    return unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
  }

  /// Whether the bytes of `range` are exactly `bytes`. Compares in place.
  package func holds(_ bytes: [UInt8], at range: Range<Int>) -> Bool {
    guard range.count == bytes.count, range.upperBound <= byteCount else { return false }
    for index in 0..<bytes.count {
      let own = unsafe unsafeLoad(fromByteOffset: range.lowerBound + index, as: UInt8.self)
      if own != bytes[index] { return false }
    }
    return true
  }

  /// A copy of the bytes of `range`, which must lie inside the span.
  package func copy(_ range: Range<Int>) -> [UInt8] {
    precondition(range.upperBound <= byteCount, "the range lies outside the text")
    return range.map { unsafe unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
  }
}

extension String {
  /// The text as bytes lent to `body`: what a probe's parser takes, for tests and for files read whole.
  package func withRawBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(unsafe Array(utf8).span.bytes)
  }
}
