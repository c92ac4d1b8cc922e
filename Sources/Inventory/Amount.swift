// Figures for people: with their unit, short, and the same wherever they stand.

enum Amount {
  /// "812 B", "64.0 KiB", "3.2 GiB".
  static func bytes(_ bytes: Int64) -> String {
    var (rest, unit) = (bytes.magnitude, 0)
    while rest >= 1024 * 1024, unit < units.count - 2 {
      rest /= 1024
      unit += 1
    }
    let sign = bytes < 0 ? "-" : ""
    if rest < 1024 { return "\(sign)\(rest) \(units[unit])" }
    return "\(sign)\(rest / 1024).\(rest % 1024 * 10 / 1024) \(units[unit + 1])"
  }

  private static let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

  /// A whole number with its point `places` from the right: 48250 with 3 places is "48.25".
  static func decimal(_ number: Int64, places: Int) -> String {
    let digits = String(number.magnitude)
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    var fraction = padded.suffix(places)
    while fraction.last == "0" { fraction.removeLast() }
    let whole = padded.dropLast(places)
    return (number < 0 ? "-" : "") + whole + (fraction.isEmpty ? "" : "." + fraction)
  }

  /// "41.2 %", or nil without a whole.
  static func share(_ part: Int64, of whole: Int64) -> String? {
    guard whole > 0, part >= 0 else { return nil }
    let (product, overflows) = part.multipliedReportingOverflow(by: 1000)
    let thousandths = overflows ? part / max(1, whole / 1000) : product / whole
    return "\(thousandths / 10).\(thousandths % 10) %"
  }

  /// "3 d 4 h 12 min", "41 s".
  static func duration(seconds: Int64) -> String {
    let parts = [
      (seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "min"),
      (seconds < 3_600 ? seconds % 60 : 0, "s"),
    ].filter { $0.0 > 0 }
    if parts.isEmpty { return "\(seconds) s" }
    return parts.map { "\($0.0) \($0.1)" }.joined(separator: " ")
  }

  /// What a file says in thousands of bytes of 1024, as nearly all files of the kernel do: "16384 kB".
  static func kibibytes(_ text: some StringProtocol) -> Int64? {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count == 2, words[1] == "kB", let count = Int64(words[0]) else { return nil }
    let (product, overflows) = count.multipliedReportingOverflow(by: 1024)
    return overflows ? nil : product
  }
}

extension Int64 {
  /// The product, or the largest number there is: a counter of the kernel's may hold anything.
  func multiplied(by factor: Int64) -> Int64 {
    let (product, overflows) = multipliedReportingOverflow(by: factor)
    return overflows ? (self < 0) == (factor < 0) ? .max : .min : product
  }
}
