import Compression
import TestSupport
import Testing

@Suite("Compression")
struct DeflateTests {
  static let formats: [Format] = [.batch, .gzip]

  /// Content that is sometimes random, sometimes repeats itself, of 0 to some 100,000 bytes.
  private func content(_ generator: inout SeededGenerator) -> [UInt8] {
    let count = 1 << Int.random(in: 0...17, using: &generator)
    let pattern = generator.bytes(Int.random(in: 1...count, using: &generator))
    let bytes = (0..<count).map { pattern[$0 % pattern.count] }
    return Array(bytes.dropFirst(Int.random(in: 0...1, using: &generator)))
  }

  @Test("what was compressed comes back, with one stream for many contents", arguments: formats)
  func comesBack(format: Format) throws {
    var compressor = Compressor(format)
    for seed in seeds {
      var generator = SeededGenerator(seed: seed)
      let content = content(&generator)
      let compressed = compressor.compress(content)
      let back = try Decompressor.decompress(compressed, format, limitBytes: content.count)
      #expect(back == content, "seed \(seed)")
    }
  }

  @Test("empty content comes back, also with no room at all", arguments: formats)
  func empty(format: Format) throws {
    var compressor = Compressor(format)
    let compressed = compressor.compress([])
    #expect(compressed.count > 0)
    #expect(try Decompressor.decompress(compressed, format, limitBytes: 10) == [])
    #expect(try Decompressor.decompress(compressed, format, limitBytes: 0) == [])
  }

  @Test(
    "the same content gives the same bytes, whatever the stream was used for before",
    arguments: formats)
  func deterministic(format: Format) {
    let content = Array("the same bytes go out again".utf8)
    var used = Compressor(format)
    var fresh = Compressor(format)
    _ = used.compress([UInt8](repeating: 3, count: 50_000))
    let (again, first) = (used.compress(content), fresh.compress(content))
    #expect(again == first)
  }

  @Test("content beyond the limit is refused, however small it is compressed", arguments: formats)
  func tooLong(format: Format) throws {
    var compressor = Compressor(format)
    let compressed = compressor.compress([UInt8](repeating: 0, count: 1_000_000))
    for limit in [0, 1, 511, 999_999] {
      #expect(throws: CompressionError.tooLong(limitBytes: limit)) {
        try Decompressor.decompress(compressed, format, limitBytes: limit)
      }
    }
    #expect(
      try Decompressor.decompress(compressed, format, limitBytes: 1_000_000).count == 1_000_000)
  }

  @Test("every beginning of compressed bytes is damaged", arguments: formats)
  func truncated(format: Format) {
    var compressor = Compressor(format)
    let compressed = compressor.compress(Array("some content that repeats, that repeats".utf8))
    for length in 0..<compressed.count {
      #expect(throws: CompressionError.damaged) {
        try Decompressor.decompress(Array(compressed.prefix(length)), format, limitBytes: 1000)
      }
    }
  }

  @Test("bytes behind the end are damage, and so is the other format")
  func surplus() {
    for format in Self.formats {
      var compressor = Compressor(format)
      let compressed = compressor.compress([1, 2, 3])
      for (bytes, format) in [
        (compressed + [0], format), (compressed, format == .gzip ? .batch : .gzip),
      ] {
        #expect(throws: CompressionError.damaged) {
          try Decompressor.decompress(bytes, format, limitBytes: 1000)
        }
      }
    }
  }

  @Test("bits that flip are found by the checksum, or change nothing", arguments: formats)
  func flipped(format: Format) {
    var compressor = Compressor(format)
    let content = (0..<300).map { UInt8($0 % 7) }
    let compressed = compressor.compress(content)
    var refused = 0
    for bit in 0..<(compressed.count * 8) {
      var bytes = compressed
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      do {
        // Some bits of gzip's header (the time, the system) are nobody's content.
        #expect(
          try Decompressor.decompress(bytes, format, limitBytes: 1000) == content, "bit \(bit)")
      } catch {
        refused += 1
      }
    }
    #expect(refused > compressed.count * 8 / 2)
  }

  @Test("random bytes are refused and never trap", arguments: seeds)
  func random(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for format in Self.formats {
      let bytes = generator.bytes(Int.random(in: 0...200, using: &generator))
      #expect(throws: CompressionError.self, "seed \(seed)") {
        try Decompressor.decompress(bytes, format, limitBytes: 100)
      }
    }
  }

  @Test("gzip itself reads the request bodies", arguments: [0, 1, 1000, 1_000_000])
  func gzip(count: Int) throws {
    let directory = try TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    var generator = SeededGenerator(seed: 1)
    let content = generator.bytes(count)
    var compressor = Compressor(.gzip)
    let (file, original) = (
      try directory.write("a.gz", compressor.compress(content)), try directory.write("a", content)
    )
    #expect(try Command("gzip -t '\(file)'").finish().code == 0)
    #expect(try Command("gzip -dc '\(file)' | cmp - '\(original)'").finish().code == 0)
  }

  @Test("what gzip made is read")
  func readsGzip() throws {
    let bytes = try Command("printf 'made by gzip' | gzip -9").finish().output
    let content = try Decompressor.decompress(bytes, .gzip, limitBytes: 100)
    #expect(String(decoding: content, as: UTF8.self) == "made by gzip")
  }
}
