/// A name, or several: `*` stands for any run of characters, dots and slashes included.
package struct NamePattern: Hashable, Sendable {
  private let bytes: [UInt8]

  package init(_ text: String) { bytes = Array(text.utf8) }

  package var isPath: Bool { bytes.first == UInt8(ascii: "/") }

  /// Compares in place, so that a table of devices can be filtered at every tick. Backtracks only to the last star:
  /// linear for one star, and bounded by the product of the lengths.
  package func matches(_ name: Range<Int>, in text: RawSpan) -> Bool {
    var (pattern, position) = (0, name.lowerBound)
    // Behind the last star, and where the name stood then: on a mismatch the star takes one byte more.
    var (afterStar, retry) = (-1, 0)
    while position < name.upperBound {
      if pattern < bytes.count, bytes[pattern] == UInt8(ascii: "*") {
        pattern += 1
        (afterStar, retry) = (pattern, position)
      } else if pattern < bytes.count, bytes[pattern] == text.byte(at: position) {
        pattern += 1
        position += 1
      } else if afterStar >= 0 {
        retry += 1
        (pattern, position) = (afterStar, retry)
      } else {
        return false
      }
    }
    return bytes[pattern...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  package func matches(_ name: String) -> Bool {
    name.withRawBytes { matches(0..<$0.byteCount, in: $0) }
  }
}
