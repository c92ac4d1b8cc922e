// What happens when the agreement becomes another one.
//
// The gates follow at once, whatever else fails. Then the readings in memory are sealed as far as the new
// agreement still allows (never the other way round: agents that flush first send what was just revoked),
// and only then does the new one begin. When the disk refuses, nothing is sampled until the change could be
// written down, and the next tick tries again.

internal import Configuration
internal import Digest
internal import Handshake
internal import JSON
internal import Linux
internal import Recording
internal import SQLite
internal import Telemetry

extension Agent {
  mutating func lookAtAgreement(_ now: Int64) {
    let latest = TrustedMoment.latest(
      of: trustedMoment, wallMilliseconds: clock.wallTimeMilliseconds, boot: boot,
      bootTimeMilliseconds: now)
    if watch.refresh(bootTimeMilliseconds: now, nowMilliseconds: latest) {
      readHashKey()
      beginAnew()
      revocation.followsAnEdit = ticks > 1
      work = describeWork()
      announce()
    }
    if !isAgreementApplied { applyAgreement() }
  }

  /// Puts the gates in order, and ends what was gathered under the old ones.
  mutating func beginAnew() {
    gate.admit(watch.agreement, hashing: hashing.key)
    // Sealed under the new gates and still named after the agreement under which they were taken.
    seal()
    history.begin()
    spool.begin(watch.agreement, grants: [])
    hasOpenGrants = false
    isAgreementApplied = false
  }

  /// Writes the agreement down and brings the grants in line with it.
  private mutating func applyAgreement() {
    let agreement = watch.agreement
    let time = clock.wallTimeMilliseconds
    do throws(SQLiteError) {
      // Rule 3: before anything is shared under an acceptance, what was accepted is on the disk.
      if case .new(let accepted) = agreement.acceptance {
        guard keep(accepted, time) else { return }
      }
      if watch.takesBack, agreement.standing == .inForce {
        try ledger.noteRevocation(consentModifiedNanoseconds: watch.consentModifiedNanoseconds)
      }
      let new = try ledger.fingerprint(of: agreement) { Random.bytes(32) }
      ledger.agreement = new
      let changes = try spool.settleGrants(by: agreement, nowMilliseconds: time)
      if new != fingerprint { try record(agreement, time) }
      for change in changes { try record(change, time) }
      let grants = try spool.openGrants()
      if !grants.isEmpty { try makeIdentity(time) }
      try Pair.remember(ledger, spool, machineFile: locations.machineFile)
      spool.begin(agreement, grants: grants)
      hasOpenGrants = !grants.isEmpty
      fingerprint = new
      isAgreementApplied = true
      guard agreementProblem != nil else { return }
      agreementProblem = nil
      log.notice("the agreement is written down; what it allows is sampled again")
    } catch {
      // A full disk must not keep a narrower agreement from being followed by deletion.
      if error.kind == .noSpace, releaseReserve() {
        applyAgreement()
        keepReserve()
        return
      }
      let problem = "\(RecordingError.database(error))"
      if problem != agreementProblem {
        log.error("\(problem); nothing is sampled until the agreement can be written down")
        agreementProblem = problem
      }
      replaceDamagedDatabase(error)
    }
  }

  private mutating func keep(_ accepted: AcceptedOffer, _ time: Int64) -> Bool {
    do throws(RecordingError) {
      try ledger.accept(
        accepted, consentModifiedNanoseconds: watch.consentModifiedNanoseconds, in: state,
        atMilliseconds: time)
      watch.readAgain()
      return true
    } catch {
      let problem = "what was accepted cannot be kept: \(error)"
      if problem != agreementProblem {
        log.error("\(problem); nothing is sampled until the agreement can be written down")
        agreementProblem = problem
      }
      if case .database(let cause) = error { replaceDamagedDatabase(cause) }
      return false
    }
  }

  private func record(_ agreement: Agreement, _ time: Int64) throws(SQLiteError) {
    let fingerprint = Hexadecimal.text(ledger.agreement)
    // Asked first: names that were erased do not come back with a start.
    guard try !ledger.hasTold(.agreement, fingerprint) else { return }
    let names = try nameDigests(agreement)
    try ledger.append(.agreementChanged, about: .agreement, fingerprint, atMilliseconds: time) {
      detail in
      detail.member("standing", agreement.standing.name)
      let (offered, accepted) = agreement.revisions
      if let offered { detail.member("revision", offered) }
      if let accepted { detail.member("accepts", accepted) }
      for (key, digest) in names { detail.member(key, digest) }
      for source in DataSource.allCases {
        detail.member(source.name, agreement.terms(of: source).decision.verdict.name)
      }
    }
  }

  private func record(_ change: GrantChange, _ time: Int64) throws(SQLiteError) {
    let (event, grant): (Ledger.Event, Grant) =
      switch change {
      case .opened(let grant): (.grantOpened, grant)
      case .closed(let grant): (.grantClosed, grant)
      }
    if event == .grantClosed, watch.agreement.grantIntent(for: grant.source) == .close {
      try ledger.noteRevocation(consentModifiedNanoseconds: watch.consentModifiedNanoseconds)
    }
    let supplier = try ledger.digest(ofName: grant.recipient.supplier)
    let endpoint = try ledger.digest(ofName: grant.recipient.endpoint)
    try ledger.append(event, atMilliseconds: time) { detail in
      detail.member("grant", grant.id)
      detail.member("source", grant.source.name)
      detail.member("supplier", supplier)
      detail.member("endpoint", endpoint)
    }
  }

  private func makeIdentity(_ time: Int64) throws(SQLiteError) {
    let isKnown = try ledger.knowsPseudonym()
    do {
      guard try Identity.create(state, isKnown: isKnown) else { return }
    } catch {
      log.error("\(error); nothing can be sent without a pseudonym")
      return
    }
    try ledger.append(.identityCreated, atMilliseconds: time) { _ in }
  }

  /// One line that says what is in force now, and what to do when something is wrong.
  private func announce() {
    let agreement = watch.agreement
    if let complaint = agreement.complaint { log.error(complaint) }
    let sources = agreement.sourcesInForce
    let kept = sources.isEmpty ? "nothing is sampled" : sources
    switch agreement.standing {
    case .none: log.notice("there is no consent at \(locations.consent): nothing is sampled")
    case .held: break
    case .inForce:
      log.notice(
        "agreement in force: \(kept)"
          + (agreement.offerProblem == nil || agreement.sharesSomething
            ? "" : "; nothing is shared"))
    }
  }
}
