import Compression
import Telemetry
import Testing

@testable import Handshake
@testable import Recording

@Suite("The columns of a batch")
struct BatchCodecTests {
  /// A batch as no kernel would make it: extremes, resets, holes, no ticks, no columns.
  private func anyContent(_ random: inout Seeded) -> BatchContent {
    let extremes: [Int64] = [.min, .max, 0, -1, 1, .min + 1, .max - 1, 1 << 32, .min + 7]
    var ticks: [Int64] = []
    var tick =
      Bool.random(using: &random)
      ? Int64.random(in: 0...(1 << 40), using: &random) : extremes.randomElement(using: &random)!
    for _ in 0..<[0, 1, 2, 7, 8, 9, 16, 60].randomElement(using: &random)! {
      ticks.append(tick)
      tick &+=
        Int.random(in: 0..<20, using: &random) == 0
        ? extremes.randomElement(using: &random)! : 10_000
    }
    var series: Int64 = Bool.random(using: &random) ? 0 : .random(in: 0...Int64.max, using: &random)
    let columns = (0..<[0, 1, 2, 5, 40].randomElement(using: &random)!).map { _ in
      series &+= Int64.random(in: 1...300, using: &random)
      var value = extremes.randomElement(using: &random)!
      let holes = [0, 0, 2, 10].randomElement(using: &random)!
      return Column(
        series: series,
        values: ticks.map { _ in
          switch Int.random(in: 0..<12, using: &random) {
          case 0: value = 0
          case 1: value = extremes.randomElement(using: &random)!
          default: value &+= Int64.random(in: -3...4_000, using: &random)
          }
          return holes > 0 && Int.random(in: 0..<holes, using: &random) == 0 ? nil : value
        })
    }
    return BatchContent(ticks: ticks, columns: columns)
  }

  @Test("what was encoded comes back exactly")
  func roundTrip() {
    for seed in UInt64(0)..<4_000 {
      var random = Seeded(seed)
      let content = anyContent(&random)
      #expect(BatchCodec.decode(BatchCodec.encode(content)) == content, "seed \(seed)")
    }
  }

  @Test("bytes that nobody encoded give no content or some, and never stop the program")
  func mutations() {
    for seed in UInt64(0)..<6_000 {
      var random = Seeded(seed)
      var bytes =
        seed.isMultiple(of: 3)
        ? (0..<Int.random(in: 0...300, using: &random)).map { _ in
          UInt8.random(in: 0...255, using: &random)
        }
        : BatchCodec.encode(anyContent(&random))
      if seed % 3 == 1, !bytes.isEmpty {
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(
            in: 0...255, using: &random)
        }
      } else if seed % 3 == 2 {
        bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
      }
      if let content = BatchCodec.decode(bytes) {
        #expect(
          content.columns.allSatisfy { $0.values.count == content.ticks.count }, "seed \(seed)")
      }
    }
  }

  @Test("a batch that was cut off or has something behind its end is damaged")
  func truncated() {
    var random = Seeded(42)
    for _ in 0..<200 {
      let content = anyContent(&random)
      let bytes = BatchCodec.encode(content)
      #expect(BatchCodec.decode(bytes + [0]) == nil)
      #expect(BatchCodec.decode(Array(bytes.dropLast())) == nil)
    }
    #expect(BatchCodec.decode([]) == nil)
    #expect(BatchCodec.decode([2, 0, 0]) == nil)
    #expect(BatchCodec.decode([1, 0, 0]) == BatchContent(ticks: [], columns: []))
  }

  @Test("a count that the bytes cannot hold is refused before room is made for it")
  func hugeCounts() {
    let huge: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
    #expect(BatchCodec.decode([1] + huge) == nil)
    #expect(BatchCodec.decode([1, 0] + huge) == nil)
    #expect(BatchCodec.decode([1] + [UInt8](repeating: 0xff, count: 11)) == nil)
  }

  @Test("a minute of kernel-like readings takes two bytes a reading, not twenty")
  func size() throws {
    var random = Seeded(1)
    var compressor = Compressor(.batch)
    let ticks = (0..<6).map { Int64(3_600_000 + $0 * 10_000) }
    let columns = (0..<130).map { series in
      var value = Int64.random(in: 0...(1 << 30), using: &random)
      return Column(
        series: Int64(series),
        values: ticks.map { _ in
          // A third does not move, a third creeps, a third runs.
          value +=
            [0, .random(in: 0...40, using: &random), .random(in: 0...90_000, using: &random)][
              series % 3]
          return value
        })
    }
    let content = BatchContent(ticks: ticks, columns: columns)
    let bytes = compressor.compress(BatchCodec.encode(content))
    print("bytes per reading: \(Double(bytes.count) / Double(content.readings))")
    #expect(bytes.count < 4 * content.readings)
    #expect(SealedBatch.content(bytes) == content)
    #expect(SealedBatch.content(Array(bytes.dropLast(9))) == nil)
    #expect(SealedBatch.content([]) == nil)
  }
}

@Suite("Attributes as text")
struct AttributeTextTests {
  @Test("any attributes come back exactly")
  func roundTrip() {
    let pieces = [
      "\"", "\\", "\n", "\r\n", "\r", "\u{0}", "=", "n", "0", "\u{301}", "e", "é", "7", "-", "\\n",
      "\u{2028}", "🚒", "",
    ]
    for seed in UInt64(0)..<4_000 {
      var random = Seeded(seed)
      let attributes = (0..<Int.random(in: 0...3, using: &random)).map { number in
        let text = (0..<Int.random(in: 0...4, using: &random)).map { _ in
          pieces.randomElement(using: &random)!
        }.joined()
        return Attribute(
          "key.\(number)",
          [
            .string(text), .integer(.random(in: .min ... .max, using: &random)),
            HashKey(Array(0..<32))!.hash(.string(text)),
          ].randomElement(using: &random)!)
      }
      let text = AttributeText.encode(attributes)
      let back = AttributeText.decode(text)
      // The bytes count: `==` of strings takes two spellings of é for one.
      #expect(
        back.map { "\($0)" }.map { Array($0.utf8) } == Array("\(attributes)".utf8), "seed \(seed)")
      #expect(!text.utf8.contains(0), "seed \(seed)")
    }
  }

  @Test(
    "text that is no list of attributes is not guessed at",
    arguments: [
      "key", "key=", "key=x", "key=\"", "=\n=", "a=1\nb", "key=#", "key=#12",
      "key=#\(String(repeating: "x", count: 64))",
    ])
  func malformed(_ text: String) { #expect(AttributeText.decode(text) == nil) }
}
