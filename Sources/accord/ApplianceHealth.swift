// What is wrong with this appliance and its agent, as `accord status`, `report` and `dump` say it: the values that the
// rules of Health look at, gathered from the status, one look at the machine and the last hour of the history.

internal import Configuration
internal import Delivery
internal import Diagnostics
internal import Handshake
internal import Health
internal import Linux
internal import Recording
internal import TOML
internal import Telemetry

enum ApplianceHealth {
  /// The worst first.
  static func findings(_ status: ApplianceStatus, kernelRoot: String) -> [HealthFinding] {
    var facts = HealthFacts()
    facts.machine = MachineLook.facts(status, kernelRoot: kernelRoot)
    facts.agent = status.agentFacts
    facts.clock = status.clockFacts
    facts.agreement = status.agreementFacts
    facts.recording = status.recordingFacts(
      isRunningMachine: KernelRoot(kernelRoot).isRunningKernel)
    facts.delivery = status.deliveryFacts
    return HealthCheck.findings(facts)
  }
}

extension ApplianceStatus {
  // MARK: the agent

  fileprivate var agentFacts: AgentFacts {
    var facts = AgentFacts()
    facts.isService = systemd.isPresent
    facts.isMasked = units?.unit(SystemdUnits.daemon)?.isMasked ?? false
    facts.prefix = locations.isSystem ? "/" : locations.prefix
    facts.failedUnits = units?.ownFailed ?? []
    facts.startFailure = startFailure
    guard let daemon else {
      facts.state = hasRunBefore ? .notSinceStart : .neverRan
      return facts
    }
    let last = CalendarTime.rfc3339(milliseconds: daemon.lastTickMs)
    if !daemon.isRunning {
      facts.state = .stopped(at: last)
    } else if !daemon.isProcessAlive {
      facts.state = .died(lastTick: last)
    } else if !daemon.isAlive(clock) {
      facts.state = .late(byMilliseconds: daemon.sinceLastTickMilliseconds(clock))
    }
    facts.intervalMilliseconds = daemon.intervalMs
    (facts.ticks, facts.missedTicks) = (daemon.ticks, daemon.missedTicks)
    facts.failedProbes = daemon.probes.filter { $0.outcome == "failed" }.map(\.file)
    return facts
  }

  // MARK: the clock

  fileprivate var clockFacts: ClockFacts {
    var facts = ClockFacts()
    facts.wallMilliseconds = clock.wallTimeMilliseconds
    facts.wallText = CalendarTime.rfc3339(milliseconds: clock.wallTimeMilliseconds)
    (facts.isSynchronised, facts.isTrusted) = (clock.isSynchronised, isTimeTrusted)
    facts.isWaitedFor = agreement.sharesSomething
    let directory = StateDirectory(locations.state)
    if let moment = (try? Ledger.trustedMoment(directory)) ?? nil {
      facts.vouchedMilliseconds = moment.unixMilliseconds
      facts.vouchedText = CalendarTime.rfc3339(milliseconds: moment.unixMilliseconds)
    }
    if let ledger = (try? Ledger.openForReading(directory)) ?? nil {
      let dayAgo = clock.wallTimeMilliseconds - 86_400_000
      // More than a day's rows; by their time they are not to be found without reading them all.
      try? ledger.forEachRow(limit: 500) { row in
        guard row.kind == Ledger.Event.clockStep.rawValue, row.atMilliseconds >= dayAgo,
          let step = LedgerDetail(row.detail)?.number("by_ms"),
          step.magnitude > facts.stepMilliseconds.magnitude
        else { return }
        facts.stepMilliseconds = step
        facts.stepTime = CalendarTime.rfc3339(milliseconds: row.atMilliseconds)
      }
    }
    return facts
  }

  // MARK: the agreement

  fileprivate var agreementFacts: AgreementFacts {
    var facts = AgreementFacts()
    facts.settingsProblem = settingsProblem
    facts.consentFile = agreement.consentFile
    facts.hasConsent = agreement.standing != .none
    facts.holdsRecords = holdsAnything
    if let problem = agreement.problems.first {
      facts.problem = AgreementFacts.Problem(
        sentence: sentence(problem), remedy: problem.expected, consequence: agreement.untilMended)
    }
    facts.offerFault = agreement.offerFault.map { (sentence($0), $0.expected) }
    if agreement.standing == .inForce, let until = agreement.consent?.until?.value {
      let end = CalendarTime.startOfDay(year: until.year, month: until.month, day: until.day)
      facts.endDay = "\(until)"
      facts.endsInDays = max(0, (end - clock.wallTimeMilliseconds) / 86_400_000)
    }
    facts.waiting = waitingOffer
    return facts
  }

