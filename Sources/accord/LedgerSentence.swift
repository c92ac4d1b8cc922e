internal import FoundationEssentials
internal import Linux
internal import Recording
internal import Telemetry

/// The detail of a ledger row: see LedgerEvent. Somebody may have put anything into it, so a value is decoded only when
/// it is asked for, and as what it should be.
struct LedgerDetail {
  private let members: KeyedDecodingContainer<Key>

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  private struct Members: Decodable {
    let container: KeyedDecodingContainer<Key>

    init(from decoder: any Decoder) throws {
      container = try decoder.container(keyedBy: Key.self)
    }
  }

  /// Nil when it is no JSON object on one line.
  init?(_ text: String) {
    guard text.utf8.allSatisfy({ $0 >= 0x20 }),
      let members = try? JSONDecoder().decode(Members.self, from: Data(text.utf8))
    else { return nil }
    self.members = members.container
  }

  func text(_ key: String) -> String? { value(key) }

  func number(_ key: String) -> Int64 { value(key) ?? 0 }

  func holds(_ key: String) -> Bool { members.contains(Key(key)) }

  func flag(_ key: String) -> Bool { value(key) ?? false }

  func list(_ key: String) -> [String] { value(key) ?? [] }

  func counts(_ key: String) -> [(key: String, count: Int64)] {
    let counts: [String: Int64] = value(key) ?? [:]
    return counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Nil where there is none of that kind.
  private func value<Value: Decodable>(_ key: String) -> Value? {
    try? members.decode(Value.self, forKey: Key(key))
  }
}

/// A ledger row for people.
enum LedgerSentence {
  /// - Parameter names: what digests stand for; nil where nobody can know, as in a dump.
  static func line(_ row: LedgerRow, _ names: [String: String]?) -> String {
    let number = String(row.number)
    let what = sentence(row, names)
    return String(repeating: " ", count: max(0, 6 - number.count)) + number + "  "
      + CalendarTime.rfc3339(milliseconds: row.atMilliseconds) + "  " + what
  }

  /// What happened, without when.
  static func sentence(_ row: LedgerRow, _ names: [String: String]?) -> String {
    LedgerDetail(row.detail).flatMap { sentence(row.kind, Words(detail: $0, names: names)) }
      ?? "\(row.kind) \(row.detail)"
  }

  private struct Words {
    let detail: LedgerDetail
    let names: [String: String]?

    /// The name behind a digest, as long as it is kept. The book of names is a file beside the ledger that no chain
    /// vouches for.
    func name(_ key: String) -> String {
      guard let digest = detail.text(key) else { return "nobody" }
      guard let names else { return "\(digest.prefix(8))…" }
      return names[digest].map(VisibleText.line) ?? "\(digest.prefix(8))… (the name was erased)"
    }

    func text(_ key: String) -> String { detail.text(key) ?? "?" }

    func count(_ key: String, _ noun: String) -> String { Output.count(detail.number(key), noun) }

    /// Of a partial deletion the series that are withdrawn, and once it is done the batches that were cut.
    var amount: String {
      if detail.holds("series") {
        return "\(Output.count(detail.number("series"))) series withdrawn, "
          + "\(Output.count(detail.number("redacted"))) redacted"
      }
      let recut = detail.number("recut")
      return count("batches", "batch") + (recut > 0 ? ", \(Output.count(recut)) re-cut" : "")
        + ", \(count("readings", "reading"))"
    }
    var upload: String {
      let answer = detail.number("status")
      let rejected = detail.number("rejected")
      return
        "\(text("source")): \(detail.list("batches").joined(separator: ", ")), "
        + "\(count("readings", "reading")), \(Output.count(detail.number("bytes"))) bytes"
        + (rejected > 0 ? ", \(Output.count(rejected)) not kept by the receiver" : "")
        + (answer > 0 ? ", HTTP \(answer)" : ", no answer")
    }
  }

