// Rule 3: acceptance freezes.
//
// When `accepts` first names the revision of the offer that is there, the offer is kept as it is on that day,
// with its patterns expanded to the names of that day's catalog. From then on no more than that is shared under
// this acceptance: an edited offer, a newer one, or a newer package that knows more signals can take away, and
// can add nothing. What was agreed keeps flowing meanwhile. Where the offer of today differs in what the
// customer decided by (where it goes and by which certificates, why, what for, how long it is kept, how fine it
// is), the source is held until a revision is accepted again.
//
// The kept offer is itself an offer in TOML, so that people can read it and compare. It counts because the ledger
// vouches for its digest: see LedgerFacts.

internal import Digest
package import TOML
internal import Telemetry

package struct AcceptedOffer: Sendable {
  /// The offer, in which every entry names one signal.
  package let offer: Offer

  package var supplier: String { offer.supplier.value }
  package var revision: Int64 { offer.revision.value }

  /// Expands the patterns of `offer` against the catalog.
  package init(freezing offer: Offer) { self.offer = offer.expanded() }

  /// Reads what was kept.
  package init(parsing bytes: [UInt8]) throws(TOMLError) { offer = try Offer(parsing: bytes) }

  /// The name of the file: a supplier's name may hold anything, so its digest stands for it.
  package static func fileName(supplier: String, revision: Int64) -> String {
    "\(SHA256(of: Array(supplier.utf8)).description.prefix(16))-\(revision).toml"
  }

  /// As it is kept.
  package var text: String {
    var lines = [
      "# What was accepted of the offer, as it was on that day. Kept by accordd; do not edit."
    ]
    func add(_ key: String, _ value: String) { lines.append("\(key) = \(value)") }
    let quoted = TOMLText.quoted
    func list(_ names: [String]) -> String { "[" + names.map(quoted).joined(separator: ", ") + "]" }
    add("schema", "\(Offer.schema)")
    add("supplier", quoted(offer.supplier.value))
    add("revision", "\(offer.revision.value)")
    if let contact = offer.contact { add("contact", quoted(contact)) }
    lines.append("\n[delivery]")
    add("endpoint", quoted(offer.endpoint.value))
    if let file = offer.certificateFile { add("ca_file", quoted(file.value)) }
    for source in DataSource.allCases {
      guard let request = offer.requests[source] else { continue }
      lines.append("\n[\(source.name)]")
      add("purpose", quoted(request.purpose))
      add("benefit", quoted(request.benefit))
      add("retention", "\"\(request.retentionMilliseconds)ms\"")
      add("resolution", "\"\(request.resolutionMilliseconds.value)ms\"")
      add("signals", list(request.signals.map(\.value.text)))
      add("extremes", list(request.extremes.map(\.text)))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// What has been accepted of the offer that the consent names.
package enum Acceptance: Sendable {
  /// The consent accepts nothing that is known.
  case none
  /// The consent names the revision of the offer that is there, for the first time: it has to be kept.
  case new(AcceptedOffer)
  case kept(AcceptedOffer)

  var offer: Offer? {
    switch self {
    case .none: nil
    case .new(let accepted), .kept(let accepted): accepted.offer
    }
  }
}

extension Offer {
  /// In what the customer decided by, as far as one source is concerned, this offer differs from the one that was
  /// accepted; nil when it does not.
  func change(since accepted: Offer, of source: DataSource) -> (place: Place, problem: String)? {
    if endpoint.value != accepted.endpoint.value {
      return (
        endpoint.place,
        "the offer sends to \(endpoint.value), what was accepted sends to \(accepted.endpoint.value)"
      )
    }
    if certificateFile?.value != accepted.certificateFile?.value {
      return (
        certificateFile?.place ?? endpoint.place,
        "the offer names other certificates for the receiver than what was accepted"
      )
    }
    guard let request = requests[source], let agreed = accepted.requests[source] else { return nil }
    if request.purpose != agreed.purpose {
      return (request.place, "the offer has another purpose than what was accepted")
    }
    if request.benefit != agreed.benefit {
      return (request.place, "the offer promises another benefit than what was accepted")
    }
    if request.retentionMilliseconds > agreed.retentionMilliseconds {
      return (request.place, "the offer keeps readings longer than what was accepted")
    }
    if request.resolutionMilliseconds.value < agreed.resolutionMilliseconds.value {
      return (
        request.resolutionMilliseconds.place,
        "the offer asks for a finer resolution than what was accepted"
      )
    }
    return nil
  }
}
