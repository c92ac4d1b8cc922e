package import Telemetry

/// A reading of a series at a moment.
package struct NumberPoint: Sendable {
  /// Unix time in nanoseconds.
  package var timeUnixNanoseconds: UInt64
  /// The reading, times ten to the metric's decimal places.
  package var value: Int64

  package init(timeUnixNanoseconds: UInt64, value: Int64) {
    self.timeUnixNanoseconds = timeUnixNanoseconds
    self.value = value
  }
}

/// The points of a series that share a start time, oldest first.
///
/// OTLP puts the start time on every point. It changes only when a counter begins again at zero, so
/// it stands here: a counter that was reset is two entries with the same attributes, the older
/// first.
package struct NumberSeries: Sendable {
  /// What tells this series from the metric's others. Sorted by key when encoded.
  package var attributes: [Attribute]
  /// When a sum was zero, Unix time in nanoseconds. Nil for a gauge.
  package var startTimeUnixNanoseconds: UInt64?
  /// Oldest first.
  package var points: [NumberPoint]

  package init(
    attributes: [Attribute], startTimeUnixNanoseconds: UInt64? = nil, points: [NumberPoint]
  ) {
    self.attributes = attributes
    self.startTimeUnixNanoseconds = startTimeUnixNanoseconds
    self.points = points
  }
}

/// A metric and its series.
package struct Metric: Sendable {
  /// As the semantic conventions write it: `system.memory.usage`.
  package let name: String
  /// As UCUM writes it: `By`, `s`, `{cpu}`, `1`.
  package let unit: String
  /// A counter, an up-down counter or a gauge.
  package let instrument: Instrument
  /// How many decimal places the readings have, 0 to 18. With none they leave as integers,
  /// otherwise as doubles.
  package let decimals: Int
  /// In the order in which they are encoded.
  package let series: [NumberSeries]

  /// - Precondition: `instrument` is not `.fact` (facts are resource attributes), `decimals` is
  ///   within 0 to 18.
  package init(
    name: String, unit: String, instrument: Instrument, decimals: Int = 0, series: [NumberSeries]
  ) {
    precondition(instrument != .fact, "a fact is a resource attribute, not a metric")
    precondition((0...DecimalFraction.placesMax).contains(decimals), "decimal places: \(decimals)")
    self.name = name
    self.unit = unit
    self.instrument = instrument
    self.decimals = decimals
    self.series = series
  }
}

/// Metrics from one origin within the agent: for example one data source.
package struct Scope: Sendable {
  /// The origin's name and version, each left out if empty.
  package var name: String
  package var version: String
  /// What holds for all of its metrics. Sorted by key when encoded.
  package var attributes: [Attribute]
  /// In the order in which they are encoded.
  package var metrics: [Metric]

  package init(name: String, version: String, attributes: [Attribute] = [], metrics: [Metric]) {
    self.name = name
    self.version = version
    self.attributes = attributes
    self.metrics = metrics
  }
}
