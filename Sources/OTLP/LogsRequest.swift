// The body of a POST to `/v1/logs`: an ExportLogsServiceRequest (opentelemetry-proto, logs/v1).
//
//   LogRecord   1 time         2 severity_number    3 severity_text   5 body
//               6 attributes   11 observed_time     12 event_name

package import Telemetry

/// How bad an event is: the names and numbers of OTLP, without the steps between them.
package enum Severity: UInt64, Sendable {
  case trace = 1
  case debug = 5
  case info = 9
  case warn = 13
  case error = 17
  case fatal = 21

  /// The name as OTLP writes it.
  package var text: String {
    switch self {
    case .trace: "TRACE"
    case .debug: "DEBUG"
    case .info: "INFO"
    case .warn: "WARN"
    case .error: "ERROR"
    case .fatal: "FATAL"
    }
  }
}

/// A key and the value of a log attribute.
package struct KeyValue: Hashable, Sendable {
  package let key: String
  package let value: AnyValue

  package init(_ key: String, _ value: AnyValue) {
    self.key = key
    self.value = value
  }
}

/// Something that happened.
package struct LogRecord: Sendable {
  /// When it happened, Unix time in nanoseconds. Nil if that is not known.
  package var timeUnixNanoseconds: UInt64?
  /// When the agent saw it, Unix time in nanoseconds.
  package var observedTimeUnixNanoseconds: UInt64
  /// Written as number and text.
  package var severity: Severity
  /// Nil if the attributes say it all.
  package var body: AnyValue?
  /// Written in this order: an event is put together in one place, so its order is stable as it is.
  package var attributes: [KeyValue]
  /// What kind of event this is, at most 256 characters. Nil makes it a plain log line.
  package var eventName: String?

  package init(
    timeUnixNanoseconds: UInt64?, observedTimeUnixNanoseconds: UInt64, severity: Severity,
    body: AnyValue? = nil, attributes: [KeyValue] = [], eventName: String? = nil
  ) {
    self.timeUnixNanoseconds = timeUnixNanoseconds
    self.observedTimeUnixNanoseconds = observedTimeUnixNanoseconds
    self.severity = severity
    self.body = body
    self.attributes = attributes
    self.eventName = eventName
  }
}

/// Log records from one origin within the agent.
package struct LogScope: Sendable {
  /// The origin's name and version, each left out if empty.
  package var name: String
  package var version: String
  /// What holds for all of its records. Sorted by key when encoded.
  package var attributes: [Attribute]
  /// In the order in which they are encoded.
  package var records: [LogRecord]

  package init(name: String, version: String, attributes: [Attribute] = [], records: [LogRecord]) {
    self.name = name
    self.version = version
    self.attributes = attributes
    self.records = records
  }
}

/// The encoder of events and log lines.
package enum LogsRequest {
  /// Encodes the log records of one resource.
  ///
  /// Scopes without records are left out. If nothing remains, the result is empty, which is a legal
  /// request that says nothing.
  ///
  /// - Parameter schemaURL: the version of the semantic conventions that names and attributes
  ///   follow.
  package static func encode(
    resource: [Attribute], scopes: [LogScope], schemaURL: String?
  ) -> [UInt8] {
    var writer = ProtobufWriter()
    let scopes = scopes.filter { !$0.records.isEmpty }
    if scopes.isEmpty { return [] }
    writer.resource(resource, schemaURL: schemaURL) { envelope in
      for scope in scopes {
        envelope.scope(
          name: scope.name, version: scope.version, attributes: scope.attributes,
          schemaURL: schemaURL
        ) { items in
          for record in scope.records { items.message(2) { write(record, to: &$0) } }
        }
      }
    }
    return writer.bytes
  }

  private static func write(_ record: LogRecord, to writer: inout ProtobufWriter) {
    writer.fixed64(1, record.timeUnixNanoseconds ?? 0, omitsDefault: true)
    writer.varint(2, record.severity.rawValue)
    writer.string(3, record.severity.text)
    if let body = record.body { writer.message(5) { body.write(to: &$0) } }
    for attribute in record.attributes { writer.keyValue(6, attribute.key, attribute.value) }
    writer.fixed64(11, record.observedTimeUnixNanoseconds)
    writer.string(12, record.eventName ?? "", omitsDefault: true)
  }
}
