// The two halves of the agreement as the simulation means them, and as it writes them. The model judges by these
// values and never by the text, so that a mistake of the product's parser shows as well.

import Telemetry

enum Mode: String, CaseIterable, Comparable {
  case deny, local, share

  static func < (left: Mode, right: Mode) -> Bool {
    allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
  }
}

/// consent.toml.
struct ConsentHalf: Equatable {
  var supplier: String? = "Example Devices Ltd"
  var accepts: Int? = 1
  /// Days since 1970; the agreement ends as this day begins.
  var untilDay: Int64?
  /// What is not named is denied.
  var modes: [DataSource: Mode] = [.product: .share, .environment: .share]
  var withheld: [String] = []
  /// "keep", "hash" or "drop".
  var redactions: [String: String] = [:]
  var resolutionSeconds: [DataSource: Int64] = [:]

  var text: String {
    var lines = ["schema = 1"]
    if let supplier { lines.append("supplier = \"\(supplier)\"") }
    if let accepts { lines.append("accepts = \(accepts)") }
    if let untilDay { lines.append("until = \(Self.date(untilDay))") }
    lines.append("[sources]")
    for source in DataSource.allCases {
      if let mode = modes[source] { lines.append("\(source.name) = \"\(mode.rawValue)\"") }
    }
    if !withheld.isEmpty {
      lines += [
        "[withhold]", "signals = [\(withheld.map { "\"\($0)\"" }.joined(separator: ", "))]",
      ]
    }
    if !redactions.isEmpty { lines.append("[redact]") }
    for (key, mode) in redactions.sorted(by: { $0.key < $1.key }) {
      lines.append("\"\(key)\" = \"\(mode)\"")
    }
    if !resolutionSeconds.isEmpty { lines.append("[resolution]") }
    for source in DataSource.allCases {
      if let seconds = resolutionSeconds[source] {
        lines.append("\(source.name) = \"\(seconds)s\"")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The calendar by Howard Hinnant's `civil_from_days`: the product asks the C library.
  private static func date(_ days: Int64) -> String {
    let z = days + 719_468
    let (era, dayOfEra) = (z / 146_097, z % 146_097)
    let year = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let january = month < 10 ? month + 3 : month - 9
    return "\(year + era * 400 + (january <= 2 ? 1 : 0))-\(padded(january))-\(padded(day))"
  }
}

/// offer.toml.
struct OfferHalf: Equatable {
  struct Request: Equatable {
    var purpose = "faults"
    var benefit = "spare parts"
    var retentionDays = 30
    var resolutionSeconds: Int64 = 10
    var signals: [String]
    var extremes: [String] = []
  }

  var supplier = "Example Devices Ltd"
  var revision = 1
  var endpoint = "https://a.example:4318"
  var requests: [DataSource: Request] = [
    .product: Request(signals: ["os.*", "system.uptime"]),
    .environment: Request(
      signals: ["system.cpu.*", "system.memory.*"], extremes: ["system.cpu.load_average.1m"]),
  ]

  var text: String {
    func list(_ names: [String]) -> String {
      "[\(names.map { "\"\($0)\"" }.joined(separator: ", "))]"
    }
    var lines = [
      "schema = 1", "supplier = \"\(supplier)\"", "revision = \(revision)", "[delivery]",
      "endpoint = \"\(endpoint)\"",
    ]
    for source in DataSource.allCases {
      guard let request = requests[source] else { continue }
      lines += [
        "[\(source.name)]", "purpose = \"\(request.purpose)\"", "benefit = \"\(request.benefit)\"",
        "retention = \"\(request.retentionDays) days\"",
        "resolution = \"\(request.resolutionSeconds)s\"", "signals = \(list(request.signals))",
        "extremes = \(list(request.extremes))",
      ]
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// What keeps a file from being believed.
enum Flaw: CaseIterable {
  case brokenSyntax, unknownKey, misspeltValue, newerSchema, writableByOthers, cutShort

  func applied(to text: String) -> String {
    switch self {
    case .brokenSyntax: text + "[sources\n"
    case .unknownKey: text.replacing("schema = 1\n", with: "schema = 1\nrevison = 3\n")
    case .misspeltValue: text + "[resolution]\nproduct = \"soon\"\n[delivery]\nproduct = \"locl\"\n"
    case .newerSchema: text.replacing("schema = 1\n", with: "schema = 2\n")
    case .writableByOthers: text
    case .cutShort: String(text.prefix(14))
    }
  }

  var mode: UInt32 { self == .writableByOthers ? 0o666 : 0o644 }
}

/// One half as a file: missing, flawed or sound.
struct HalfFile<Half: Equatable>: Equatable {
  var half: Half
  var isMissing = false
  var flaw: Flaw?

  /// What a careful reader takes from it.
  var believed: Half? { isMissing || flaw != nil ? nil : half }
}

/// `*` stands only at the end in what the simulation writes.
func matches(_ pattern: String, _ name: String) -> Bool {
  pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : pattern == name
}
