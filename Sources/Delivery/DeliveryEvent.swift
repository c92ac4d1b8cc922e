// The event `accord.delivery`: after the readings of a run were accepted, it tells the supplier what they were,
// so that gaps can be counted (sequence numbers) and repeats recognised (ids). It holds nothing beyond the
// closed envelope: pseudonym, batch ids, sizes, agreement fingerprint, ledger head.

internal import Digest
internal import OTLP
internal import Recording
internal import Telemetry

package enum DeliveryEvent {
  package static let name = "accord.delivery"
  /// What the supplier can use it for, in words for the customer.
  package static let brief =
    "which batches an accepted delivery held, so that gaps and repeats are noticed"
  package static let attributeKeys = [
    "log.record.uid", "accord.source", "accord.grant", "accord.batches", "accord.sequence.first",
    "accord.sequence.last", "accord.readings", "accord.bytes", "accord.agreement",
    "accord.ledger.number", "accord.ledger.head",
  ]

  /// - Parameter head: the newest row of the ledger, which vouches for all before it.
  static func record(
    of delivery: Delivery, batches: [BatchSummary], head: (number: Int64, hash: [UInt8]),
    timeMilliseconds: Int64
  ) -> LogRecord {
    let time = UnixTime.nanoseconds(timeMilliseconds)
    return LogRecord(
      timeUnixNanoseconds: time, observedTimeUnixNanoseconds: time, severity: .info,
      attributes: [
        KeyValue("log.record.uid", .string(delivery.id)),
        KeyValue("accord.source", .string(batches.first?.source.name ?? "")),
        KeyValue("accord.grant", .string(batches.first?.grantID ?? "")),
        KeyValue("accord.batches", .array(batches.map { .string($0.id) })),
        KeyValue("accord.sequence.first", .int(batches.first?.sequence ?? 0)),
        KeyValue("accord.sequence.last", .int(batches.last?.sequence ?? 0)),
        KeyValue("accord.readings", .int(delivery.readings)),
        KeyValue("accord.bytes", .int(delivery.bytes)),
        KeyValue("accord.agreement", .string(Hexadecimal.text(delivery.fingerprint))),
        KeyValue("accord.ledger.number", .int(head.number)),
        KeyValue("accord.ledger.head", .string(Hexadecimal.text(head.hash))),
      ], eventName: name)
  }
}
