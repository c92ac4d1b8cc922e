// How numbers stand in a sentence.

package enum Phrase {
  /// "512 B", "7.8 GiB": three digits at the most that matter.
  package static func size(_ bytes: Double) -> String {
    var (value, unit) = (bytes, "B")
    for next in ["KiB", "MiB", "GiB", "TiB"] where value >= 1024 {
      (value, unit) = (value / 1024, next)
    }
    return unit == "B" ? "\(whole(value)) B" : "\(decimal(value)) \(unit)"
  }

  /// "0.3 %", "97 %": never 100 of what is not whole, never 0 of what is something.
  package static func percent(_ ratio: Double) -> String {
    let percent = ratio * 100
    if ratio <= 0 { return "0 %" }
    if percent < 0.1 { return "less than 0.1 %" }
    if percent < 10 { return "\(decimal(percent)) %" }
    return "\(ratio < 1 ? min(99, whole(percent.rounded())) : whole(percent.rounded())) %"
  }

  /// "45 s", "58 min", "7 h", "30 days": rough on purpose, and never more than has passed.
  package static func duration(seconds: Double) -> String {
    let seconds = whole(max(0, seconds))
    return switch seconds {
    case ..<120: "\(seconds) s"
    case ..<7_200: "\(seconds / 60) min"
    case ..<172_800: "\(seconds / 3600) h"
    default: "\(seconds / 86_400) days"
    }
  }

  package static func duration(milliseconds: Int64) -> String {
    duration(seconds: Double(milliseconds) / 1000)
  }

  /// "1,234,567"
  package static func count(_ value: Double) -> String { count(whole(value)) }

  package static func count(_ value: Int64) -> String {
    var groups: [String] = []
    var rest = value.magnitude
    while rest >= 1000 {
      let group = String(rest % 1000)
      groups.append(String(repeating: "0", count: 3 - group.count) + group)
      rest /= 1000
    }
    return (value < 0 ? "-" : "") + ([String(rest)] + groups.reversed()).joined(separator: ",")
  }

  /// "1 file", "3 files", "2 batches".
  package static func count(_ value: Int64, _ noun: String) -> String {
    let plural = noun.hasSuffix("ch") ? noun + "es" : noun + "s"
    return "\(count(value)) \(value == 1 ? noun : plural)"
  }

  /// One decimal below ten, none above; rounded down, so that nothing is called fuller than it is.
  private static func decimal(_ value: Double) -> String {
    if value >= 10 { return String(whole(value)) }
    let tenths = whole(value * 10)
    return "\(tenths / 10).\(tenths % 10)"
  }

  /// "87", "87.5": degrees, volts.
  package static func number(_ value: Double) -> String {
    let tenths = whole((value * 10).rounded())
    let (degrees, rest) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
    return (tenths < 0 ? "-" : "") + (rest == 0 ? "\(degrees)" : "\(degrees).\(rest)")
  }

  /// Towards zero. A counter may be as large as it likes: 2^63 - 1 is 2^63 as a Double, which no Int64 is.
  private static func whole(_ value: Double) -> Int64 {
    if let whole = Int64(exactly: value.rounded(.towardZero)) { return whole }
    return value.isNaN ? 0 : value < 0 ? .min : .max
  }
}
