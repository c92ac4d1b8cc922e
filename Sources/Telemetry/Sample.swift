// What one tick brings, without allocating: a row of integers, one place for each known series.
//
// A series gets its place when a probe first meets it (at the start, or when a device is plugged in) and
// keeps it for the life of the process. A probe writes into the places it was given; what it did not write
// is absent, which is neither zero nor an error.

/// A signal together with the attribute values of one of its series.
package struct Series: Sendable {
  package let signal: Signal
  package let attributes: [Attribute]
}

/// The place of a series in every sample of this process.
package struct SeriesIndex: Hashable, Sendable {
  package let position: Int

  package init(_ position: Int) { self.position = position }
}

/// A slow fact about the appliance, read at the start and before each seal.
package struct Fact: Hashable, Sendable {
  /// The name of the signal in the catalog.
  package let name: String
  package let value: AttributeValue

  package init(_ signal: Signal, _ value: String) {
    name = signal.name
    self.value = .string(value)
  }

  package init(name: String, value: AttributeValue) {
    self.name = name
    self.value = value
  }
}

/// The readings of one tick.
package struct Sample: ~Copyable {
  /// Milliseconds of the boot clock at which the tick began.
  package private(set) var bootTimeMilliseconds: Int64 = 0
  package private(set) var series: [Series] = []
  private var values: [Int64] = []
  private var isPresent: [Bool] = []

  package init() {}

  /// Starts a new tick: everything is absent until a probe says otherwise.
  package mutating func begin(atBootTimeMilliseconds time: Int64) {
    bootTimeMilliseconds = time
    for position in isPresent.indices { isPresent[position] = false }
  }

  /// Gives a series its place. Only for series that are met for the first time.
  package mutating func add(_ signal: Signal, _ attributes: [Attribute] = []) -> SeriesIndex {
    series.append(Series(signal: signal, attributes: attributes))
    values.append(0)
    isPresent.append(false)
    return SeriesIndex(series.count - 1)
  }

  package mutating func set(_ index: SeriesIndex, _ value: Int64) {
    values[index.position] = value
    isPresent[index.position] = true
  }

  /// The reading of a series in this tick, or nil when it is absent.
  package func value(at position: Int) -> Int64? { isPresent[position] ? values[position] : nil }
}
