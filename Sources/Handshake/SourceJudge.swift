internal import Linux
internal import TOML
internal import Telemetry

/// Applies the two halves to one source after the other.
struct SourceJudge {
  let consentFile: String
  let offerFile: String
  let consent: Consent?
  let standing: Agreement.Standing
  let offer: Result<Offer, FileProblem>
  /// What was kept of the revision that the consent accepts, nil when nothing was.
  let kept: Result<AcceptedOffer, FileProblem>?
  /// Why nothing is shared until the offer is accepted anew.
  let wait: (reason: LedgerFacts.Wait, ledgerFile: String)?
  /// What the sharing rests on.
  private(set) var acceptance = Acceptance.none
  /// The reason why something that the customer shares is held, if anything is.
  private(set) var sharingProblem: FileProblem?

  init(
    consentFile: String, offerFile: String, consent: Consent?, standing: Agreement.Standing,
    offer: Result<Offer, FileProblem>, kept: Result<AcceptedOffer, FileProblem>?,
    wait: (reason: LedgerFacts.Wait, ledgerFile: String)?
  ) {
    self.consentFile = consentFile
    self.offerFile = offerFile
    self.consent = consent
    self.standing = standing
    self.offer = offer
    self.kept = kept
    self.wait = wait
  }

  mutating func terms(of source: DataSource) -> Agreement.SourceTerms {
    switch standing {
    case .none: return held(FilePlace(file: consentFile), "there is no consent")
    case .held(let problem): return held(problem.at, problem.problem)
    case .inForce: break
    }
    guard let consent, let mode = consent.sources[source] else {
      return word(.deny, consent?.sourcesPlace, "not named, so denied")
    }
    switch mode.value {
    case .deny: return word(.deny, mode.place, "denied by the customer")
    case .local: return word(.local, mode.place, "kept on the appliance by the customer's word")
    case .share: return sharedTerms(of: source, mode.place, consent)
    }
  }

  private mutating func sharedTerms(
    of source: DataSource, _ place: Place, _ consent: Consent
  ) -> Agreement.SourceTerms {
    let offer: Offer
    do { offer = try self.offer.get() } catch { return held(because: error) }
    if let problem = disagreement(offer, consent, place) { return held(because: problem) }
    do { acceptance = try accepted(offer, consent) } catch { return held(because: error) }
    guard let agreed = acceptance.offer else {
      return held(because: notAccepted(offer, consent))
    }
    if let change = offer.change(since: agreed, of: source) {
      return held(
        because: FileProblem(
          self.place(change.place), change.problem, expected: remedy(offer, consent)))
    }
    guard let request = offer.requests[source], let agreedRequest = agreed.requests[source] else {
      let whose = offer.requests[source] == nil ? "the offer" : "the revision that was accepted"
      return word(.local, place, "shared by the customer, but \(whose) does not ask for it")
    }
    let resolutions = [
      consent.resolutionsMilliseconds[source]?.value ?? 0, request.resolutionMilliseconds.value,
      agreedRequest.resolutionMilliseconds.value,
    ]
    return Agreement.SourceTerms(
      decision: Decision(
        verdict: .share, rule: FilePlace(file: consentFile, place: place),
        reason: "shared by the customer"),
      isHeld: false, resolutionMilliseconds: resolutions.max())
  }

  /// Worked out once for all sources.
  private mutating func accepted(
    _ offer: Offer, _ consent: Consent
  ) throws(FileProblem) -> Acceptance {
    if case .none = acceptance {} else { return acceptance }
    if let wait { throw wait.reason.problem(wait.ledgerFile, offer) }
    if let kept { return .kept(try kept.get()) }
    return consent.accepts?.value == offer.revision.value
      ? .new(AcceptedOffer(freezing: offer)) : .none
  }

  private func notAccepted(_ offer: Offer, _ consent: Consent) -> FileProblem {
    FileProblem(
      FilePlace(file: consentFile, place: consent.accepts?.place),
      "revision \(consent.accepts?.value ?? 0) of the offer was accepted",
      expected: "the offer at \(place(offer.revision.place)) is revision \(offer.revision.value): "
        + remedy(offer, consent))
  }

  private func remedy(_ offer: Offer, _ consent: Consent) -> String {
    let accepting = "read it, and if you agree: accord consent accept"
    return offer.revision.value == consent.accepts?.value
      ? accepting : accepting + " (or write accepts = \(offer.revision.value))"
  }

  private mutating func held(because problem: FileProblem) -> Agreement.SourceTerms {
    sharingProblem = sharingProblem ?? problem
    return held(problem.at, problem.problem)
  }

  /// Why the two halves do not meet, if they do not.
  private func disagreement(_ offer: Offer, _ consent: Consent, _ sharing: Place) -> FileProblem? {
    func problem(_ place: Place, _ problem: String, _ expected: String) -> FileProblem {
      FileProblem(FilePlace(file: consentFile, place: place), problem, expected: expected)
    }
    guard let supplier = consent.supplier else {
      return problem(
        sharing, "a source is shared, but 'supplier' does not say with whom",
        "expected supplier = \"\(offer.supplier.value)\", as the offer says")
    }
    guard supplier.value == offer.supplier.value else {
      return problem(
        supplier.place, "the consent is for \"\(supplier.value)\"",
        "the offer at \(place(offer.supplier.place)) is from \"\(offer.supplier.value)\": if that is whom you "
          + "agree with, write supplier = \"\(offer.supplier.value)\"")
    }
    guard consent.accepts != nil else {
      return problem(
        sharing, "a source is shared, but 'accepts' does not say which revision of the offer",
        "when the offer has been read and agreed to, write accepts = \(offer.revision.value)")
    }
    return nil
  }

  private func place(_ place: Place) -> FilePlace { FilePlace(file: offerFile, place: place) }

  private func word(_ verdict: Verdict, _ place: Place?, _ reason: String) -> Agreement.SourceTerms
  {
    Agreement.SourceTerms(
      decision: Decision(
        verdict: verdict, rule: FilePlace(file: consentFile, place: place), reason: reason),
      isHeld: false, resolutionMilliseconds: nil)
  }

  private func held(_ at: FilePlace, _ reason: String) -> Agreement.SourceTerms {
    Agreement.SourceTerms(
      decision: Decision(verdict: .deny, rule: at, reason: reason), isHeld: true,
      resolutionMilliseconds: nil)
  }
}

extension LocalDate {
  /// Unix milliseconds of 00:00 UTC.
  var startMilliseconds: Int64 {
    CalendarTime.startOfDay(year: year, month: month, day: day)
  }
}
