// Readings are integers with a fixed number of decimal places; OTLP wants a double.
//
// The double must be the one nearest to the decimal number, or 0.3 arrives as 0.30000000000000004.
// An IEEE 754 division is correctly rounded if both operands are exact. Powers of ten are exact up
// to 10^22, but integers only up to 2^53: CPU time in nanoseconds passes that after 104 days. A
// larger value is divided as an integer instead, shifted far enough that the quotient has more than
// the 53 bits that survive plus a bit that says whether anything follows; one rounding then
// remains, and scaling by a power of two adds none.

/// A number of decimal places: 2 turns 30 into 0.3.
struct DecimalFraction {
  /// The most decimal places: ten to this power fits 64 bits with room to spare.
  static let placesMax = 18

  private let divisor: UInt64

  init(places: Int) {
    precondition((0...Self.placesMax).contains(places), "decimal places: \(places)")
    divisor = (0..<places).reduce(1) { power, _ in power * 10 }
  }

  /// The double nearest to `value` divided by ten to the number of places.
  func double(_ value: Int64) -> Double {
    let magnitude = value.magnitude
    if magnitude <= 1 << 53 { return Double(value) / Double(divisor) }
    // 2^53 < magnitude and divisor < 2^60, so that the quotient has at least 56 bits.
    let (quotient, remainder) = (UInt128(magnitude) << 63).quotientAndRemainder(
      dividingBy: UInt128(divisor))
    let nearest = Double(remainder == 0 ? quotient : quotient | 1) * 0x1p-63
    return value < 0 ? -nearest : nearest
  }
}