  /// Nil for a kind that this version does not know.
  private static func sentence(_ kind: String, _ words: Words) -> String? {
    guard let event = Ledger.Event(rawValue: kind) else { return nil }
    let detail = words.detail
    return switch event {
    case .offerAccepted:
      "accepted revision \(detail.number("revision")) of the offer of \(words.name("supplier"))"
    case .agreementChanged: agreement(words)
    case .grantOpened:
      "\(words.text("source")) is shared with \(words.name("supplier")) at \(words.name("endpoint")) "
        + "from now on, grant \(words.text("grant").prefix(8))"
    case .grantClosed:
      "\(words.text("source")) is no longer shared with \(words.name("supplier")), grant "
        + "\(words.text("grant").prefix(8)) is closed for good"
    case .deletionRecorded:
      "\(words.text("source")) is removed from the \(words.text("database")): \(words.amount), by "
        + words.text("because")
    case .deletionDone:
      "the \(words.text("database")) was rewritten without what was removed"
        + (detail.number("batches") > 0 || detail.number("recut") > 0 ? ": \(words.amount)" : "")
    case .gap:
      "\(words.text("source")) lost from the \(words.text("database")): \(words.amount) "
        + "(\(words.text("reason")))"
    case .readingsLost:
      "lost in memory: \(words.count("history", "reading")) of the history, "
        + "\(Output.count(detail.number("spool"))) of the spool"
    case .clockStep: clockStep(detail.number("by_ms"))
    case .databaseSetAside: "\(words.text("file")) was damaged: set aside and begun anew"
    case .databaseBegun: "\(words.text("file")) was gone while in use: begun anew"
    case .databasesCopied: "\(words.text("reason")): what waited is never sent"
    case .identityCreated: "a pseudonym was made"
    case .identityRemoved: "the pseudonym was removed"
    case .upload: "\(words.text("outcome")), \(words.upload)"
    case .uploadTried: "tried, \(words.upload)"
    case .deletionAsked:
      "the supplier was asked to delete what it has; the receiver "
        + (detail.flag("is_taken") ? "took the notice" : "did not take the notice")
    case .dumpOverride:
      "the agreement was overridden for a dump, case \(words.name("case")), for "
        + Output.duration(detail.number("seconds") &* 1000)
    case .dumpMade: dump(words)
    case .checkpoint: checkpoint(detail)
    }
  }

  private static func agreement(_ words: Words) -> String {
    let sources = DataSource.allCases.compactMap { source in
      words.detail.text(source.name).flatMap { $0 == "deny" ? nil : "\(source.name) \($0)" }
    }
    let parties = words.detail.text("supplier") == nil ? "" : " with \(words.name("supplier"))"
    let person =
      words.detail.text("accepted_by") == nil ? "" : ", accepted by \(words.name("accepted_by"))"
    let standing = words.text("standing") == "in-force" ? "in force" : words.text("standing")
    return "agreement \(words.text("agreement").prefix(8)) \(standing)\(parties): "
      + (sources.isEmpty ? "nothing is agreed" : sources.joined(separator: ", ")) + person
  }

  private static func dump(_ words: Words) -> String {
    let sources = words.detail.list("sources")
    return "a dump was written"
      + (words.detail.text("case") == nil ? "" : ", case \(words.name("case"))")
      + (sources.isEmpty ? ", of the agent alone" : " with \(sources.joined(separator: ", "))")
      + (words.detail.flag("has_logs") ? ", with journals" : "")
      + (words.detail.flag("is_overridden") ? ", beyond the agreement" : "")
  }

  private static func clockStep(_ milliseconds: Int64) -> String {
    "the clock was set \(milliseconds < 0 ? "back" : "forward") by "
      + Output.duration(Int64(clamping: milliseconds.magnitude))
  }

  private static func checkpoint(_ detail: LedgerDetail) -> String {
    let counts = detail.counts("counts").map { "\(Output.count($0.count)) \($0.key)" }
    return "rows up to \(detail.number("through")) were removed and are vouched for here: "
      + counts.joined(separator: ", ")
  }
}
