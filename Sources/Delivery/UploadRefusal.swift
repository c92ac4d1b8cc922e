internal import Handshake

/// Why nothing may be delivered, or cannot be.
package enum UploadRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is no valid agreement.
  case noAgreement(String)
  /// The agreement shares nothing.
  case nothingShared(String)
  /// Something here is in the way.
  case failed(String)

  package var description: String {
    switch self {
    case .noAgreement(let text), .nothingShared(let text), .failed(let text): text
    }
  }

  /// What the agreement has against it, nil when it shares something.
  ///
  /// - Parameter outcome: what follows from it, as a clause.
  init?(_ agreement: Agreement, _ outcome: String) {
    if agreement.sharesSomething {
      guard case .new = agreement.acceptance else { return nil }
      self = .failed("what was accepted is not recorded yet: start accordd; \(outcome)")
      return
    }
    switch agreement.standing {
    case .none: self = .noAgreement("there is no consent at \(agreement.consentFile); \(outcome)")
    case .held(let problem): self = .noAgreement("\(problem); \(outcome)")
    case .inForce:
      if let problem = agreement.offerProblem {
        self = .noAgreement("\(problem); \(outcome)")
      } else {
        self = .nothingShared("\(agreement.consentFile): no source is shared; \(outcome)")
      }
    }
  }
}
