// What the agreement has to know of the past, and only the ledger remembers.
//
// Rule 3: an offer that is kept under accepted/ counts only with the ledger's word for it, by its digest.
// Rule 9: a consent file that is older than the one by which something was revoked last is an old copy that came
// back (a slot that was flipped, a backup), and holds. When the ledger is lost, or the databases are a copy of
// another appliance's, what is shared waits until the offer is accepted anew.

internal import TOML

package struct LedgerFacts: Equatable, Sendable {
  /// Why nothing is shared until the offer is accepted anew.
  package enum Wait: Equatable, Sendable {
    case ledgerLost
    /// The databases, the pseudonym and the machine do not belong together.
    case copied
    /// Nobody can say at this moment.
    case unreadable(String)

    package init?(name: String) {
      switch name {
      case "ledger-lost": self = .ledgerLost
      case "copied": self = .copied
      default: return nil
      }
    }

    package var name: String {
      switch self {
      case .ledgerLost: "ledger-lost"
      case .copied: "copied"
      case .unreadable: "unreadable"
      }
    }
  }

  /// The SHA-256 of every kept offer that counts, by the name of its file.
  package var acceptances: [String: [UInt8]]
  /// When the consent file was saved by which something was revoked last: nanoseconds of its modification time.
  package var revokedModifiedNanoseconds: Int64?
  package var wait: Wait?

  package init(
    acceptances: [String: [UInt8]] = [:], revokedModifiedNanoseconds: Int64? = nil,
    wait: Wait? = nil
  ) {
    self.acceptances = acceptances
    self.revokedModifiedNanoseconds = revokedModifiedNanoseconds
    self.wait = wait
  }

  /// Nothing was ever accepted or revoked.
  package static let none = LedgerFacts()

  var isUnreadable: Bool {
    if case .unreadable = wait { true } else { false }
  }
}

extension LedgerFacts.Wait {
  /// What holds the sharing, as the problem of the offer.
  func problem(_ ledgerFile: String, _ offer: Offer) -> FileProblem {
    let remedy =
      "read the offer of \(offer.supplier.value), and if you agree: accord consent accept"
    switch self {
    case .ledgerLost:
      return FileProblem(
        FilePlace(file: ledgerFile),
        "the record of what was accepted is lost, so nothing counts as accepted", expected: remedy)
    case .copied:
      return FileProblem(
        FilePlace(file: ledgerFile),
        "the databases are a copy from elsewhere or from earlier, so what waited in them is never sent",
        expected: remedy)
    case .unreadable(let problem):
      return FileProblem(
        FilePlace(file: ledgerFile), "what was accepted cannot be looked up: \(problem)",
        expected: "nothing is shared until it can be")
    }
  }
}
