import TOML
import Testing

@Suite("Durations and sizes")
struct QuantityTests {
  private let place = Place(line: 3, column: 9)

  private func refusal(
    _ text: String, _ read: (Located<String>) throws(TOMLError) -> Located<Int64>
  ) -> String? {
    do throws(TOMLError) {
      _ = try read(Located(text, at: place))
      return nil
    } catch {
      return error.description
    }
  }

  private static let durations: [(String, Int64)] = [
    ("0s", 0), ("100ms", 100), ("10s", 10_000), ("15min", 900_000), ("2h", 7_200_000),
    ("1 day", 86_400_000), ("400 days", 34_560_000_000), ("90 s", 90_000),
    ("9223372036854775807ms", .max),
  ]

  @Test("a duration is read in milliseconds", arguments: durations)
  func duration(text: String, milliseconds: Int64) throws {
    let duration = try Located(text, at: place).durationMilliseconds()
    #expect(duration == Located(milliseconds, at: place))
  }

  @Test(
    "what is not a whole number and a unit is no duration",
    arguments: [
      "", "s", "10", "10 ", "10  s", " 10s", "10s ", "-1s", "+1s", "1.5h", "1h30min", "10S",
      "10 sec",
      "１０s", "1_0s", "10\ts", "0x1s", "10s\u{301}",
    ])
  func noDuration(text: String) {
    #expect(
      refusal(text) { text throws(TOMLError) in try text.durationMilliseconds() }
        == "3:9: \"\(TOMLError.shown(text))\" is not a duration;"
        + " expected a whole number and ms, s, min, h, day or days")
  }

  private static let sizes: [(String, Int64)] = [
    ("0 B", 0), ("512 B", 512), ("20 KiB", 20_480), ("64MiB", 67_108_864),
    ("1 GiB", 1_073_741_824), ("8589934591 GiB", 8_589_934_591 << 30),
  ]

  @Test("a size is read in bytes", arguments: sizes)
  func size(text: String, bytes: Int64) throws {
    #expect(try Located(text, at: place).sizeBytes() == Located(bytes, at: place))
  }

  @Test(
    "decimal units and fractions are no sizes",
    arguments: ["64 MB", "64M", "64", "1.5 GiB", "64 mib", "64 MiB/s"])
  func noSize(text: String) {
    #expect(
      refusal(text) { text throws(TOMLError) in try text.sizeBytes() }
        == "3:9: \"\(text)\" is not a size; expected a whole number and B, KiB, MiB or GiB")
  }

  @Test("what does not fit into 64 bits is too large")
  func tooLarge() {
    for text in ["8589934592 GiB", "99999999999999999999 B"] {
      #expect(
        refusal(text) { text throws(TOMLError) in try text.sizeBytes() }
          == "3:9: \"\(text)\" is too large; expected a smaller size")
    }
    #expect(
      refusal("106751991168 days") { text throws(TOMLError) in try text.durationMilliseconds() }
        == "3:9: \"106751991168 days\" is too large; expected a smaller duration")
  }
}
