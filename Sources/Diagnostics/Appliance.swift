// What can be looked at without contacting anybody: units, clock, disk, the offer and the agreement.

internal import Configuration
internal import Handshake
internal import Health
internal import Linux
internal import Recording
internal import TOML
internal import Telemetry

extension Diagnosis {
  // MARK: units

  mutating func lookAtUnits(_ locations: Locations, _ answer: SystemdAnswer) {
    let units: SystemdUnits
    switch answer {
    case .units(let answered): units = answered
    case .silent(let silence): return add(.units, .warning, silence.sentence)
    case .absent:
      let reason =
        locations.isSystem ? "there is no systemd here" : "below a prefix there are no units"
      return add(.units, .notTried, reason)
    }
    let daemon = units.unit(SystemdUnits.daemon)
    if let daemon, daemon.isMasked {
      return add(
        .units, .failed,
        "\(SystemdUnits.daemon) is masked, so it does not start: \(AgentFacts.unmasking)")
    }
    guard let daemon, daemon.isActive else {
      let reason = KernelAttribute.text(locations.failureFile).map { ": \($0)" } ?? ""
      return add(
        .units, .failed,
        "\(SystemdUnits.daemon) is \(daemon?.state ?? "not there")\(reason); see journalctl -u accordd, then: "
          + "systemctl restart accordd")
    }
    if let unit = units.uploadObstacle {
      let remedy =
        "\(unit.isMasked ? "systemctl unmask \(unit.name) && " : "")systemctl restart accordd"
      return add(
        .units, .failed,
        "\(unit.name) is \(unit.stoppedText), so nothing is uploaded: \(remedy)"
      )
    }
    if units.ownFailed.contains(SystemdUnits.upload) {
      return add(
        .units, .warning,
        "the last run of \(SystemdUnits.upload) failed: systemctl status \(SystemdUnits.upload)")
    }
    if daemon.enablement == "disabled" {
      return add(
        .units, .warning,
        "\(SystemdUnits.daemon) runs, but is not started with the machine: systemctl enable accordd"
      )
    }
    let next = units.unit(SystemdUnits.timer)?.nextElapseMilliseconds.map {
      "; the next upload is at \(CalendarTime.rfc3339(milliseconds: $0))"
    }
    add(.units, .ok, "\(SystemdUnits.daemon) and \(SystemdUnits.timer) are active\(next ?? "")")
  }

  // MARK: the clock

  mutating func lookAt(_ clock: any Clock, _ moment: TrustedMoment?) {
    let wall = clock.wallTimeMilliseconds
    let now = CalendarTime.rfc3339(milliseconds: wall)
    if wall < Thresholds.earliestUnixMilliseconds {
      return add(
        .clock, .failed,
        "\(now) cannot be, and no certificate is valid then: set this machine's clock, and switch NTP on"
      )
    }
    if let moment, moment.unixMilliseconds > wall + Thresholds.clockBehindMilliseconds {
      let vouched = CalendarTime.rfc3339(milliseconds: moment.unixMilliseconds)
      return add(
        .clock, .warning,
        "\(now) is before \(vouched), when the time was last vouched for: set this machine's clock")
    }
    if clock.isSynchronised { return add(.clock, .ok, "\(now), synchronised") }
    add(
      .clock, .warning,
      "\(now), not synchronised: switch NTP on, or the receiver's answer tells the time")
  }

  // MARK: the disk

  mutating func lookAtDisk(_ locations: Locations) {
    guard let disk = OwnDisk.facts(locations, isRunningMachine: false) else {
      return add(
        .disk, .warning, "there is no \(locations.state) yet: accordd makes it when it starts")
    }
    var facts = RecordingFacts()
    facts.disk = disk
    if let finding = facts.diskFindings.first {
      return add(
        .disk, finding.level == .critical ? .failed : .warning,
        "\(finding.sentence); \(finding.remedy)")
    }
    if let problem = OwnDisk.problem(withConfiguration: locations.configuration) {
      return add(
        .disk, .warning,
        "\(locations.configuration) \(problem), so the agreement is lost with the next start: put it on a partition "
          + "that stays")
    }
    if let problem = Self.unreadableRecord(StateDirectory(locations.state)) {
      return add(.disk, .failed, problem)
    }
    let inodes = disk.freeInodes.map { ", \(Phrase.count($0)) inodes" } ?? ""
    add(
      .disk, .ok,
      "\(Phrase.size(Double(disk.freeBytes)))\(inodes) are free for \(locations.state), and \(locations.configuration) stays"
    )
  }

  /// Why an upload cannot work with what is kept, nil when it can.
  private static func unreadableRecord(_ state: StateDirectory) -> String? {
    do {
      if let outbox = try Outbox.open(state) { _ = try RecordSummary.ofSpool(outbox) }
      _ = try Ledger.extent(state)
      return nil
    } catch { return "\(error)" }
  }

  // MARK: the offer and the agreement

  mutating func lookAtOffer(_ agreement: Agreement) {
    guard let offer = agreement.offer else {
      if let problem = agreement.offerFault ?? agreement.offerProblem {
        return add(.offer, .warning, "\(problem)")
      }
      return add(
        .offer, .ok, "there is none at \(agreement.offerFile): only what is shared needs one")
    }
    let (revision, supplier) = (offer.revision.value, offer.supplier.value)
    let accepting = "read it, and if you agree: accord consent accept"
    if case .held = agreement.standing, agreement.consent == nil {
      let place = "the consent, which says what was accepted, cannot be read"
      return add(.offer, .ok, "revision \(revision) of \(supplier); \(place)")
    }
    guard let accepts = agreement.consent?.accepts?.value else {
      return add(
        .offer, .warning,
        "\(supplier) offers revision \(revision), and nothing was accepted: \(accepting)")
    }
    if accepts != revision {
      return add(
        .offer, .warning,
        "\(supplier) offers revision \(revision), and revision \(accepts) was accepted: \(accepting)"
      )
    }
    if let problem = agreement.offerProblem { return add(.offer, .warning, "\(problem)") }
    add(.offer, .ok, "revision \(revision) of \(supplier), as it was accepted")
  }

  /// Returns whether to go on.
  mutating func lookAt(_ agreement: Agreement, _ contact: Contact) -> Bool {
    let shared = DataSource.allCases.filter { agreement.terms(of: $0).decision.verdict == .share }
    hasAgreement =
      agreement.standing == .inForce && (agreement.offerProblem == nil || !shared.isEmpty)
    if hasAgreement, !shared.isEmpty {
      let supplier = agreement.offer?.recipient.supplier ?? ""
      let gets = "\(supplier) gets \(shared.map(\.name).joined(separator: ", "))"
      let problem = agreement.offerProblem.map { "; the rest is held: \($0)" }
      add(.agreement, problem == nil ? .ok : .warning, gets + (problem ?? ""))
      return contact != .never
    }
    let goesOn = contact == .always && agreement.offer != nil
    let reason =
      hasAgreement
      ? "no source is shared"
      : agreement.problems.first?.description ?? "there is no consent at \(agreement.consentFile)"
    let outcome = goesOn ? "the offer's receiver is contacted as you asked" : "nobody is contacted"
    add(.agreement, hasAgreement ? .warning : .failed, "\(reason); \(outcome)")
    return goesOn
  }
}
