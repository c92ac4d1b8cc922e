import OTLP
import Telemetry
import TestSupport
import Testing

@Suite("Log records are encoded field by field")
struct LogsRequestTests {
  private func encode(_ record: LogRecord) throws -> WireMessage {
    let scope = LogScope(name: "s", version: "1", records: [record])
    let encoded = LogsRequest.encode(resource: [], scopes: [scope], schemaURL: nil)
    return try WireMessage(encoded).messages(1)[0].messages(2)[0].messages(2)[0]
  }

  @Test(
    "a severity has the number and the name of OTLP",
    arguments: [
      (Severity.trace, 1, "TRACE"), (.debug, 5, "DEBUG"), (.info, 9, "INFO"), (.warn, 13, "WARN"),
      (.error, 17, "ERROR"), (.fatal, 21, "FATAL"),
    ])
  func severities(severity: Severity, number: UInt64, text: String) throws {
    let record = LogRecord(
      timeUnixNanoseconds: 1, observedTimeUnixNanoseconds: 2, severity: severity)
    let encoded = try encode(record)
    #expect(encoded.only(2) == .varint(number))
    #expect(encoded.text(3) == text)
  }

  @Test("an unknown time, a missing body and a missing event name are left out")
  func absent() throws {
    let record = LogRecord(
      timeUnixNanoseconds: nil, observedTimeUnixNanoseconds: 2, severity: .info)
    #expect(try encode(record).fields.map(\.number) == [2, 3, 11])
  }

  @Test(
    "every kind of value is written, zero and empty ones too",
    arguments: [
      (AnyValue.string(""), "0a00"), (.bool(false), "1000"), (.bool(true), "1001"),
      (.int(0), "1800"), (.int(300), "18ac02"), (.int(-1), "18ffffffffffffffffff01"),
      (.double(0), "210000000000000000"), (.double(-2), "2100000000000000c0"),
      (.array([]), "2a00"),
      (.array([.string("a"), .int(1), .empty]), "2a0b0a030a01610a0218010a00"),
      (.empty, ""),
    ])
  func values(value: AnyValue, hex: String) throws {
    let record = LogRecord(
      timeUnixNanoseconds: 1, observedTimeUnixNanoseconds: 2, severity: .info, body: value,
      attributes: [KeyValue("k", value)])
    let encoded = try encode(record)
    #expect(encoded.all(5) == [bytes(hex: hex)])
    #expect(try encoded.messages(6)[0].all(2) == [bytes(hex: hex)])
  }

  @Test("scopes without records are left out, and a request without records is empty")
  func nothingToSay() throws {
    let record = LogRecord(
      timeUnixNanoseconds: 1, observedTimeUnixNanoseconds: 2, severity: .info)
    let silent = LogScope(name: "silent", version: "1", records: [])
    let talking = LogScope(name: "talking", version: "1", records: [record])
    #expect(LogsRequest.encode(resource: [], scopes: [silent], schemaURL: "x").isEmpty)
    let encoded = LogsRequest.encode(resource: [], scopes: [silent, talking], schemaURL: "x")
    let envelope = try WireMessage(encoded).messages(1)[0]
    #expect(envelope.text(3) == "x")
    let scopes = try envelope.messages(2)
    #expect(try scopes.map { try $0.messages(1)[0].text(1) } == ["talking"])
    #expect(scopes[0].text(3) == "x")
  }
}
