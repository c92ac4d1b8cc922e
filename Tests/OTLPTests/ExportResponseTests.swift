import OTLP
import TestSupport
import Testing

@Suite("Answers are decoded, whatever they are")
struct ExportResponseTests {
  @Test(
    "an answer without rejections means that all was accepted",
    arguments: ["", "0a00", "0a020800", "0a021200"])
  func accepted(hex: String) throws {
    let response = try ExportResponse(decoding: bytes(hex: hex))
    #expect(response.rejectedCount == 0)
    #expect(response.message == "")
  }

  @Test(
    "fields that are not known are skipped, and so are known ones of another type",
    arguments: [
      // An integer, eight bytes, a string, four bytes, each with number 15, around and inside the
      // known ones.
      "7801 790000000000000000 7a0161 7d00000000 0a06 0802 1202 6f6b 7801",
      "0a19 7801 790000000000000000 7a0161 7d00000000 0802 1202 6f6b",
      // partial_success as an integer, rejected as a string, message as eight bytes.
      "0801 0a12 0a0161 110000000000000000 0802 1202 6f6b",
    ])
  func unknownFields(hex: String) throws {
    let response = try ExportResponse(decoding: bytes(hex: hex))
    #expect(response.rejectedCount == 2)
    #expect(response.message == "ok")
  }

  @Test("a negative count of rejections is none")
  func negativeCount() throws {
    let response = try ExportResponse(decoding: bytes(hex: "0a0b 08ffffffffffffffffff01"))
    #expect(response.rejectedCount == 0)
  }

  @Test("a negative status code stays negative, and details are skipped")
  func status() throws {
    let status = try StatusResponse(
      decoding: bytes(hex: "08ffffffffffffffffff01 1203626164 1a030a0161"))
    #expect(status.code == -1)
    #expect(status.message == "bad")
  }

  @Test("a long message is cut, also within a character")
  func longMessage() throws {
    var writer = ProtobufWriter()
    writer.string(2, "x" + String(repeating: "é", count: 600))
    let message = try StatusResponse(decoding: writer.bytes).message
    #expect(message == "x" + String(repeating: "é", count: 511) + "\u{FFFD}")
  }

  @Test(
    "what is not a message is refused with the place",
    arguments: [
      ("0a", OTLPError.endsEarly(offset: 1)),
      ("0a0b08", .endsEarly(offset: 0)),
      ("0a0208", .endsEarly(offset: 0)),
      ("0a0108", .endsEarly(offset: 3)),
      ("0800 7900", .endsEarly(offset: 2)),
      ("7d000000", .endsEarly(offset: 0)),
      // A length of 2^64 - 1, and one that would overflow when added to the offset.
      ("0affffffffffffffffff01", .endsEarly(offset: 0)),
      ("0affffffffffffffff7f", .endsEarly(offset: 0)),
      ("08ffffffffffffffffff02", .integerTooLong(offset: 1)),
      ("0880808080808080808080 01", .integerTooLong(offset: 1)),
      // Number zero, a number above 2^29 - 1, the beginning and end of a group, wire types 6 and 7.
      ("0000", .notAField(offset: 0)),
      ("808080801000", .notAField(offset: 0)),
      ("0b0c", .notAField(offset: 0)), ("0c", .notAField(offset: 0)),
      ("0800 0e", .notAField(offset: 2)), ("0800 0f", .notAField(offset: 2)),
    ])
  func malformed(hex: String, expected: OTLPError) {
    #expect(throws: expected) { try ExportResponse(decoding: bytes(hex: hex)) }
  }

  @Test("every error is a sentence that says where")
  func descriptions() {
    for error in [
      OTLPError.endsEarly(offset: 17), .integerTooLong(offset: 17), .notAField(offset: 17),
    ] {
      #expect(error.description.contains("byte 17"))
      #expect(error.description.hasSuffix("."))
    }
  }

  @Test("random bytes and damaged answers lead to a value or an error", arguments: 1...20)
  func randomBytes(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let answer = bytes(hex: "0a0b08021207746f6f206f6c64")
    var decoded = 0
    var refused = 0
    for round in 0..<5000 {
      var input = answer
      if round.isMultiple(of: 2) {
        input = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
          .random(in: 0...255, using: &generator)
        }
      } else {
        input[Int.random(in: 0..<input.count, using: &generator)] = .random(
          in: 0...255, using: &generator)
        input.removeLast(Int.random(in: 0...2, using: &generator))
      }
      do throws(OTLPError) {
        let response = try ExportResponse(decoding: input)
        #expect(response.rejectedCount >= 0)
        // A replacement character takes three bytes for one that is not UTF-8.
        #expect(response.message.utf8.count <= 3 * ExportResponse.messageBytesMax)
        decoded += 1
      } catch {
        refused += 1
      }
      _ = try? StatusResponse(decoding: input)
    }
    // Both ways were taken, or the generator is of no use.
    #expect(decoded > 0 && refused > 0)
  }
}
