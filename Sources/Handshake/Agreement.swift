// What both halves allow together at this moment. A pure function of the two files, the catalog and the time.
//
// The rules that are carried out here, each a promise to the customer. Others of the same count stand where they
// are kept: 7 in Grant and Revocation, 8 in Baselines, 9 in LedgerFacts and Pair, 12 in DeliveryEvent, 13 in
// Fingerprint.
//  1  deny by default: a source that is not named is denied; no consent file, nothing is sampled.
//  2  what stays needs the customer's word alone; what leaves needs both halves.
//  3  acceptance freezes: what was accepted is kept, and nothing is shared that it does not hold (AcceptedOffer).
//  4  fail closed: a half that cannot be read, trusted or understood closes the gates, loudly.
//  5  doubt holds, a word deletes: a source is *held* when its gate is closed for any reason other than the
//     customer's word in a valid file. Only a word is ever followed by deletion.
//
// For each signal of a shared source: withheld by the customer, it is denied; not asked for by the offer, it
// stays on the appliance; otherwise it is shared. Every answer carries the place of the line that gives it.

internal import TOML
package import Telemetry

/// What the agreement does with a reading.
package enum Verdict: UInt8, Comparable, Sendable {
  case deny = 0
  case local = 1
  case share = 2

  package var name: String {
    switch self {
    case .deny: "deny"
    case .local: "local"
    case .share: "share"
    }
  }

  package static func < (left: Verdict, right: Verdict) -> Bool { left.rawValue < right.rawValue }
}

/// A verdict and the line that gives it.
package struct Decision: Equatable, Sendable {
  package let verdict: Verdict
  package let rule: FilePlace
  /// Why, as a clause: "denied by the customer".
  package let reason: String
}

