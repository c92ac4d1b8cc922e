internal import TOML
package import Telemetry

/// An unbroken time during which one source is shared with one supplier. Readings belong to the grant in
/// which they were taken, and only readings of a grant that is still open are sent.
package struct Grant: Equatable, Sendable {
  /// With whom and where: another supplier or another address is another grant.
  package struct Recipient: Hashable, Sendable {
    package let supplier: String
    package let endpoint: String

    package init(supplier: String, endpoint: String) {
      self.supplier = supplier
      self.endpoint = endpoint
    }
  }

  /// The row in the spool.
  package let number: Int64
  /// 32 random hexadecimal digits, unique in the world.
  package let id: String
  package let source: DataSource
  package let recipient: Recipient

  package init(number: Int64, id: String, source: DataSource, recipient: Recipient) {
    self.number = number
    self.id = id
    self.source = source
    self.recipient = recipient
  }
}

extension Agreement {
  /// What the customer's word makes of the grant of a source.
  package enum GrantIntent: Equatable, Sendable {
    /// Share, with this recipient.
    case open(Grant.Recipient)
    /// In doubt, or shared by the customer and not asked for: nothing is sent, and the grant stays as it is.
    case hold
    /// Denied or local: the grant is over for good.
    case close
  }

  package func grantIntent(for source: DataSource) -> GrantIntent {
    let terms = terms(of: source)
    if terms.isHeld { return .hold }
    // Only the customer's word ends a grant, never an offer that says less.
    guard consent?.sources[source]?.value == .share else { return .close }
    guard terms.decision.verdict == .share, let offer else { return .hold }
    return .open(offer.recipient)
  }

  /// The revision of the offer that is there, and the one that the consent accepts.
  package var revisions: (offered: Int64?, accepted: Int64?) {
    (offer?.revision.value, consent?.accepts?.value)
  }
}
