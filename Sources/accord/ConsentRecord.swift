// The agreement in the words of consent records: the mandatory fields of ISO/IEC TS 27560:2023, with the terms of the
// W3C Data Privacy Vocabulary (https://w3id.org/dpv#) where it has one. What Accord does not know is null, and `reasons`
// says why. README.md has the table.

internal import Configuration
internal import Digest
internal import Handshake
internal import JSON
internal import Linux
internal import Recording
internal import TOML
internal import Telemetry

struct ConsentRecord {
  private let agreement: Agreement
  private let pseudonym: String?
  private let spans: [GrantSpan]

  init(_ agreement: Agreement, _ locations: Locations) {
    self.agreement = agreement
    let state = StateDirectory(locations.state)
    pseudonym = (try? Identity.current(state)) ?? nil
    spans = (try? Outbox.open(state)?.grantSpans()) ?? []
  }

  func write(_ record: inout JSONWriter) {
    record.object("@context") { context in
      context.member("dpv", "https://w3id.org/dpv#")
      context.member("dct", "http://purl.org/dc/terms/")
    }
    record.member("@type", "dpv:ConsentRecord")
    record.member("dct:conformsTo", "ISO/IEC TS 27560:2023")
    record.member("schema_version", "1")
    record.member("record_id", agreement.contentDigest.description)
    record.member("pii_principal_id", pseudonym)
    record.member("dpv:hasConsentStatus", status)
    record.array("pii_processing") { list in
      for source in DataSource.allCases {
        guard agreement.terms(of: source).decision.verdict == .share,
          let request = agreement.offer?.requests[source]
        else { continue }
        list.object { write(source, request, &$0) }
      }
    }
    record.array("party_identification", writeParties)
    record.array("event", writeEvents)
    record.object("reasons", writeReasons)
  }

  /// A term of the vocabulary's list of consent statuses.
  private var status: String {
    switch agreement.standing {
    case .none: return agreement.offer == nil ? "dpv:ConsentUnknown" : "dpv:ConsentRequested"
    case .held(let problem):
      let hasEnded = problem.at.place != nil && problem.at.place == agreement.consent?.until?.place
      return hasEnded ? "dpv:ConsentExpired" : "dpv:ConsentUnknown"
    case .inForce:
      if agreement.sharesSomething { return "dpv:ConsentGiven" }
      if agreement.offerProblem != nil { return "dpv:ConsentUnknown" }
      return spans.isEmpty ? "dpv:ConsentRefused" : "dpv:ConsentWithdrawn"
    }
  }

  private func write(
    _ source: DataSource, _ request: Offer.Request, _ process: inout JSONWriter
  ) {
    process.member("@type", "dpv:Process")
    process.member("service", source.name)
    process.member("privacy_notice", agreement.offerFile)
    process.member("language", nil as String?)
    process.member("purpose", request.purpose)
    process.member("lawful_basis", "dpv:Consent")
    process.array("pii_information") { list in
      for signal in Catalog.signals
      where signal.source == source && agreement.decision(for: signal).verdict == .share {
        list.object { $0.member("pii_type", signal.name) }
      }
    }
    process.array("pii_controllers") { $0.element("supplier") }
    process.array("processing_method") { list in
      for term in ["dpv:Collect", "dpv:Pseudonymise", "dpv:Transmit"] { list.element(term) }
    }
    process.member("storage_locations", nil as String?)
    process.member("retention_period", "PT\(request.retentionMilliseconds / 1000)S")
    process.member("jurisdiction", nil as String?)
    process.member("recipient_third_parties", nil as String?)
    process.member("withdrawal_method", "accord consent revoke \(source.name)")
  }

  private func writeParties(_ list: inout JSONWriter) {
    func party(_ id: String, _ type: String, name: String?, contact: String?) {
      list.object { party in
        party.member("party_id", id)
        party.member("party_type", type)
        party.member("party_name", name)
        party.member("party_contact", contact)
        party.member("party_address", nil as String?)
      }
    }
    party(
      "supplier", "dpv:DataController", name: agreement.offer?.supplier.value,
      contact: agreement.offer?.contact)
    party("customer", "dpv:DataSubject", name: agreement.consent?.acceptedBy, contact: nil)
  }

  /// Each time that a source began to be shared, and each time that it was taken back.
  private func writeEvents(_ list: inout JSONWriter) {
    func event(_ span: GrantSpan, _ milliseconds: Int64, _ state: String) {
      list.object { event in
        event.member("event_time", CalendarTime.rfc3339(milliseconds: milliseconds))
        event.member("event_type", "dpv:ExpressedConsent")
        event.member("event_state", state)
        event.member("entity_id", "customer")
        event.member("service", span.source.name)
        event.member("validity_duration", agreement.consent?.until.map { "until \($0.value)" })
      }
    }
    for span in spans {
      event(span, span.openedMilliseconds, "dpv:ConsentGiven")
      if let closed = span.closedMilliseconds { event(span, closed, "dpv:ConsentWithdrawn") }
    }
  }

  private func writeReasons(_ reasons: inout JSONWriter) {
    if pseudonym == nil {
      reasons.member("pii_principal_id", "there is no pseudonym before something is shared")
    }
    reasons.member("language", "an offer does not say in which language it is written")
    reasons.member("storage_locations", "an offer does not say where the supplier keeps readings")
    reasons.member("jurisdiction", "an offer does not name the law that it is under")
    reasons.member(
      "recipient_third_parties", "an offer names nobody beside the supplier; ask its contact")
    reasons.member("party_address", "neither half has a postal address")
    reasons.member("party_contact", "of the customer: a consent names no contact")
    if agreement.offer == nil { reasons.member("party_name", "there is no offer that can be read") }
    if agreement.consent?.until == nil {
      reasons.member("validity_duration", "there is no 'until': it holds until it is taken back")
    }
  }
}
