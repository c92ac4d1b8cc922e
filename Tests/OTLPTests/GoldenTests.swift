import OTLP
import Telemetry
import TestSupport
import Testing

/// Bytes made by the official Python library (opentelemetry-proto 1.45.2, deterministic
/// serialisation).
private enum Golden {
  static let metrics = bytes(
    hex: """
      0ae6010a150a130a0c736572766963652e6e616d6512030a016112cc010a060a017312013112260a01671a01312a
      1e0a1c1900cac471fe9c971721000000000000e03f3a080a016b12030a0176122a0a01631a0242793a210a1b1100
      002a36fe9c97171900cac471fe9c971731ffffffffffffffff10021801126e0a01681a01734a660a621100002a36
      fe9c97171900cac471fe9c971721030000000000000029333333333333e33f321801000000000000000200000000
      00000000000000000000003a109a9999999999b93f000000000000e03f59000000000000000061333333333333d3
      3f1001
      """)
  static let logs = bytes(
    hex: """
      0a720a150a130a0c736572766963652e6e616d6512030a016112590a030a017312520900cac471fe9c971710091a
      04494e464f2a040a02686932100a016e120b18feffffffffffffffff0132070a01621202100032050a0165120059
      00cac471fe9c9717620e636f6d2e6578616d706c652e7570
      """)
  static let partialSuccess = bytes(hex: "0a0b08021207746f6f206f6c64")
  static let status = bytes(hex: "08031203626164")
}

private let resource = [Attribute("service.name", .string("a"))]
private let start: UInt64 = 1_700_000_000_000_000_000
private let time: UInt64 = 1_700_000_001_000_000_000

@Suite("The bytes are those of the official library")
struct GoldenTests {
  private func gaugeAndCounter() -> [Metric] {
    let half = NumberPoint(timeUnixNanoseconds: time, value: 5)
    let minusOne = NumberPoint(timeUnixNanoseconds: time, value: -1)
    return [
      Metric(
        name: "g", unit: "1", instrument: .gauge, decimals: 1,
        series: [NumberSeries(attributes: [Attribute("k", .string("v"))], points: [half])]),
      Metric(
        name: "c", unit: "By", instrument: .counter,
        series: [
          NumberSeries(attributes: [], startTimeUnixNanoseconds: start, points: [minusOne])
        ]),
    ]
  }

  /// Accord sends no histograms; the writer's packed fields are checked against the official ones
  /// all the same.
  private func histogram(_ metric: inout ProtobufWriter) {
    metric.string(1, "h")
    metric.string(3, "s")
    metric.message(9) { histogram in
      histogram.message(1) { point in
        point.fixed64(2, start)
        point.fixed64(3, time)
        point.fixed64(4, 3)
        point.double(5, 0.6)
        point.packedFixed64(6, [1, 2, 0])
        point.packedDouble(7, [0.1, 0.5])
        point.double(11, 0)
        point.double(12, 0.3)
      }
      histogram.varint(2, 1)
    }
  }

  @Test("a gauge, a counter and a histogram")
  func metrics() throws {
    let encoded = MetricsRequest.encode(
      resource: resource,
      scopes: [Scope(name: "s", version: "1", metrics: gaugeAndCounter())], schemaURL: nil)
    // The histogram is put behind what the product encoded, and the lengths around it are made
    // anew.
    let resourceMetrics = try WireMessage(encoded).messages(1)[0]
    let scopeMetrics = try resourceMetrics.messages(2)[0]
    var writer = ProtobufWriter()
    writer.message(1) { envelope in
      envelope.bytes(1, resourceMetrics.all(1)[0])
      envelope.message(2) { scope in
        scope.bytes(1, scopeMetrics.all(1)[0])
        for metric in scopeMetrics.all(2) { scope.bytes(2, metric) }
        scope.message(2) { histogram(&$0) }
      }
    }
    #expect(writer.bytes == Golden.metrics)
  }

  @Test("an event with a number, a false and an empty attribute")
  func logs() {
    let record = LogRecord(
      timeUnixNanoseconds: time, observedTimeUnixNanoseconds: time, severity: .info,
      body: .string("hi"),
      attributes: [KeyValue("n", .int(-2)), KeyValue("b", .bool(false)), KeyValue("e", .empty)],
      eventName: "com.example.up")
    let scope = LogScope(name: "s", version: "", records: [record])
    let encoded = LogsRequest.encode(resource: resource, scopes: [scope], schemaURL: nil)
    #expect(encoded == Golden.logs)
  }

  @Test("a partial success")
  func partialSuccess() throws {
    let response = try ExportResponse(decoding: Golden.partialSuccess)
    #expect(response.rejectedCount == 2)
    #expect(response.message == "too old")
  }

  @Test("a status")
  func status() throws {
    let response = try StatusResponse(decoding: Golden.status)
    #expect(response.code == 3)
    #expect(response.message == "bad")
  }
}
