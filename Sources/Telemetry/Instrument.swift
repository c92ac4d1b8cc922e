/// The kind of a signal. The first three are metrics and map to OTLP as the semantic conventions say.
///
/// The raw values stand in the databases: they are never renumbered.
package enum Instrument: UInt8, Sendable {
  /// Only grows while the machine runs: an OTLP cumulative, monotonic sum.
  case counter = 0
  /// A sum that may fall: an OTLP cumulative, non-monotonic sum.
  case upDownCounter = 1
  /// A value of the moment: an OTLP gauge.
  case gauge = 2
  /// A slow fact about the appliance: an OTLP resource attribute.
  case fact = 3
}
