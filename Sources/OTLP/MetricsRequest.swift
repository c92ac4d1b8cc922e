// The body of a POST to `/v1/metrics`: an ExportMetricsServiceRequest (opentelemetry-proto,
// metrics/v1).
//
//   Metric            1 name   3 unit   5 gauge   7 sum
//   Gauge, Sum        1 data_points   2 aggregation_temporality   3 is_monotonic
//   NumberDataPoint   2 start_time   3 time   4 as_double   6 as_int   7 attributes
//
// Fields are written in the order of their numbers, so that equal requests have equal bytes. Nearly
// all of a request is data points, and those of a series differ in nothing but time and value. A
// series' attributes are therefore encoded once and copied for each point, whose size is known
// beforehand.

package import Telemetry

/// The encoder of metrics.
package enum MetricsRequest {
  /// `AGGREGATION_TEMPORALITY_CUMULATIVE`: a sum counts from its start time, not from the previous
  /// point.
  private static let cumulative: UInt64 = 2

  /// Encodes the metrics of one resource.
  ///
  /// Metrics without points and scopes without metrics are left out: receivers differ on what an
  /// empty envelope means. If nothing remains, the result is empty, which is a legal request that
  /// says nothing.
  ///
  /// - Parameter schemaURL: the version of the semantic conventions that names and attributes
  ///   follow.
  package static func encode(resource: [Attribute], scopes: [Scope], schemaURL: String?) -> [UInt8]
  {
    var writer = ProtobufWriter()
    let scopes = scopes.filter { $0.metrics.contains(where: hasPoints) }
    if scopes.isEmpty { return [] }
    writer.resource(resource, schemaURL: schemaURL) { envelope in
      for scope in scopes {
        envelope.scope(
          name: scope.name, version: scope.version, attributes: scope.attributes,
          schemaURL: schemaURL
        ) { items in
          for metric in scope.metrics where hasPoints(metric) {
            items.message(2) { write(metric, to: &$0) }
          }
        }
      }
    }
    return writer.bytes
  }

  private static func hasPoints(_ metric: Metric) -> Bool {
    metric.series.contains { !$0.points.isEmpty }
  }

  private static func write(_ metric: Metric, to writer: inout ProtobufWriter) {
    writer.string(1, metric.name, omitsDefault: true)
    writer.string(3, metric.unit, omitsDefault: true)
    switch metric.instrument {
    case .gauge:
      writer.message(5) { writePoints(of: metric, to: &$0) }
    case .counter, .upDownCounter:
      writer.message(7) { sum in
        writePoints(of: metric, to: &sum)
        sum.varint(2, cumulative)
        sum.bool(3, metric.instrument == .counter, omitsDefault: true)
      }
    case .fact:
      preconditionFailure("Metric.init lets no fact in")
    }
  }

  private static func writePoints(of metric: Metric, to writer: inout ProtobufWriter) {
    let fraction = DecimalFraction(places: metric.decimals)
    let fixed64FieldSize = 9
    for series in metric.series {
      var attributes = ProtobufWriter()
      attributes.attributes(7, series.attributes)
      let fixed64Fields = series.startTimeUnixNanoseconds == nil ? 2 : 3
      let byteCount = fixed64Fields * fixed64FieldSize + attributes.bytes.count
      for point in series.points {
        writer.lengthDelimited(1, byteCount: byteCount)
        if let start = series.startTimeUnixNanoseconds { writer.fixed64(2, start) }
        writer.fixed64(3, point.timeUnixNanoseconds)
        // A `oneof`: zero is written, or the point would have no value.
        if metric.decimals == 0 {
          writer.sfixed64(6, point.value)
        } else {
          writer.double(4, fraction.double(point.value))
        }
        writer.append(encoded: attributes.bytes)
      }
    }
  }
}
