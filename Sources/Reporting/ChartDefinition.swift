// How the series of the history become lines: which signals a chart shows, what is made of their readings, and what the
// lines are called. The charts themselves are in ChartCatalog.

internal import Telemetry

/// The name of a line. Series with the same key are one line: a file system that was mounted anew read-only is another
/// series and the same file system.
struct LineName: Hashable, Sendable {
  let key: String
  let label: String

  init(_ label: String) { (key, self.label) = (label, label) }

  init(key: String, label: String) { (self.key, self.label) = (key, label) }
}

struct Measure: Sendable {
  enum Transform: Sendable {
    case value
    /// Growth of a counter by time, in its unit a second.
    case rate
    /// Growth of a counter from reading to reading.
    case growth
    /// Growth of a counter, as a part of the growth of all series of the signal.
    case shareOfAll
    /// Growth of a counter by the growth of another one with the same attributes.
    case quotient(signal: String)
    /// The value of one state as a part of it and another: `used / (used + free)`.
    case fraction(stateKey: String, other: String)
  }

  let signal: Signal
  let transform: Transform
  /// What the result is multiplied by.
  var factor = 1.0
  /// What it is called; nil is not drawn.
  let name: @Sendable ([Attribute]) -> LineName?
  /// It is a level to be compared with, not a line.
  var isReference = false

  init(
    _ signal: Signal, _ transform: Transform = .value, factor: Double = 1,
    isReference: Bool = false,
    name: @escaping @Sendable ([Attribute]) -> LineName?
  ) {
    self.signal = signal
    self.transform = transform
    self.factor = factor
    self.isReference = isReference
    self.name = name
  }
}

struct ChartDefinition: Sendable {
  let id: String
  let title: String
  let section: Chart.Section
  let form: Chart.Form
  let quantity: Quantity
  var range: ClosedRange<Double>?
  var beginsAtZero = true
  /// The labels from the bottom of a stack to its top, each with its colour.
  var order: [(label: String, colour: Int)] = []
  let measures: [Measure]

  /// The signals without which there is no line.
  var signals: [Signal] { measures.filter { !$0.isReference }.map(\.signal) }
}

extension [Attribute] {
  /// The value under a key, as people see it.
  func text(_ key: String) -> String? { first { $0.key == key }?.value.text }

  /// The same with another value under a key.
  func replacing(_ key: String, with value: String) -> [Attribute] {
    map { $0.key == key ? Attribute(key, .string(value)) : $0 }
  }
}
