// consent.toml, the customer's half: for each source what may happen to it, what is withheld or redacted in
// spite of that, and until when. Only people and `accord consent` write it.

package import TOML
package import Telemetry

/// The customer's word on one source.
package enum ConsentMode: String, CaseIterable, Sendable {
  /// Not sampled.
  case deny
  /// Kept on the appliance, never sent.
  case local
  /// Kept, and sent to the supplier as far as the offer asks for it.
  case share
}

package struct Consent: Sendable {
  /// The newest form of the file that this version reads.
  package static let schema: Int64 = 1

  package let supplier: Located<String>?
  /// The offer's revision that was read and agreed to.
  package let accepts: Located<Int64>?
  package let acceptedBy: String?
  package let acceptedOn: LocalDate?
  /// The agreement ends at 00:00 UTC of this day.
  package let until: Located<LocalDate>?
  package let sources: [DataSource: Located<ConsentMode>]
  package let sourcesPlace: Place
  package let withheld: [Located<SignalPattern>]
  /// The entry of [redact] that applies, for each key that one applies to.
  package let redactions: [String: RedactionRule]
  package let resolutionsMilliseconds: [DataSource: Located<Int64>]

  package init(parsing bytes: [UInt8]) throws(TOMLError) {
    var document = TableReader(try TOMLDocument.parse(bytes), name: "")
    if let stray = document.table["delivery"], document.table["sources"] == nil {
      throw TOMLError(
        at: stray.keyPlace, "this is an offer, the supplier's half of the agreement",
        "expected the customer's half here, with [sources]; the offer's place is offer.toml")
    }
    try document.checkSchema(newest: Self.schema)
    supplier = try document.optionalPlainLine("supplier")
    accepts = try document.optionalInteger("accepts")
    acceptedBy = try document.optionalPlainLine("accepted_by")?.value
    acceptedOn = try document.optionalDate("accepted_on")?.value
    until = try document.optionalDate("until")

    // Asked for even when empty: a file cut short before this line must not pass for a word of refusal.
    var table = try document.table("sources")
    sourcesPlace = table.table.place
    var sources: [DataSource: Located<ConsentMode>] = [:]
    for source in DataSource.allCases {
      sources[source] = try table.optionalChoice(source.name, of: ConsentMode.self)
    }
    try table.finish()
    self.sources = sources

    withheld = try Self.readWithheld(&document)
    redactions = try Self.readRedactions(&document)
    resolutionsMilliseconds = try Self.readResolutions(&document)
    try document.finish()
  }

  private static func readWithheld(
    _ document: inout TableReader
  ) throws(TOMLError) -> [Located<SignalPattern>] {
    guard var table = try document.optionalTable("withhold") else { return [] }
    let listed = try table.strings("signals").value
    try table.finish()
    for entry in listed {
      let pattern = SignalPattern(entry.value)
      // A misspelt name would withhold nothing, and the customer would believe that it does.
      guard Catalog.knownNames.contains(where: pattern.matches) else {
        throw unknownName("signal", entry.value, at: entry.place, among: Catalog.knownNames)
      }
    }
    return listed.map { Located(SignalPattern($0.value), at: $0.place) }
  }

  private static func readRedactions(
    _ document: inout TableReader
  ) throws(TOMLError) -> [String: RedactionRule] {
    guard var table = try document.optionalTable("redact") else { return [:] }
    let known = Catalog.attributeKeys.sorted()
    let patterns = table.table.entries.filter { !SignalPattern($0.key).isExact }
    var redactions: [String: RedactionRule] = [:]
    for (text, place) in known.map({ ($0, nil) }) + patterns.map({ ($0.key, $0.keyPlace) }) {
      guard let mode = try table.optionalChoice(text, of: RedactionMode.self) else { continue }
      let pattern = SignalPattern(text)
      let rule = RedactionRule(
        mode: mode.value, place: mode.place, patternLength: pattern.isExact ? nil : text.utf8.count)
      let matched = known.filter(pattern.matches)
      if matched.isEmpty, let place {
        throw unknownName("attribute", text, at: place, among: known)
      }
      for key in matched where redactions[key].map(rule.outranks) ?? true {
        redactions[key] = rule
      }
    }
    try table.finish()
    return redactions
  }

  private static func readResolutions(
    _ document: inout TableReader
  ) throws(TOMLError) -> [DataSource: Located<Int64>] {
    guard var table = try document.optionalTable("resolution") else { return [:] }
    var resolutions: [DataSource: Located<Int64>] = [:]
    for source in DataSource.allCases {
      resolutions[source] = try table.optionalDurationMilliseconds(source.name)
    }
    try table.finish()
    return resolutions
  }

  private static func unknownName(
    _ what: String, _ name: String, at place: Place, among known: [String]
  ) -> TOMLError {
    let hint =
      SignalPattern.likelyMeant(by: name, among: known).map { "; did you mean \"\($0)\"?" }
      ?? "; `accord preview` shows all that are sampled"
    return TOMLError(
      at: place, "\"\(TOMLError.shown(name))\" is no \(what) of the catalog",
      "expected a name or pattern that matches one\(hint)")
  }
}
