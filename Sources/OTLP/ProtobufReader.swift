/// A cursor over the fields of one message. Any bytes give fields or an error, never a trap.
struct ProtobufReader {
  enum Value {
    case integer(UInt64)
    /// Where a string or nested message lies in the bytes.
    case range(Range<Int>)
    /// A fixed32 or fixed64: no answer of OTLP has one, so its value is skipped.
    case fixed
  }

  private let bytes: [UInt8]
  private var offset: Int
  private let end: Int

  /// - Parameter range: where the message lies; a range that another reader of the same bytes gave,
  ///   or all.
  init(_ bytes: [UInt8], range: Range<Int>? = nil) {
    self.bytes = bytes
    offset = range?.lowerBound ?? 0
    end = range?.upperBound ?? bytes.count
  }

  /// The next field's number and value, or nil at the end of the message.
  mutating func next() throws(OTLPError) -> (field: UInt64, value: Value)? {
    if offset == end { return nil }
    let start = offset
    let tag = try varint()
    let field = tag >> 3
    // Field numbers are 1 to 2^29 - 1.
    guard (1..<1 << 29).contains(field) else { throw .notAField(offset: start) }
    switch tag & 7 {
    case 0: return (field, .integer(try varint()))
    case 1: return (field, try skip(8, fieldAt: start))
    case 2:
      let length = try varint()
      // Compared before it is converted: a length may be anything up to 2^64 - 1.
      guard length <= UInt64(end - offset) else { throw .endsEarly(offset: start) }
      let range = offset..<offset + Int(length)
      offset = range.upperBound
      return (field, .range(range))
    case 5: return (field, try skip(4, fieldAt: start))
    // 3 and 4 begin and end a group, which proto3 does not have; 6 and 7 are nothing.
    default: throw .notAField(offset: start)
    }
  }

  private mutating func skip(_ count: Int, fieldAt start: Int) throws(OTLPError) -> Value {
    guard count <= end - offset else { throw .endsEarly(offset: start) }
    offset += count
    return .fixed
  }

  private mutating func varint() throws(OTLPError) -> UInt64 {
    let start = offset
    var value: UInt64 = 0
    for shift in stride(from: 0 as UInt64, to: 64, by: 7) {
      guard offset < end else { throw .endsEarly(offset: start) }
      let byte = bytes[offset]
      offset += 1
      // The tenth byte has room for a single bit.
      if shift == 63 && byte > 1 { break }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    throw .integerTooLong(offset: start)
  }
}