package struct Agreement: Sendable {
  package enum Standing: Equatable, Sendable {
    /// There is no consent file.
    case none
    /// There is one, but it cannot be acted on.
    case held(FileProblem)
    case inForce

    package var name: String {
      switch self {
      case .none: "none"
      case .held: "held"
      case .inForce: "in-force"
      }
    }
  }

  /// What is agreed about one source.
  package struct SourceTerms: Equatable, Sendable {
    package let decision: Decision
    /// The gate is closed for a reason other than the customer's word.
    package let isHeld: Bool
    /// For a shared source: the interval of what leaves.
    package let resolutionMilliseconds: Int64?
  }

  package let consent: Consent?
  package let offer: Offer?
  package let standing: Standing
  /// What was accepted of the offer. Sharing rests on it.
  package let acceptance: Acceptance
  /// What is wrong with the offer, if anything. It holds what would be shared, never what is local.
  package let offerProblem: FileProblem?
  /// What is wrong with the offer's file by itself, whether or not anything is shared; nil as well where there is none.
  package let offerFault: FileProblem?
  package let consentFile: String
  package let offerFile: String
  private let terms: [SourceTerms]
  /// Of every signal of the catalog, by name: asked for each series at each seal and in each request.
  private var decisions: [String: Decision] = [:]

  package func terms(of source: DataSource) -> SourceTerms { terms[Int(source.rawValue)] }

  /// What is wrong. That of the customer's half comes first, and alone: without it nothing of the offer is asked.
  package var problems: [FileProblem] {
    if case .held(let problem) = standing { return [problem] }
    return [offerProblem].compactMap { $0 }
  }

  /// "product share, environment local": every source that is not denied, or that doubt holds.
  package var sourcesInForce: String {
    DataSource.allCases.compactMap { source -> String? in
      let terms = terms(of: source)
      if terms.isHeld { return standing == .inForce ? "\(source.name) held" : nil }
      return terms.decision.verdict == .deny ? nil : "\(source.name) \(terms.decision.verdict.name)"
    }.joined(separator: ", ")
  }

  package var sharesSomething: Bool { terms.contains { $0.decision.verdict == .share } }

  /// - Parameters:
  ///   - consent: the customer's half, nil when there is no file.
  ///   - offer: the supplier's half, nil when there is no file.
  ///   - kept: what was kept of the revision that the consent accepts, nil when nothing was.
  ///   - wait: why nothing is shared until the offer is accepted anew, if that is so.
  ///   - nowMilliseconds: Unix time; when the clock cannot be trusted, the latest that it can be.
  package init(
    consent: Result<Consent, FileProblem>?, consentFile: String,
    offer: Result<Offer, FileProblem>?, offerFile: String,
    kept: Result<AcceptedOffer, FileProblem>?,
    wait: (reason: LedgerFacts.Wait, ledgerFile: String)? = nil, nowMilliseconds: Int64
  ) {
    self.consentFile = consentFile
    self.offerFile = offerFile
    self.consent = try? consent?.get()
    if case .failure(let fault) = offer { offerFault = fault } else { offerFault = nil }
    let offer = offer ?? .failure(Self.missingOffer(offerFile))
    self.offer = try? offer.get()
    standing = Self.standing(consent, consentFile, nowMilliseconds)
    var judge = SourceJudge(
      consentFile: consentFile, offerFile: offerFile, consent: self.consent, standing: standing,
      offer: offer, kept: kept, wait: wait)
    terms = DataSource.allCases.map { judge.terms(of: $0) }
    offerProblem = judge.sharingProblem
    acceptance = judge.acceptance
    for signal in Catalog.signals { decisions[signal.name] = decide(signal) }
  }

  private static func standing(
    _ consent: Result<Consent, FileProblem>?, _ file: String, _ nowMilliseconds: Int64
  ) -> Standing {
    switch consent {
    case nil: return .none
    case .failure(let problem): return .held(problem)
    case .success(let consent):
      guard let until = consent.until, until.value.startMilliseconds <= nowMilliseconds else {
        return .inForce
      }
      return .held(
        FileProblem(
          FilePlace(file: file, place: until.place),
          "the agreement ended on \(until.value), at 00:00 UTC",
          expected: "to go on, write a later day behind 'until'"))
    }
  }

  private static func missingOffer(_ file: String) -> FileProblem {
    FileProblem(
      FilePlace(file: file), "there is no offer",
      expected:
        "sharing needs the supplier's half: put its offer.toml here; sources set to \"local\" go on without"
    )
  }

  /// What happens to readings and facts of `signal`.
  package func decision(for signal: Signal) -> Decision {
    decisions[signal.name] ?? decide(signal)
  }

  private func decide(_ signal: Signal) -> Decision {
    let terms = terms(of: signal.source)
    guard terms.decision.verdict != .deny, let consent else { return terms.decision }
    if let entry = withholding(signal.name) {
      return Decision(
        verdict: .deny, rule: FilePlace(file: consentFile, place: entry.place),
        reason: "withheld by the customer")
    }
    if signal.instrument == .fact,
      // The value makes no difference to a fact's name.
      Redaction.mode(of: Attribute(signal.name, .integer(0)), consent) == .drop
    {
      let rule = consent.redactions[signal.name]
      return Decision(
        verdict: .deny, rule: redactionPlace(signal.name),
        reason: rule?.mode == .drop ? "dropped by the customer" : "dropped, because it identifies")
    }
    guard terms.decision.verdict == .share, let request = offer?.requests[signal.source] else {
      return terms.decision
    }
    guard let entry = request.entry(for: signal) else {
      return Decision(
        verdict: .local, rule: FilePlace(file: offerFile, place: request.signalsPlace),
        reason: "the offer does not ask for it")
    }
    let rule = FilePlace(file: offerFile, place: entry.place)
    guard acceptance.offer?.requests[signal.source]?.entry(for: signal) != nil else {
      return Decision(
        verdict: .local, rule: rule, reason: "asked for by the offer, but not when it was accepted")
    }
    return Decision(
      verdict: .share, rule: rule, reason: "asked for by the offer, shared by the customer")
  }

  /// Whether the offer of today asks for `signal` of a source that is shared, and the one that was accepted did not.
  package func isAskedForLater(_ signal: Signal) -> Bool {
    terms(of: signal.source).decision.verdict == .share
      && offer?.requests[signal.source]?.entry(for: signal) != nil
      && acceptance.offer?.requests[signal.source]?.entry(for: signal) == nil
  }

  /// The entry by which the customer withholds `signal`, whatever is said of its source.
  func withholding(_ signal: String) -> Located<SignalPattern>? {
    consent?.withheld.first { $0.value.matches(signal) }
  }

  /// Whether the minimum and maximum of each interval of `signal` are agreed as well.
  package func asksForExtremes(of signal: Signal) -> Bool {
    [offer, acceptance.offer].allSatisfy {
      $0?.requests[signal.source]?.asksForExtremes(of: signal) ?? false
    }
  }

  /// Whether two readings of the files come to the same, down to the lines that say so.
  func says(theSameAs other: Agreement) -> Bool {
    standing == other.standing && offerProblem == other.offerProblem && terms == other.terms
      && canonicalForm == other.canonicalForm
  }
}

extension Agreement {
  /// What is wrong and where, what was expected, and what is in force until it is mended: one sentence for the log and
  /// the commands. Nil when nothing is wrong, which a missing consent is not either.
  package var complaint: String? {
    problems.first.map { "\($0); \(untilMended)" }
  }

  /// What follows from a problem, as a clause.
  package var untilMended: String {
    if case .held = standing { return "nothing is sampled or sent until this is mended" }
    guard sharesSomething else { return "nothing is sent until this is mended" }
    let held = DataSource.allCases.filter { terms(of: $0).isHeld }.map(\.name)
    return
      "nothing of \(held.joined(separator: ", ")) is sent until this is mended; the rest goes on"
  }
}
