/// When something that grows will be full, by the straight line that lies nearest to its last days.
package enum Projection {
  /// How many days of readings the line is laid through.
  package static let basisMilliseconds: Int64 = 3 * 86_400_000
  /// Less than this tells a habit from nothing.
  private static let basisMillisecondsMin: Int64 = 6 * 3_600_000
  /// Beyond this nobody can know.
  private static let horizonMilliseconds = 365.0 * 86_400_000

  /// Milliseconds from the last point until the line reaches `limit`; nil when it does not, or when the points lie too
  /// far from any line to say so.
  package static func millisecondsUntil(
    _ limit: Double, _ points: [(milliseconds: Int64, value: Double)]
  ) -> Double? {
    guard let end = points.last, let begin = points.first,
      end.milliseconds - begin.milliseconds >= basisMillisecondsMin, end.value < limit
    else { return nil }
    let line = fit(points, origin: end.milliseconds)
    // A saw tooth (a log that is rotated) grows and falls: its line explains little.
    guard line.slope > 0, line.explained >= 0.6 else { return nil }
    let left = (limit - line.value) / line.slope
    return left >= 0 && left <= horizonMilliseconds ? left : nil
  }

  /// Least squares. `value` is the line's at the origin, `explained` the share of the variance that it accounts for.
  package static func fit(
    _ points: [(milliseconds: Int64, value: Double)], origin: Int64
  ) -> (slope: Double, value: Double, explained: Double) {
    let count = Double(max(1, points.count))
    let times = points.map { Double($0.milliseconds - origin) }
    let meanTime = times.reduce(0, +) / count
    let meanValue = points.reduce(0) { $0 + $1.value } / count
    var (timeSquares, valueSquares, products) = (0.0, 0.0, 0.0)
    for (time, point) in zip(times, points) {
      timeSquares += (time - meanTime) * (time - meanTime)
      valueSquares += (point.value - meanValue) * (point.value - meanValue)
      products += (time - meanTime) * (point.value - meanValue)
    }
    guard timeSquares > 0 else { return (0, meanValue, 0) }
    let slope = products / timeSquares
    let explained = valueSquares > 0 ? products * products / (timeSquares * valueSquares) : 0
    return (slope, meanValue - slope * meanTime, explained)
  }

  /// "3 days", "8 hours": how long the past was that it rests on.
  package static func basisWords(_ milliseconds: Int64) -> String {
    let hours = Int((Double(milliseconds) / 3_600_000).rounded())
    return hours < 36 ? "\(hours) hours" : "\((hours + 12) / 24) days"
  }

  /// "about 9 days", "about 5 hours": as exact as such a guess can be.
  package static func words(_ milliseconds: Double) -> String {
    let hours = milliseconds / 3_600_000
    switch hours {
    case ..<1.5: return "about an hour"
    case ..<36: return "about \(Int(hours.rounded())) hours"
    case ..<(24 * 21): return "about \(Int((hours / 24).rounded())) days"
    case ..<(24 * 60): return "about \(Int((hours / 24 / 7).rounded())) weeks"
    default: return "about \(Int((hours / 24 / 30.4).rounded())) months"
    }
  }
}
