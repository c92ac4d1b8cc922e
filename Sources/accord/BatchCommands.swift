internal import ArgumentParser
internal import Configuration
internal import Delivery
internal import Handshake
internal import JSON
internal import Linux
internal import Recording
internal import Telemetry

struct OutboxCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "outbox",
    abstract: "What waits to be sent, batch by batch or decoded.",
    discussion: """
      With the id of a batch, its readings. With --otlp too, the exact bytes that would be sent if it went alone. \
      With --readings, every reading as it would leave under the agreement of this moment.

      Example: accord outbox --json
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var selection: BatchSelection

  func run() throws {
    try selection.run(
      installation, states: [.pending, .refused, .timeUnknown], emptyText: "nothing waits")
  }
}

struct SentCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "sent",
    abstract: "What was sent and accepted, batch by batch or decoded.",
    discussion: """
      With the id of a batch, its readings. With --otlp too, the bytes of its readings as they are encoded for \
      the receiver under the agreement of this moment. With --readings, everything that is kept of what was shared, \
      as the receiver got it: with --json one object a line, for programs of your own.

      Example: accord sent 3f9a1c2e-17
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var selection: BatchSelection

  func run() throws {
    try selection.run(
      installation, states: [.sent], emptyText: "nothing was sent, or it is kept no longer")
  }
}

/// Which batches, and how much of them.
struct BatchSelection: ParsableArguments {
  @Argument(help: "A batch, by its id in the list.")
  var id: String?

  @Flag(
    help: "Every reading of every batch as it leaves, or left: counters count from the agreement.")
  var readings = false

  @Flag(help: "Write the request body (OTLP protobuf, not compressed) to standard output.")
  var otlp = false

  mutating func validate() throws {
    if readings && (otlp || id != nil) {
      throw ValidationError("--readings takes neither a batch nor --otlp: it shows them all")
    }
    if otlp && id == nil { throw ValidationError("--otlp needs the id of a batch; see the list") }
  }

  func run(_ installation: InstallationOptions, states: Set<BatchState>, emptyText: String) throws {
    let directory = StateDirectory(installation.locations.state)
    do {
      guard let outbox = try Outbox.open(directory) else {
        if id != nil { throw CommandFailure(.failed, "nothing was recorded yet: start accordd") }
        if !installation.json { Output.print(emptyText) }
        return
      }
      let batches = try outbox.batches(in: states)
      if readings { return try ReadingsExport.print(batches, outbox, installation) }
      guard let id else { return BatchList.print(batches, installation, emptyText) }
      guard let batch = batches.first(where: { $0.id == id }) else {
        throw CommandFailure(.failed, "there is no batch '\(id)' here; the list shows the ids")
      }
      if otlp {
        try writeBody(batch, outbox, installation)
      } else {
        try BatchReadings.print(batch, outbox, json: installation.json)
      }
    } catch let error as RecordingError { throw CommandFailure(.failed, error) }
  }

  private func writeBody(
    _ batch: BatchSummary, _ outbox: borrowing Outbox, _ installation: InstallationOptions
  ) throws {
    guard let pseudonym = try Identity.current(StateDirectory(installation.locations.state)) else {
      throw CommandFailure(.noAgreement, "there is no pseudonym: nothing is shared")
    }
    let agreement = AgreementInForce.read(installation.locations)
    let body = try RequestBody(of: [batch], from: outbox, agreement, pseudonym: pseudonym)
    guard body.readings > 0 else {
      throw CommandFailure(.denied, "the agreement of this moment shares nothing of \(batch.id)")
    }
    Process.write(body.bytes, to: 1)
  }
}

enum BatchList {
  static func print(
    _ batches: [BatchSummary], _ installation: InstallationOptions, _ emptyText: String
  ) {
    if installation.json {
      for batch in batches { printObject(batch) }
      return
    }
    if batches.isEmpty { return Output.print(emptyText) }
    let heads = ["batch", "source", "first", "last", "readings", "bytes", "bytes each", "state"]
    let rows = batches.map { batch in
      [
        batch.id, batch.source.name, CalendarTime.rfc3339(milliseconds: batch.firstMilliseconds),
        CalendarTime.rfc3339(milliseconds: batch.lastMilliseconds), Output.count(batch.readings),
        Output.count(batch.bytes), Output.ratio(batch.bytes, batch.readings),
        batch.stateName + (batch.isTimeTrusted ? "" : ", clock not trusted"),
      ]
    }
    Output.table([heads] + rows, numeric: [4, 5, 6])
    let readings = batches.reduce(0) { $0 + $1.readings }
    let bytes = batches.reduce(0) { $0 + $1.bytes }
    Output.print(
      "\(Output.count(Int64(batches.count), "batch")), \(Output.count(readings, "reading")), "
        + "\(Output.count(bytes)) bytes, \(Output.ratio(bytes, readings)) bytes a reading")
  }

  private static func printObject(_ batch: BatchSummary) {
    Output.object { object in
      object.member("id", batch.id)
      object.member("source", batch.source.name)
      object.member("grant", batch.grantID)
      object.member("sequence", batch.sequence)
      object.member("first", CalendarTime.rfc3339(milliseconds: batch.firstMilliseconds))
      object.member("last", CalendarTime.rfc3339(milliseconds: batch.lastMilliseconds))
      object.member("is_time_trusted", batch.isTimeTrusted)
      object.member("resolution_s", batch.resolutionMilliseconds, decimals: 3)
      object.member("readings", batch.readings)
      object.member("bytes", batch.bytes)
      object.member("state", batch.stateName)
      object.member("agreement", batch.agreement)
    }
  }
}

enum BatchReadings {
  /// Every reading of a batch, with the kernel's own values.
  static func print(_ batch: BatchSummary, _ outbox: borrowing Outbox, json: Bool) throws {
    guard let content = try outbox.content(of: batch) else {
      throw CommandFailure(.failed, "batch \(batch.id) is damaged and cannot be read")
    }
    let series = try outbox.series()
    let offset = outbox.timeBase(of: batch).offsetMilliseconds
    var rows: [[String]] = try outbox.facts(of: batch).map { [$0.name, "", $0.value.text, ""] }
    for column in content.columns {
      guard let own = series[column.series] else { continue }
      for (tick, value) in zip(content.ticks, column.values) {
        guard let value else { continue }
        let time = CalendarTime.rfc3339(milliseconds: tick + offset)
        if json {
          printObject(own, time, value)
        } else {
          rows.append([
            Output.series(own.signal, own.attributes), time,
            DecimalText.text(value, decimals: own.decimals), own.unit,
          ])
        }
      }
    }
    if !json { Output.table(rows.map { $0.map(VisibleText.line) }, numeric: [2]) }
  }

  private static func printObject(_ series: RecordedSeries, _ time: String, _ value: Int64) {
    Output.object { object in
      object.member("signal", series.signal)
      object.member("attributes", series.attributes)
      object.member("time", time)
      object.member("value", value, decimals: series.decimals)
      object.member("unit", series.unit)
    }
  }
}
