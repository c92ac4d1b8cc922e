// offer.toml, the supplier's half: who asks, for which signals, why, what the customer gets in return, how
// long it is kept, and where it is sent.

package import TOML
package import Telemetry

package struct Offer: Sendable {
  /// The newest form of the file that this version reads.
  package static let schema: Int64 = 1

  package let supplier: Located<String>
  /// Raised by the supplier whenever anything in the offer changes.
  package let revision: Located<Int64>
  package let contact: String?
  /// The base of the receiver's URLs, without a slash at the end.
  package let endpoint: Located<String>
  /// The certificates that vouch for the receiver, as written: beside the offer, or an absolute path.
  package let certificateFile: Located<String>?

  /// With whom the offer wants to share, and where.
  package var recipient: Grant.Recipient {
    Grant.Recipient(supplier: supplier.value, endpoint: endpoint.value)
  }

  /// The path of the certificates; nil means those of the system.
  package func certificatePath(in directory: String) -> String? {
    guard let file = certificateFile?.value else { return nil }
    return file.hasPrefix("/") ? file : "\(directory)/\(file)"
  }

  package private(set) var requests: [DataSource: Request]

  /// What the supplier asks of one source.
  package struct Request: Sendable {
    package let place: Place
    package let purpose: String
    package let benefit: String
    package let retentionMilliseconds: Int64
    /// The finest resolution that leaves the site.
    package let resolutionMilliseconds: Located<Int64>
    package let signals: [Located<SignalPattern>]
    package let signalsPlace: Place
    /// Gauges whose minimum and maximum of each interval are sent too.
    package let extremes: [SignalPattern]

    /// The first entry that asks for `signal`, if any does. A pattern never matches an identifying signal.
    package func entry(for signal: Signal) -> Located<SignalPattern>? {
      signals.first {
        $0.value.matches(signal.name) && (!signal.isIdentifying || $0.value.isExact)
      }
    }

    package func asksForExtremes(of signal: Signal) -> Bool {
      signal.instrument == .gauge && extremes.contains { $0.matches(signal.name) }
    }
  }

  package init(parsing bytes: [UInt8]) throws(TOMLError) {
    var document = TableReader(try TOMLDocument.parse(bytes), name: "")
    if let stray = document.table["sources"], document.table["delivery"] == nil {
      throw TOMLError(
        at: stray.keyPlace, "this is a consent, the customer's half of the agreement",
        "expected the supplier's half here, with [delivery]; the consent's place is consent.toml")
    }
    try document.checkSchema(newest: Self.schema)
    supplier = try document.plainLine("supplier")
    revision = try document.integer("revision")
    contact = try document.optionalPlainLine("contact")?.value
    var delivery = try document.table("delivery")
    endpoint = try Self.checkedEndpoint(try delivery.string("endpoint"))
    certificateFile = try delivery.optionalPlainLine("ca_file")
    try delivery.finish()
    var requests: [DataSource: Request] = [:]
    for source in DataSource.allCases {
      guard var table = try document.optionalTable(source.name) else { continue }
      requests[source] = try Request(&table)
    }
    self.requests = requests
    try document.finish()
  }

  /// The same offer with every pattern replaced by the names of the catalog that it matches.
  func expanded() -> Offer {
    var offer = self
    for (source, request) in requests { offer.requests[source] = request.expanded(source) }
    return offer
  }

  /// An address that leaves no doubt about who is contacted and how: https, a host, nothing secret.
  private static func checkedEndpoint(_ text: Located<String>) throws(TOMLError) -> Located<String>
  {
    let prefix = "https://"
    let rest = text.value.dropFirst(prefix.count)
    guard text.value.hasPrefix(prefix), isHostAndPort(rest.prefix { $0 != "/" }),
      rest.unicodeScalars.allSatisfy({
        $0.value > 0x20 && $0.value < 0x7f && !"@?#\\".contains(Character($0))
      })
    else {
      throw TOMLError(
        at: text.place, "'endpoint' is no plain https address",
        "expected for example \"https://telemetry.example.com:4318\"")
    }
    let trimmed = text.value.hasSuffix("/") ? String(text.value.dropLast()) : text.value
    return Located(trimmed, at: text.place)
  }

  /// `host` or `[address]`, and perhaps `:port`.
  private static func isHostAndPort(_ text: Substring) -> Bool {
    let end =
      text.first == "["
      ? text.firstIndex(of: "]").map(text.index(after:))
      : text.firstIndex(of: ":") ?? text.endIndex
    guard let end, text[..<end] != "[]", end != text.startIndex else { return false }
    let port = text[end...]
    if port.isEmpty { return true }
    return port.first == ":" && port.dropFirst().allSatisfy(\.isNumber)
      && UInt16(port.dropFirst()) ?? 0 != 0
  }
}

extension Offer.Request {
  fileprivate func expanded(_ source: DataSource) -> Offer.Request {
    let named = Catalog.signals.filter { $0.source == source && entry(for: $0) != nil }
    return Offer.Request(
      place: place, purpose: purpose, benefit: benefit,
      retentionMilliseconds: retentionMilliseconds,
      resolutionMilliseconds: resolutionMilliseconds,
      signals: named.map { Located(SignalPattern($0.name), at: signalsPlace) },
      signalsPlace: signalsPlace,
      extremes: named.filter(asksForExtremes).map { SignalPattern($0.name) })
  }

  fileprivate init(_ table: inout TableReader) throws(TOMLError) {
    place = table.table.place
    purpose = try table.plainLine("purpose").value
    benefit = try table.plainLine("benefit").value
    retentionMilliseconds = try table.durationMilliseconds("retention").value
    resolutionMilliseconds = try table.durationMilliseconds("resolution")
    let listed = try table.strings("signals")
    signals = listed.value.map { Located(SignalPattern($0.value), at: $0.place) }
    signalsPlace = listed.place
    extremes = try table.optionalStrings("extremes")?.value.map { SignalPattern($0.value) } ?? []
    try table.finish()
  }
}

extension TableReader {
  /// A file of a newer schema may mean something else by the same words, so it is not read at all.
  mutating func checkSchema(newest: Int64) throws(TOMLError) {
    guard let schema = try optionalInteger("schema") else {
      throw TOMLError(at: table.place, "'schema' is missing", "expected schema = \(newest)")
    }
    guard schema.value >= 1, schema.value <= newest else {
      throw TOMLError(
        at: schema.place, "schema \(schema.value) is not known to this version",
        "expected schema = \(newest); a newer file needs a newer accord")
    }
  }
}
