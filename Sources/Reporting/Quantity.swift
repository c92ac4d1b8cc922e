// What a chart shows, and how its numbers look: the same unit has the same form on the axis, in the table and in
// sentences. Bytes count in powers of 1024 and say so (KiB), all else in powers of ten.

internal import JSON

package enum Quantity: Equatable, Sendable {
  case bytes
  case bytesPerSecond
  /// 0…1, shown in percent.
  case share
  /// Seconds, shown in ms where that is the better size.
  case seconds
  case celsius
  case volts
  case watts
  case turns
  /// Whole things: "batches".
  case count(String)
  /// Things a second or a minute: "pages/s".
  case perSecond(String)
  case perMinute(String)
  /// A number without a unit.
  case number

  /// A unit of a fitting size: what the value is divided by, and what stands behind it.
  package struct Scale: Equatable, Sendable {
    package let divisor: Double
    package let symbol: String
  }

  /// The unit in which a value of that size is easiest to read.
  package func scale(for magnitude: Double) -> Scale {
    let magnitude = abs(magnitude)
    switch self {
    case .bytes: return Self.binary(magnitude, "")
    case .bytesPerSecond: return Self.binary(magnitude, "/s")
    case .share: return Scale(divisor: 0.01, symbol: "%")
    case .seconds:
      if magnitude >= 1 { return Scale(divisor: 1, symbol: "s") }
      return magnitude >= 0.001 || magnitude == 0
        ? Scale(divisor: 0.001, symbol: "ms") : Scale(divisor: 0.000_001, symbol: "µs")
    case .celsius: return Scale(divisor: 1, symbol: "°C")
    case .volts: return Scale(divisor: 1, symbol: "V")
    case .watts: return Scale(divisor: 1, symbol: "W")
    case .turns: return Scale(divisor: 1, symbol: "rpm")
    case .count(let noun): return Scale(divisor: 1, symbol: noun)
    case .perSecond(let noun): return Scale(divisor: 1, symbol: noun + "/s")
    case .perMinute(let noun): return Scale(divisor: 1, symbol: noun + "/min")
    case .number: return Scale(divisor: 1, symbol: "")
    }
  }

  private static func binary(_ magnitude: Double, _ suffix: String) -> Scale {
    var divisor = 1.0
    for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
      if magnitude < divisor * 1024 || unit == "TiB" {
        return Scale(divisor: divisor, symbol: unit + suffix)
      }
      divisor *= 1024
    }
    return Scale(divisor: divisor, symbol: "PiB" + suffix)
  }

  /// Whether only whole numbers make sense.
  package var isWhole: Bool {
    switch self {
    case .count, .turns: true
    default: false
    }
  }

  /// "97.5 °C", "1.27 GiB", "3,412 batches".
  ///
  /// - Parameter digits: how many of them are significant: three where people read, four in tables.
  package func text(_ value: Double, digits: Int = 3) -> String {
    let scale = scale(for: value)
    let number = Numeral.text(value / scale.divisor, digits: digits, isWhole: isWhole)
    if number == "1", case .count(let noun) = self {
      return "1 \(noun.dropLast(noun.hasSuffix("ches") ? 2 : 1))"
    }
    return scale.symbol.isEmpty ? number : "\(number) \(scale.symbol)"
  }
}

package enum Numeral {
  /// With so many significant digits, thousands apart, and without zeros that say nothing: "1,234", "0.0123".
  package static func text(_ value: Double, digits: Int = 4, isWhole: Bool = false) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return value.isNaN ? "?" : "very much" }
    var (decimals, reach) = (0, 10.0)
    // How many digits stand before the point decides how many behind it are worth anything.
    while reach <= abs(value), decimals > -digits { (decimals, reach) = (decimals - 1, reach * 10) }
    var behind = digits - 1 + decimals
    if abs(value) < 1, value != 0 {
      var small = abs(value)
      while small < 1, behind < 9 { (behind, small) = (behind + 1, small * 10) }
      behind = min(9, behind)
    }
    return fixed(value, decimals: isWhole ? 0 : max(0, behind), trimming: true)
  }

  /// With so many decimals.
  package static func fixed(_ value: Double, decimals: Int, trimming: Bool = false) -> String {
    var power = 1.0
    for _ in 0..<decimals { power *= 10 }
    let rounded = (value * power).rounded()
    guard rounded.isFinite, abs(rounded) < 9e18 else { return "very much" }
    var text = DecimalText.text(Int64(rounded), decimals: decimals)
    if trimming, text.contains(".") {
      while text.hasSuffix("0") { text.removeLast() }
      if text.hasSuffix(".") { text.removeLast() }
    }
    return grouped(text == "-0" ? "0" : text)
  }

  /// Thousands apart: "1234567.5" is "1,234,567.5".
  package static func grouped(_ text: String) -> String {
    let isNegative = text.hasPrefix("-")
    let parts = (isNegative ? text.dropFirst() : text[...]).split(separator: ".", maxSplits: 1)
    let digits = Array(parts.first ?? "0")
    let whole = digits.enumerated().map { index, digit in
      index > 0 && (digits.count - index) % 3 == 0 ? ",\(digit)" : String(digit)
    }.joined()
    return (isNegative ? "-" : "") + whole + (parts.count > 1 ? "." + parts[1] : "")
  }
}
