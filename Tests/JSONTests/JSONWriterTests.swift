import Foundation
import JSON
import TestSupport
import Testing

@Suite("JSON")
struct JSONWriterTests {
  private func written(_ members: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    writer.object(members)
    return writer.text
  }

  /// What another reader makes of one member.
  private func read<Value>(_ type: Value.Type, _ members: (inout JSONWriter) -> Void) throws
    -> Value?
  {
    let object = try JSONSerialization.jsonObject(with: Data(written(members).utf8))
    return (object as? [String: Any])?["key"] as? Value
  }

  @Test("every character comes back, in values and in keys")
  func characters() throws {
    let scalars = Array(0...0x2FF) + [0x2028, 0x2029, 0xFEFF, 0xFFFD, 0xFFFF, 0x1F600, 0x10FFFF]
    for scalar in scalars.compactMap(Unicode.Scalar.init) {
      let text = "a\(scalar)b"
      #expect(try read(String.self) { $0.member("key", text) } == text, "\(scalar.value)")
      let object = try JSONSerialization.jsonObject(
        with: Data(written { $0.member(text, "v") }.utf8))
      #expect(object as? [String: String] == [text: "v"], "\(scalar.value)")
    }
  }

  @Test("no control character stands in the text as itself", arguments: UInt8(0)..<0x20)
  func controls(code: UInt8) {
    let text = written { $0.member("key", String(Unicode.Scalar(code))) }
    #expect(text.utf8.allSatisfy { $0 >= 0x20 })
    let digits = String(code, radix: 16)
    let expected = code == 10 ? "\\n" : "\\u00" + (digits.count == 1 ? "0" : "") + digits
    #expect(text == "{\"key\":\"\(expected)\"}")
  }

  @Test("text of any characters comes back", arguments: seeds)
  func texts(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let text = String(decoding: generator.bytes(200), as: UTF8.self)
    #expect(try read(String.self) { $0.member("key", text) } == text, "seed \(seed)")
  }

  @Test(
    "integers come back to their extremes",
    arguments: [
      0, 1, -1, 9, 10, -10, 99, 100, 1_000_000, Int64.max, Int64.min, Int64.max - 1, Int64.min + 1,
    ])
  func integers(value: Int64) throws {
    #expect(written { $0.member("key", value) } == "{\"key\":\(value)}")
    #expect(try read(Int64.self) { $0.member("key", value) } == value)
  }

  @Test("random integers are written as everybody writes them", arguments: seeds)
  func randomIntegers(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    for shift in 0..<64 as Range<Int64> {
      let value = Int64.random(in: .min ... .max, using: &generator) >> shift
      #expect(written { $0.member("key", value) } == "{\"key\":\(value)}", "seed \(seed)")
    }
  }

  @Test(
    "decimals are exact",
    arguments: [
      (0, 2, "0.00"), (5, 2, "0.05"), (-5, 2, "-0.05"), (150, 2, "1.50"), (-150, 2, "-1.50"),
      (7, 0, "7"), (7, 1, "0.7"), (123_456, 3, "123.456"),
      (.max, 2, "92233720368547758.07"), (.min, 2, "-92233720368547758.08"),
      (.max, 19, "0.9223372036854775807"), (.min, 18, "-9.223372036854775808"),
    ] as [(Int64, Int, String)])
  func decimals(value: Int64, decimals: Int, expected: String) throws {
    #expect(DecimalText.text(value, decimals: decimals) == expected)
    #expect(written { $0.member("key", value, decimals: decimals) } == "{\"key\":\(expected)}")
    #expect(try read(NSNumber.self) { $0.member("key", value, decimals: decimals) } != nil)
  }

  @Test("members, arrays and objects nest and are separated by commas")
  func nesting() throws {
    let text = written { document in
      document.member("text", "a")
      document.object("empty") { _ in }
      document.array("none") { _ in }
      document.array("list") { list in
        list.element("b")
        list.object { inner in
          inner.array("deep") { deep in
            deep.object { $0.member("n", 1) }
            deep.object { _ in }
            deep.element("c")
          }
          inner.member("after", true)
        }
        list.element("d")
      }
      document.member("nothing", nil as String?)
      document.member("no_number", nil as Int64?)
      document.member("some", 3 as Int64?)
      document.member("false", false)
    }
    #expect(
      text
        == #"{"text":"a","empty":{},"none":[],"list":["b",{"deep":[{"n":1},{},"c"],"after":true},"d"],"#
        + #""nothing":null,"no_number":null,"some":3,"false":false}"#)
    #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
  }

  @Test("a writer that was cleared begins anew")
  func clears() {
    var writer = JSONWriter()
    for value in 0..<3 as Range<Int64> {
      writer.clear()
      writer.object {
        $0.member("a", value)
        $0.member("b", value)
      }
      #expect(writer.text == "{\"a\":\(value),\"b\":\(value)}")
    }
  }
}
