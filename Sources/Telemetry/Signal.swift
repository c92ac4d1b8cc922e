/// An entry of the catalog: one named thing that the agent can sample.
package struct Signal: Sendable {
  /// How the readings of one interval become one when the resolution that leaves is coarser than the tick.
  package enum Downsampling: Sendable {
    /// The last value: right for sums, and for gauges that are clocks.
    case last
    /// The mean of the interval, rounded to the signal's own decimals.
    case mean
  }

  /// The name by semantic conventions 1.44 (`system.memory.usage`).
  package let name: String
  package let source: DataSource
  package let instrument: Instrument
  /// UCUM, as semantic conventions give it; empty for facts.
  package let unit: String
  /// Readings are integers; the value is `reading / 10^decimals` of the unit.
  package let decimals: Int
  /// The keys of the attributes that tell the signal's series apart.
  package let attributeKeys: [String]
  /// The kernel files, or folders of them, that the readings come from.
  package let origins: [String]
  /// What the supplier can use it for, in words for the customer.
  package let brief: String
  /// Whether it can identify a site or a person. Such a signal is never matched by a pattern.
  package let isIdentifying: Bool
  package let downsampling: Downsampling

  init(
    _ name: String, _ source: DataSource, _ instrument: Instrument, unit: String = "",
    decimals: Int = 0, attributes: [String] = [], from origins: String...,
    identifying: Bool = false,
    downsampling: Downsampling? = nil, for brief: String
  ) {
    self.init(
      name, source, instrument, unit: unit, decimals: decimals, attributes: attributes,
      from: origins, identifying: identifying, downsampling: downsampling, for: brief)
  }

  init(
    _ name: String, _ source: DataSource, _ instrument: Instrument, unit: String = "",
    decimals: Int = 0, attributes: [String] = [], from origins: [String], identifying: Bool = false,
    downsampling: Downsampling? = nil, for brief: String
  ) {
    self.name = name
    self.source = source
    self.instrument = instrument
    self.unit = unit
    self.decimals = decimals
    self.attributeKeys = attributes
    self.origins = origins
    self.brief = brief
    self.isIdentifying = identifying
    self.downsampling = downsampling ?? (instrument == .gauge ? .mean : .last)
  }
}
