/// The version of both programs, as the supplier sees it.
package enum AgentVersion {
  package static let text = "0.1.0"
  /// The `User-Agent` header (https://opentelemetry.io/docs/specs/otel/protocol/exporter/#user-agent).
  package static let userAgent = "accord/\(text) OTel-OTLP-Exporter-Swift/\(text)"
}
