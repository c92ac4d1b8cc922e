// What is shared and why not: no consent, one that is held, one that ends soon, and an offer that waits.

package struct AgreementFacts: Sendable {
  /// What is wrong with one of the two files.
  package struct Problem: Sendable {
    /// "/etc/accord/consent.toml:9:3: what is wrong" and what was expected or is to be done.
    package let sentence: String
    package let remedy: String
    /// What follows: "nothing is sampled or sent until this is mended".
    package let consequence: String

    package init(sentence: String, remedy: String, consequence: String) {
      self.sentence = sentence
      self.remedy = remedy
      self.consequence = consequence
    }
  }

  /// An offer that is there and was not accepted, or not in this form.
  package struct Waiting: Sendable {
    package let supplier: String
    package let revision: Int64
    /// What it wants otherwise than what was accepted, a clause each; nil where nothing was.
    package let differences: [String]?

    package init(supplier: String, revision: Int64, differences: [String]?) {
      self.supplier = supplier
      self.revision = revision
      self.differences = differences
    }
  }

  package var hasConsent = true
  /// Whether something is kept that only an agreement can have let in.
  package var holdsRecords = false
  package var consentFile = ""
  package var problem: Problem?
  /// Days until it ends, and the day; nil when it has no end.
  package var endsInDays: Int64?
  package var endDay = ""
  package var waiting: Waiting?
  /// What is wrong with an offer that nothing rests on yet, and what was expected.
  package var offerFault: (sentence: String, remedy: String)?
  /// Settings that cannot be used, and what is wrong with them.
  package var settingsProblem: String?

  package init() {}

  var findings: [HealthFinding] {
    [settings, standing, fault, ending, offer].compactMap(\.self)
  }

  private var settings: HealthFinding? {
    settingsProblem.map {
      .agent(.critical, "settings", $0, "mend that line; accordd --check says whether it is right")
    }
  }

  private var standing: HealthFinding? {
    if let problem {
      return .agent(
        .critical, "agreement", "\(problem.sentence); \(problem.consequence)", problem.remedy)
    }
    if !hasConsent, holdsRecords {
      return .agent(
        .warning, "agreement",
        "the consent is gone: there is none at \(consentFile), so nothing is sampled or sent any more",
        "put it back, or agree anew: accord consent accept")
    }
    if hasConsent || waiting != nil { return nil }
    return .agent(
      .notice, "agreement", "there is no consent at \(consentFile), so nothing is sampled or sent",
      offerFault == nil
        ? "put the supplier's offer.toml beside it, and read it with: accord consent accept"
        : "when the offer is mended, read it with: accord consent accept")
  }

  /// Where something is shared, it is the agreement's problem.
  private var fault: HealthFinding? {
    guard let offerFault, problem == nil else { return nil }
    return .agent(
      .warning, "offer", "\(offerFault.sentence); nobody can agree to this offer",
      offerFault.remedy)
  }

  private var ending: HealthFinding? {
    guard problem == nil, let days = endsInDays, days <= Thresholds.agreementEndsWithinDays else {
      return nil
    }
    return .agent(
      .warning, "agreement",
      "the agreement ends on \(endDay), in \(Phrase.count(days, "day")); then nothing is sampled or sent",
      "to go on, write a later day behind 'until' in \(consentFile)")
  }

  private var offer: HealthFinding? {
    guard let waiting, problem == nil else { return nil }
    return .agent(
      .notice, "offer",
      "\(waiting.supplier) offers revision \(waiting.revision)\(consequence(of: waiting))",
      "read the whole of it, and agree if you want to: accord consent accept")
  }

  private func consequence(of waiting: Waiting) -> String {
    guard hasConsent else { return ", and nothing is sampled or sent until you agree" }
    guard let differences = waiting.differences else {
      return ", and nothing is shared until you agree"
    }
    if differences.isEmpty { return ", which asks for nothing else than what was accepted" }
    let more = differences.count > 2 ? "; and \(differences.count - 2) more changes" : ""
    return ": \(differences.prefix(2).joined(separator: "; "))\(more)"
  }
}
