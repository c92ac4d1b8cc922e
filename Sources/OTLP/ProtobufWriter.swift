// The Protocol Buffers wire format (protobuf.dev/programming-guides/encoding), as far as OTLP needs
// it.
//
// A field is a tag, `number << 3 | wire type` as a varint, and its value:
//
//   wire type 0   varint              7 bits a byte, lowest first; the top bit says that more follow
//   wire type 1   8 bytes             little endian: fixed64, sfixed64, double
//   wire type 2   length and bytes    strings, byte strings, nested messages, packed arrays
//
// proto3 leaves out plain fields that have their default value, but never the members of a `oneof`:
// there, "written as zero" and "absent" are different answers. So every function here writes, and
// leaves out a default only where the caller says `omitsDefault`.
//
// A nested message needs its length before its bytes. The length is patched in when the message
// ends: one byte is kept free for it, and a message of 128 bytes or more is moved up by the bytes
// that its length needs beyond that one. OTLP nests the many small messages (data points) five
// deep, so that a byte moves five times at most, by memmove. A caller that knows the size
// beforehand says it and nothing moves.

/// A buffer that grows by one field at a time.
package struct ProtobufWriter: Sendable {
  /// What has been written.
  package private(set) var bytes: [UInt8] = []

  package init() {}

  private enum WireType: Int {
    case varint = 0
    case eightBytes = 1
    case lengthDelimited = 2
  }

  /// Writes an unsigned integer, an enumeration or a length.
  package mutating func varint(_ field: Int, _ value: UInt64, omitsDefault: Bool = false) {
    if omitsDefault && value == 0 { return }
    tag(field, .varint)
    appendVarint(value)
  }

  /// Writes an `int64`, which is not zigzag-coded: a negative number takes ten bytes.
  package mutating func int64(_ field: Int, _ value: Int64, omitsDefault: Bool = false) {
    varint(field, UInt64(bitPattern: value), omitsDefault: omitsDefault)
  }

  /// Writes a `bool`.
  package mutating func bool(_ field: Int, _ value: Bool, omitsDefault: Bool = false) {
    varint(field, value ? 1 : 0, omitsDefault: omitsDefault)
  }

  /// Writes a `fixed64`.
  package mutating func fixed64(_ field: Int, _ value: UInt64, omitsDefault: Bool = false) {
    if omitsDefault && value == 0 { return }
    tag(field, .eightBytes)
    appendFixed64(value)
  }

  /// Writes an `sfixed64`: two's complement.
  package mutating func sfixed64(_ field: Int, _ value: Int64, omitsDefault: Bool = false) {
    fixed64(field, UInt64(bitPattern: value), omitsDefault: omitsDefault)
  }

  /// Writes a `double`. Minus zero is not the default.
  package mutating func double(_ field: Int, _ value: Double, omitsDefault: Bool = false) {
    fixed64(field, value.bitPattern, omitsDefault: omitsDefault)
  }

  /// Writes a `string`, as UTF-8.
  package mutating func string(_ field: Int, _ value: String, omitsDefault: Bool = false) {
    if omitsDefault && value.isEmpty { return }
    lengthDelimited(field, byteCount: value.utf8.count)
    bytes.append(contentsOf: value.utf8)
  }

  /// Writes a `bytes` field, or a nested message that is encoded already.
  package mutating func bytes(_ field: Int, _ value: [UInt8], omitsDefault: Bool = false) {
    if omitsDefault && value.isEmpty { return }
    lengthDelimited(field, byteCount: value.count)
    append(encoded: value)
  }

  /// Writes a nested message: whatever `content` writes. An empty one is written too.
  package mutating func message(_ field: Int, _ content: (inout ProtobufWriter) -> Void) {
    tag(field, .lengthDelimited)
    let lengthIndex = bytes.count
    bytes.append(0)
    content(&self)
    let length = UInt64(bytes.count - lengthIndex - 1)
    let extra = Self.varintWidth(length) - 1
    if extra > 0 {
      bytes.insert(contentsOf: repeatElement(0, count: extra), at: lengthIndex)
    }
    for index in 0...extra {
      let more: UInt8 = index < extra ? 0x80 : 0
      bytes[lengthIndex + index] = UInt8(truncatingIfNeeded: length >> (7 * index)) & 0x7F | more
    }
  }

  /// Begins a string or nested message whose size is known: exactly `byteCount` bytes are to be
  /// written next.
  package mutating func lengthDelimited(_ field: Int, byteCount: Int) {
    tag(field, .lengthDelimited)
    appendVarint(UInt64(byteCount))
  }

  /// Writes fields that are encoded already.
  package mutating func append(encoded fields: [UInt8]) {
    bytes.append(contentsOf: fields)
  }

  /// Writes a `repeated fixed64` in one packed piece; nothing if there are no values.
  package mutating func packedFixed64(_ field: Int, _ values: [UInt64]) {
    if values.isEmpty { return }
    lengthDelimited(field, byteCount: 8 * values.count)
    for value in values { appendFixed64(value) }
  }

  /// Writes a `repeated double` in one packed piece; nothing if there are no values.
  package mutating func packedDouble(_ field: Int, _ values: [Double]) {
    if values.isEmpty { return }
    lengthDelimited(field, byteCount: 8 * values.count)
    for value in values { appendFixed64(value.bitPattern) }
  }

  private mutating func tag(_ field: Int, _ type: WireType) {
    appendVarint(UInt64(field << 3 | type.rawValue))
  }

  private mutating func appendVarint(_ value: UInt64) {
    var rest = value
    while rest > 0x7F {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  private mutating func appendFixed64(_ value: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }

  private static func varintWidth(_ value: UInt64) -> Int {
    max(1, (UInt64.bitWidth - value.leadingZeroBitCount + 6) / 7)
  }
}
