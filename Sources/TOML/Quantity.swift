/// Durations and sizes, which stand in the files as text: `keep = "30 days"`, `quota = "64 MiB"`.
///
/// A quantity is a whole number, at most one blank, and a unit in exactly this spelling. There are
/// no fractions and no sums, so each has one obvious reading. Sizes have binary units only, because
/// people do not agree whether a MB is 1000000 bytes or 1048576.
extension Located<String> {
  /// A length of time: `100ms`, `10s`, `15min`, `2h`, `1 day`, `400 days`.
  package func durationMilliseconds() throws(TOMLError) -> Located<Int64> {
    try quantity(
      "duration",
      [
        ("ms", 1), ("s", 1000), ("min", 60_000), ("h", 3_600_000), ("day", 86_400_000),
        ("days", 86_400_000),
      ])
  }

  /// A number of bytes: `512 B`, `20 KiB`, `64 MiB`, `1 GiB`.
  package func sizeBytes() throws(TOMLError) -> Located<Int64> {
    try quantity("size", [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)])
  }

  private func quantity(
    _ noun: String, _ units: [(name: String, factor: Int64)]
  ) throws(TOMLError) -> Located<Int64> {
    let text = TOMLError.shown(value)
    let digits = value.unicodeScalars.prefix { "0"..."9" ~= $0 }
    let rest = value.unicodeScalars[digits.endIndex...]
    let name = String(rest.first == " " ? rest.dropFirst() : rest)
    guard !digits.isEmpty, let unit = units.first(where: { $0.name.isIdentical(to: name) }) else {
      let names = alternatives(units.map(\.name))
      throw TOMLError(
        at: place, "\"\(text)\" is not a \(noun)", "expected a whole number and \(names)")
    }
    let (product, overflows) =
      Int64(String(digits))?.multipliedReportingOverflow(by: unit.factor) ?? (0, true)
    guard !overflows else {
      throw TOMLError(at: place, "\"\(text)\" is too large", "expected a smaller \(noun)")
    }
    return Located<Int64>(product, at: place)
  }
}

/// The words as a list for a sentence: `a, b or c`.
func alternatives(_ words: [String]) -> String {
  guard let last = words.last, words.count > 1 else { return words.first ?? "" }
  return words.dropLast().joined(separator: ", ") + " or " + last
}
