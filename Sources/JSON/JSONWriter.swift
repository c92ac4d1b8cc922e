// JSON (RFC 8259), written only: what the programs print for machines, the status file, and the ledger's
// rows. Bytes go straight into one buffer that keeps its capacity, so that the status file is written at
// every tick without allocating. Members stand in the order in which they are written.

package struct JSONWriter: Sendable {
  package private(set) var bytes: [UInt8] = []
  private var needsComma = false

  package init() {}

  /// Forgets the text and keeps the room.
  package mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
  }

  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// An object, as a value in an array or as the whole document.
  package mutating func object(_ members: (inout JSONWriter) -> Void) {
    separate()
    enclose("{", "}", members)
  }

  /// An object as a member.
  package mutating func object(_ key: String, _ members: (inout JSONWriter) -> Void) {
    self.key(key)
    enclose("{", "}", members)
  }

  /// An array as a member; `elements` calls `object` or `element` for each.
  package mutating func array(_ key: String, _ elements: (inout JSONWriter) -> Void) {
    self.key(key)
    enclose("[", "]", elements)
  }

  package mutating func member(_ key: String, _ value: String) {
    self.key(key)
    quote(value)
  }

  package mutating func member(_ key: String, _ value: Int64) {
    self.key(key)
    append(value)
  }

  package mutating func member(_ key: String, _ value: Bool) {
    self.key(key)
    append(value ? "true" : "false")
  }

  package mutating func member(_ key: String, _ value: String?) {
    guard let value else { return null(key) }
    member(key, value)
  }

  package mutating func member(_ key: String, _ value: Int64?) {
    guard let value else { return null(key) }
    member(key, value)
  }

  /// A value that is JSON already.
  package mutating func member(_ key: String, json value: String) {
    self.key(key)
    append(value)
  }

  /// A number with `decimals` decimals: 5 with 2 decimals is 0.05. No floating point is involved.
  package mutating func member(_ key: String, _ value: Int64, decimals: Int) {
    self.key(key)
    append(DecimalText.text(value, decimals: decimals))
  }

  package mutating func element(_ value: String) {
    separate()
    quote(value)
  }

  private mutating func null(_ key: String) {
    self.key(key)
    append("null")
  }

  private mutating func enclose(
    _ opening: Unicode.Scalar, _ closing: Unicode.Scalar, _ content: (inout JSONWriter) -> Void
  ) {
    bytes.append(UInt8(ascii: opening))
    needsComma = false
    content(&self)
    bytes.append(UInt8(ascii: closing))
    needsComma = true
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  private mutating func key(_ key: String) {
    separate()
    quote(key)
    bytes.append(UInt8(ascii: ":"))
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  private mutating func append(_ value: Int64) {
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    var place: UInt64 = 1
    while value.magnitude / place >= 10 { place *= 10 }
    while place > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(value.magnitude / place % 10))
      place /= 10
    }
  }

  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    // A span, not `text.utf8`: that takes 75 instructions a byte, and the daemon writes a status file at each tick.
    let text = text.utf8Span.span
    for index in text.indices {
      let byte = text[index]
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case UInt8(ascii: "\n"): append("\\n")
      case 0..<0x20:
        append("\\u00")
        bytes.append(Self.digits[Int(byte >> 4)])
        bytes.append(Self.digits[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static let digits = Array("0123456789abcdef".utf8)
}

/// Integers with a decimal scale as text, for people and for JSON alike.
package enum DecimalText {
  /// `value / 10^decimals`, exactly: 5 with 2 decimals is "0.05".
  package static func text(_ value: Int64, decimals: Int) -> String {
    guard decimals > 0 else { return String(value) }
    let digits = String(value.magnitude)
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let point = padded.index(padded.endIndex, offsetBy: -decimals)
    return (value < 0 ? "-" : "") + padded[..<point] + "." + padded[point...]
  }
}
