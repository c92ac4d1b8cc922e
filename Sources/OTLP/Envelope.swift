// What metrics and logs share. Both requests have the same three levels with the same field
// numbers:
//
//   ResourceMetrics / ResourceLogs   1 resource   2 scopes, repeated                 3 schema_url
//   ScopeMetrics    / ScopeLogs      1 scope      2 metrics or log_records, repeated 3 schema_url
//   Resource                         1 attributes
//   InstrumentationScope             1 name       2 version                          3 attributes
//
// (opentelemetry-proto: metrics/v1, logs/v1, common/v1, resource/v1.) The resource is written once
// a request: repeating its attributes is the main waste of size in OTLP. The schema URL of the
// upper level covers the resource only, so it stands at every scope as well.
//
// Attributes are sorted by key, because a repeated delivery must have the same bytes. Keys are
// unique within a list; what a receiver makes of a duplicate is not defined.

import Telemetry

extension ProtobufWriter {
  /// Writes the single ResourceMetrics or ResourceLogs of a request; `scopes` writes what is in it.
  mutating func resource(
    _ attributes: [Attribute], schemaURL: String?, scopes: (inout ProtobufWriter) -> Void
  ) {
    message(1) { envelope in
      envelope.message(1) { $0.attributes(1, attributes) }
      scopes(&envelope)
      if let schemaURL { envelope.string(3, schemaURL) }
    }
  }

  /// Writes a ScopeMetrics or ScopeLogs; `items` writes the metrics or log records.
  mutating func scope(
    name: String, version: String, attributes: [Attribute], schemaURL: String?,
    items: (inout ProtobufWriter) -> Void
  ) {
    message(2) { envelope in
      envelope.message(1) { scope in
        scope.string(1, name, omitsDefault: true)
        scope.string(2, version, omitsDefault: true)
        scope.attributes(3, attributes)
      }
      items(&envelope)
      if let schemaURL { envelope.string(3, schemaURL) }
    }
  }

  /// Writes attributes as `repeated KeyValue`, sorted by key.
  mutating func attributes(_ field: Int, _ attributes: [Attribute]) {
    for attribute in attributes.sorted(by: { $0.key < $1.key }) {
      keyValue(field, attribute.key, AnyValue(attribute.value))
    }
  }

  /// Writes one KeyValue.
  mutating func keyValue(_ field: Int, _ key: String, _ value: AnyValue) {
    message(field) { pair in
      pair.string(1, key, omitsDefault: true)
      pair.message(2) { value.write(to: &$0) }
    }
  }
}
