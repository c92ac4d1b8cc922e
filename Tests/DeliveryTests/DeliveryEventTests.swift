import OTLP
import Recording
import Telemetry
import Testing

@testable import Delivery

@Suite("The event that lists what came")
struct DeliveryEventTests {
  @Test("rule 12: it holds the closed envelope and nothing else")
  func envelope() throws {
    let appliance = try Appliance()
    for _ in 0..<2 { try appliance.record(ticks: 2) }
    let outbox = try appliance.outbox()
    let batches = try outbox.pending(.product, after: 0, limit: 96)
    let delivery = try outbox.beginDelivery(
      of: batches, fingerprint: [0xab, 0xcd], body: [1, 2, 3], readings: 4, nowMilliseconds: today)
    let record = DeliveryEvent.record(
      of: delivery, batches: batches, head: (number: 17, hash: [0xef]), timeMilliseconds: today)
    #expect(
      record.attributes == [
        KeyValue("log.record.uid", .string(delivery.id)),
        KeyValue("accord.source", .string("product")),
        KeyValue("accord.grant", .string(batches[0].grantID)),
        KeyValue("accord.batches", .array(batches.map { .string($0.id) })),
        KeyValue("accord.sequence.first", .int(1)),
        KeyValue("accord.sequence.last", .int(2)),
        KeyValue("accord.readings", .int(4)),
        KeyValue("accord.bytes", .int(3)),
        KeyValue("accord.agreement", .string("abcd")),
        KeyValue("accord.ledger.number", .int(17)),
        KeyValue("accord.ledger.head", .string("ef")),
      ])
    #expect(record.attributes.map(\.key) == DeliveryEvent.attributeKeys)
    #expect(record.eventName == "accord.delivery")
    #expect(record.body == nil)
    #expect(record.severity == .info)
    #expect(record.timeUnixNanoseconds == UInt64(today) * 1_000_000)
  }
}