  /// The problem and its place.
  private func sentence(_ problem: FileProblem) -> String {
    let column = problem.at.place.map { ":\($0.column)" } ?? ""
    return "\(problem.at)\(column): \(problem.problem)"
  }

  /// An offer that nobody has agreed to: none was accepted, or another revision than this one.
  var waitingOffer: AgreementFacts.Waiting? {
    guard let offer = agreement.offer else { return nil }
    if case .held = agreement.standing { return nil }
    let (supplier, revision) = (offer.supplier.value, offer.revision.value)
    guard let accepts = agreement.consent?.accepts?.value else {
      guard [nil, supplier].contains(agreement.consent?.supplier?.value) else { return nil }
      return AgreementFacts.Waiting(supplier: supplier, revision: revision, differences: nil)
    }
    guard accepts != revision, agreement.consent?.supplier?.value == supplier else { return nil }
    let text = OfferText(offer, accepted: AcceptedOffer.latest(agreement, locations))
    return AgreementFacts.Waiting(
      supplier: supplier, revision: revision, differences: text.differences)
  }

  // MARK: the records

  fileprivate func recordingFacts(isRunningMachine: Bool) -> RecordingFacts {
    var facts = RecordingFacts()
    facts.disk = OwnDisk.facts(locations, isRunningMachine: isRunningMachine)
    facts.problem = daemon?.recordingProblem
    facts.deletionProblem = daemon?.deletionProblem
    facts.deletionsOwed = DataSource.allCases.flatMap { source in
      deletions(of: source).filter { $0.deletion.doneMilliseconds == nil }.map {
        "\($0.deletion.extent) of \(source.name) from the \($0.database)"
      }
    }
    facts.setAside = setAside
    facts.unreadable = problems.filter { $0 != settingsProblem }
    facts.readingsLost = (daemon?.readingsLostHistory ?? 0) + (daemon?.readingsLostSpool ?? 0)
    return facts
  }

  private var setAside: [RecordingFacts.SetAside] {
    StateDirectory(locations.state).databases.flatMap { path in
      (1...Limits.setAsideFilesMax).compactMap { number in
        let file = "\(path).damaged-\(number)"
        guard let state = (try? FileState.of(file)) ?? nil else { return nil }
        return RecordingFacts.SetAside(
          database: Output.fileName(path), path: file,
          time: CalendarTime.rfc3339(milliseconds: state.changedNanoseconds / 1_000_000))
      }
    }
  }

  // MARK: the delivery

  fileprivate var deliveryFacts: DeliveryFacts {
    var facts = DeliveryFacts()
    facts.isSharing = agreement.sharesSomething
    facts.refusedBatches = spoolTotal(.refused).batches
    (facts.acceptedReadings, facts.rejectedReadings) = acceptedReadings
    facts.obstacle = units?.uploadObstacle.map { .init(unit: $0.name, isMasked: $0.isMasked) }
    let now = clock.wallTimeMilliseconds
    if let lastFailure {
      facts.failure = DeliveryFacts.Failure(
        layer: FailedLayer(ofReason: lastFailure).rawValue, reason: lastFailure,
        forMilliseconds: failingSinceMilliseconds.map { max(0, now - $0) },
        lastAccepted: lastAcceptedMilliseconds.map { CalendarTime.rfc3339(milliseconds: $0) })
    }
    if let oldest {
      let pending = (spool?.totals ?? []).filter { $0.state == .pending }
      facts.backlog = DeliveryFacts.Backlog(
        batches: spoolTotal(.pending).batches, bytes: spoolTotal(.pending).bytes,
        quotaBytes: settings.spoolQuotaBytes,
        ageMilliseconds: isTimeTrusted && oldest.isTimeTrusted
          ? max(0, now - oldest.firstMilliseconds) : nil,
        oldest: CalendarTime.rfc3339(milliseconds: oldest.firstMilliseconds),
        firstEvicted: (pending.map(\.source).max { $0.rawValue < $1.rawValue } ?? oldest.source)
          .name)
    }
    return facts
  }
}
