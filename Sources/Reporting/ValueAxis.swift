/// The axis of a chart's values: where it begins and ends, and the four or five numbers beside it.
package struct ValueAxis: Equatable, Sendable {
  package let lower: Double
  package let upper: Double
  /// Values in ascending order with what stands beside them; the unit is said once, above the chart.
  package let ticks: [Tick]
  /// The unit of the numbers.
  package let symbol: String

  package struct Tick: Equatable, Sendable {
    package let value: Double
    package let label: String
  }

  /// - Parameters:
  ///   - beginsAtZero: false only where zero says nothing, as with temperatures.
  ///   - fixed: the whole range, for shares of something: 0…1.
  package init(
    minimum: Double, maximum: Double, quantity: Quantity, beginsAtZero: Bool = true,
    fixed: ClosedRange<Double>? = nil
  ) {
    let top = fixed?.upperBound ?? max(maximum, beginsAtZero ? 0 : minimum)
    let bottom = fixed?.lowerBound ?? (beginsAtZero ? min(0, minimum) : minimum)
    let scale = quantity.scale(for: max(abs(top), abs(bottom)))
    symbol = scale.symbol
    let (high, low) = (top / scale.divisor, bottom / scale.divisor)
    let step = Self.step(max(high - low, Self.leastRange(quantity)), isWhole: quantity.isWhole)
    let first = (low / step).rounded(.down)
    let last = max(first + 1, fixed == nil ? (high / step).rounded(.up) : (high / step).rounded())
    lower = first * step * scale.divisor
    upper = last * step * scale.divisor
    let decimals = Self.decimals(step)
    ticks = (0...Int(last - first)).map { index in
      let value = (first + Double(index)) * step
      return Tick(
        value: value * scale.divisor, label: Numeral.fixed(value, decimals: decimals))
    }
  }

  /// Where a value lies between the bottom (0) and the top (1).
  package func position(of value: Double) -> Double {
    min(1, max(0, (value - lower) / (upper - lower)))
  }

  /// A line that hardly moves is drawn flat: noise is not stretched to the height of the chart.
  private static func leastRange(_ quantity: Quantity) -> Double {
    switch quantity {
    case .share: 1
    case .celsius: 10
    case .count, .turns: 4
    case .bytes, .bytesPerSecond: 4
    case .seconds, .volts, .watts, .perSecond, .perMinute, .number: 0.01
    }
  }

  /// 1, 2, 2.5 or 5 times a power of ten, so that four or five steps cover the range.
  package static func step(_ range: Double, isWhole: Bool) -> Double {
    let rough = range / 4.5
    var power = 1.0
    while power * 10 <= rough { power *= 10 }
    while power > rough { power /= 10 }
    let factors = [1.0, 2, 2.5, 5, 10]
    let step = power * (factors.first { power * $0 >= rough * 0.999_999 } ?? 10)
    return isWhole ? max(1, step.rounded(.up)) : step
  }

  private static func decimals(_ step: Double) -> Int {
    var (decimals, rest) = (0, step)
    while decimals < 9, abs(rest - rest.rounded()) > 1e-6 * max(1, rest) {
      (decimals, rest) = (decimals + 1, rest * 10)
    }
    return decimals
  }
}
