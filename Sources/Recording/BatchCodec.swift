// The content of a batch: columns, not rows.
//
// All series of a batch share one column of tick times; each series is one column of integers. Neighbours in
// time resemble each other, so every column is stored as its first value and then differences, as zigzag
// variable-length integers (the encoding of Protocol Buffers' sint64), and deflate does the rest.
//
//   version            1 byte, 1
//   ticks              varint
//   tick times         ticks x zigzag varint: the first, then differences of differences, because ticks come
//                      at a steady pace (milliseconds of the boot clock)
//   columns            varint
//   each column        series number as a varint difference to the column before, plus
//                      1 byte: 1 all readings present, 0 a bitmap follows (least significant bit first)
//                      the present readings: zigzag varints, the first and then differences
//
// Differences wrap around at 64 bits, in both directions alike, so any values come back as they went in.

/// One series within a batch.
package struct Column: Equatable, Sendable {
  /// The row of the series in the database's dictionary.
  package let series: Int64
  /// One for each tick; nil where the reading is missing.
  package let values: [Int64?]

  package init(series: Int64, values: [Int64?]) {
    self.series = series
    self.values = values
  }
}

/// The readings of one batch.
package struct BatchContent: Equatable, Sendable {
  /// Milliseconds of the boot clock, ascending.
  package let ticks: [Int64]
  /// In ascending order of their series.
  package let columns: [Column]

  package init(ticks: [Int64], columns: [Column]) {
    self.ticks = ticks
    self.columns = columns
  }

  /// How many readings are present.
  package var readings: Int {
    columns.reduce(0) { sum, column in sum + column.values.count { $0 != nil } }
  }
}

package enum BatchCodec {
  private static let version: UInt8 = 1

  package static func encode(_ content: BatchContent) -> [UInt8] {
    var output = VarintWriter()
    output.bytes.append(version)
    output.append(UInt64(content.ticks.count))
    var (previous, step): (Int64, Int64) = (0, 0)
    for tick in content.ticks {
      let nextStep = tick &- previous
      output.append(zigzag: nextStep &- step)
      (previous, step) = (tick, nextStep)
    }
    output.append(UInt64(content.columns.count))
    var series: Int64 = 0
    for column in content.columns {
      output.append(UInt64(bitPattern: column.series &- series))
      series = column.series
      output.append(column.values)
    }
    return output.bytes
  }

  /// The content, or nil when the bytes are not what `encode` makes.
  package static func decode(_ bytes: [UInt8]) -> BatchContent? {
    var input = VarintReader(bytes)
    guard input.byte() == version, let count = input.count(atMost: bytes.count) else { return nil }
    var ticks: [Int64] = []
    var (previous, step): (Int64, Int64) = (0, 0)
    for _ in 0..<count {
      guard let difference = input.zigzag() else { return nil }
      step = step &+ difference
      previous = previous &+ step
      ticks.append(previous)
    }
    guard let columnCount = input.count(atMost: bytes.count) else { return nil }
    var columns: [Column] = []
    var series: Int64 = 0
    for _ in 0..<columnCount {
      guard let difference = input.varint(), let values = input.values(count) else { return nil }
      series = series &+ Int64(bitPattern: difference)
      columns.append(Column(series: series, values: values))
    }
    return input.isAtEnd ? BatchContent(ticks: ticks, columns: columns) : nil
  }
}

private struct VarintWriter {
  var bytes: [UInt8] = []

  mutating func append(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func append(zigzag value: Int64) {
    append(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  mutating func append(_ values: [Int64?]) {
    let isComplete = values.allSatisfy { $0 != nil }
    bytes.append(isComplete ? 1 : 0)
    if !isComplete { appendBitmap(values) }
    var previous: Int64 = 0
    for case let value? in values {
      append(zigzag: value &- previous)
      previous = value
    }
  }

  private mutating func appendBitmap(_ values: [Int64?]) {
    for start in stride(from: 0, to: values.count, by: 8) {
      var byte: UInt8 = 0
      for offset in 0..<min(8, values.count - start) where values[start + offset] != nil {
        byte |= 1 << UInt8(offset)
      }
      bytes.append(byte)
    }
  }
}

private struct VarintReader {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { offset == bytes.count }

  mutating func byte() -> UInt8? {
    guard offset < bytes.count else { return nil }
    offset += 1
    return bytes[offset - 1]
  }

  mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let next = byte() else { return nil }
      // The tenth byte holds the one bit that is left.
      if shift == 63, next > 1 { return nil }
      value |= UInt64(next & 0x7f) << shift
      if next < 0x80 { return value }
    }
    return nil
  }

  mutating func zigzag() -> Int64? {
    guard let value = varint() else { return nil }
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// A number of things that take at least one byte each.
  mutating func count(atMost limit: Int) -> Int? {
    guard let value = varint(), value <= UInt64(limit) else { return nil }
    return Int(value)
  }

  mutating func values(_ count: Int) -> [Int64?]? {
    guard let isPresent = presence(count) else { return nil }
    var values: [Int64?] = []
    values.reserveCapacity(count)
    var previous: Int64 = 0
    for position in 0..<count {
      guard isPresent[position] else {
        values.append(nil)
        continue
      }
      guard let difference = zigzag() else { return nil }
      previous = previous &+ difference
      values.append(previous)
    }
    return values
  }

  private mutating func presence(_ count: Int) -> [Bool]? {
    switch byte() {
    case 1: return [Bool](repeating: true, count: count)
    case 0:
      var isPresent: [Bool] = []
      for start in stride(from: 0, to: count, by: 8) {
        guard let bits = byte() else { return nil }
        for offset in 0..<min(8, count - start) { isPresent.append(bits >> UInt8(offset) & 1 == 1) }
      }
      return isPresent
    default: return nil
    }
  }
}
