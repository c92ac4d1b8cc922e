// Everything that was shared, or waits, in a plain open form: the customer's own copy of what the supplier has.

internal import Configuration
internal import Delivery
internal import Handshake
internal import JSON
internal import Linux
internal import Recording
internal import Telemetry

enum ReadingsExport {
  /// A batch, the request that it left with, and what is known of that.
  private struct Origin {
    let batch: BatchSummary
    let delivery: Delivery?
    /// Whether the readings shown come to the bytes that left; nil for what has not left, or not been answered yet.
    let isVerified: Bool?
  }

  static func print(
    _ batches: [BatchSummary], _ outbox: borrowing Outbox, _ installation: InstallationOptions
  ) throws {
    let shared = try SharedReadings(outbox, AgreementInForce.read(installation.locations))
    let pseudonym = try Identity.current(StateDirectory(installation.locations.state)) ?? ""
    var verified: [Int64: Bool] = [:]
    for batch in batches {
      let delivery = try batch.delivery.flatMap { number in try outbox.delivery(number) }
      if let delivery, delivery.outcome != .trying, verified[delivery.number] == nil {
        verified[delivery.number] = try shared.isWhole(delivery, in: outbox, pseudonym: pseudonym)
      }
      let isVerified = delivery.flatMap { verified[$0.number] }
      guard
        let content = try shared.readings(of: batch, isVerified: isVerified ?? false, from: outbox)
      else {
        Process.print("accord: batch \(batch.id) is damaged and cannot be read\n", to: 2)
        continue
      }
      let origin = Origin(batch: batch, delivery: delivery, isVerified: isVerified)
      if installation.json { printObjects(content, origin) } else { printText(content, origin) }
    }
  }

  /// In one piece for each batch: a call of the system for each of a hundred thousand lines would take seconds.
  private static func printObjects(_ content: SharedReadings.Batch, _ origin: Origin) {
    var text = ""
    func add(_ members: (inout JSONWriter) -> Void) {
      var writer = JSONWriter()
      writer.object { object in
        write(origin, &object)
        members(&object)
      }
      text += writer.text + "\n"
    }
    for fact in content.facts {
      add { object in
        object.member("signal", fact.name)
        object.member("kind", "fact")
        object.member("value", fact.value.text)
      }
    }
    for reading in content.readings {
      add { object in
        object.member("signal", reading.series.signal)
        object.member("kind", reading.instrument.name)
        object.member("unit", reading.series.unit)
        object.member("attributes", reading.series.attributes)
        object.member("start", reading.startUnixNanoseconds.map(time))
        object.member("time", time(reading.timeUnixNanoseconds))
        object.member("value", reading.value, decimals: reading.series.decimals)
      }
    }
    Process.print(text, to: 1)
  }

  private static func write(_ origin: Origin, _ object: inout JSONWriter) {
    object.member("batch", origin.batch.id)
    object.member("state", origin.batch.stateName)
    object.member("delivery", origin.delivery?.id)
    object.member("agreement", origin.delivery?.agreement ?? origin.batch.agreement)
    object.member("source", origin.batch.source.name)
    if let isVerified = origin.isVerified { object.member("is_verified", isVerified) }
  }

  private static func printText(_ content: SharedReadings.Batch, _ origin: Origin) {
    let facts = content.facts.map { [origin.batch.id, $0.name, "", $0.value.text, ""] }
    let rows =
      facts
      + content.readings.map { reading in
        [
          origin.batch.id, Output.series(reading.series.signal, reading.series.attributes),
          time(reading.timeUnixNanoseconds),
          DecimalText.text(reading.value, decimals: reading.series.decimals), reading.series.unit,
        ]
      }
    Output.table(rows.map { $0.map(VisibleText.line) }, numeric: [3])
  }

  private static func time(_ unixNanoseconds: UInt64) -> String {
    CalendarTime.rfc3339WithFraction(milliseconds: Int64(unixNanoseconds / 1_000_000))
  }
}
