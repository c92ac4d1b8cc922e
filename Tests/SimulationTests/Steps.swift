// What may happen to an appliance, at random.

import Glibc
import Recording
import Telemetry
import TestSupport

extension SimulatedAppliance {
  /// Something happens. Most of the time it is time that goes by.
  func step() throws {
    stepCount += 1
    // Nobody looks for ever.
    if Int.random(in: 0..<4, using: &generator) == 0 { reader = nil }
    switch Int.random(in: 0..<100, using: &generator) {
    case 0..<36: try pass(ticks: .random(in: 1...4, using: &generator))
    case 36..<42: try pass(ticks: .random(in: 6...14, using: &generator))
    case 42..<60: try editConsent()
    case 60..<68:
      try editOffer()
      // Before the agent has looked.
      if Bool.random(using: &generator) { try deliver() }
    case 68..<82: try deliver()
    case 82..<85: try restart()
    case 85..<87:
      note("reboot")
      try reboot(stopping: .random(using: &generator))
    case 87..<90: turnClock()
    case 90..<92: changeMachine()
    case 92..<94: try haveSecondThoughts()
    case 94..<96:
      note("the power goes out")
      if Bool.random(using: &generator) {
        try cutPower { try tick() }
      } else {
        try cutPower { try deliver() }
      }
    case 96: bringBackOldConsent()
    case 97..<99:
      reader =
        reader == nil
        ? try? Reader(Bool.random(using: &generator) ? state.spool : state.history) : nil
      note("somebody reads: \(reader != nil)")
    default:
      try accept()
      try deliver()
    }
  }

  func note(_ text: String) { steps.append(text) }

  private func pass(ticks: Int) throws {
    note("\(ticks) ticks from \(clock.boot!) \(clock.bootTimeMilliseconds)")
    for _ in 0..<ticks { try tick() }
  }

  /// An edit that does not stand for as long as a seal takes.
  private func haveSecondThoughts() throws {
    guard agent != nil else { return }
    let (consent, offer) = (model.consent, model.offer)
    if Bool.random(using: &generator) { try editConsent() } else { try editOffer() }
    try pass(ticks: .random(in: 1...2, using: &generator))
    (model.consent, model.offer) = (consent, offer)
    writeConsent()
    writeOffer()
    note("both files as they were before")
  }

  private func restart() throws {
    let isStopping = Bool.random(using: &generator)
    note(isStopping ? "stop and start" : "crash and start")
    reader = nil
    try end(stopping: isStopping)
    if Int.random(in: 0..<4, using: &generator) == 0 { try editConsent() }
    if Int.random(in: 0..<4, using: &generator) == 0 { try deliver() }
    if isStopping, Bool.random(using: &generator) { try disaster() }
    if Bool.random(using: &generator) {
      clock.advance(.random(in: 1_000...90_000, using: &generator))
    }
    try start()
  }

  private func turnClock() {
    let hours = Int64.random(in: -60...60, using: &generator)
    clock.offsetMilliseconds += hours * 3_600_000
    clock.isSynchronised = Int.random(in: 0..<3, using: &generator) > 0
    note("the wall clock jumps \(hours) h, synchronised: \(clock.isSynchronised)")
  }

  private func changeMachine() {
    switch Int.random(in: 0..<4, using: &generator) {
    case 0:
      machine.isSecondInterfaceThere.toggle()
      note("ethcanary1 is there: \(machine.isSecondInterfaceThere)")
    case 1, 2:
      let file = ["/proc/stat", "/proc/net/dev"].randomElement(using: &generator)!
      if machine.brokenFiles.remove(file) == nil { machine.brokenFiles.insert(file) }
      note("broken: \(machine.brokenFiles.sorted())")
    default:
      machine.fall(&generator)
      note("counters fall")
    }
  }

  private func deliver() throws {
    wire.answer =
      Int.random(in: 0..<3, using: &generator) > 0
      ? .accepts : Wire.Answer.allCases.randomElement(using: &generator)!
    if Int.random(in: 0..<3, using: &generator) == 0 {
      wire.meanwhile = { appliance in
        if Bool.random(using: &appliance.generator) {
          try appliance.editConsent()
        } else {
          try appliance.editOffer()
        }
        // What is sealed while the power fails may never have been.
        if !appliance.isPowerFailing, Bool.random(using: &appliance.generator) {
          try appliance.tick()
        }
      }
    }
    note("upload, the receiver \(wire.answer)")
    try upload()
    wire.meanwhile = nil
  }
}

// MARK: the customer and the supplier

extension SimulatedAppliance {
  private func pick<Value>(_ values: [Value]) -> Value { values.randomElement(using: &generator)! }

  func editConsent() throws {
    var file = model.consent
    let isIdle = model.judge(clock.wallTimeMilliseconds).recipients.count < 2
    switch isIdle && Bool.random(using: &generator) ? 0 : Int.random(in: 0..<14, using: &generator)
    {
    case 0..<4:
      // Somebody mends it.
      if model.memory.waits { try accept() }
      file = HalfFile(half: ConsentHalf())
      file.half.supplier = model.offer.half.supplier
      file.half.accepts = model.offer.half.revision
      if Bool.random(using: &generator) {
        file.half.withheld = model.consent.half.withheld
        file.half.redactions = model.consent.half.redactions
      }
    case 4..<7:
      file.half.modes[pick([.product, .environment])] = pick([.deny, .local, .share, .share])
    case 7:
      file.half.modes[pick(DataSource.allCases)] = pick([nil, .deny, .share])
    case 8:
      let pattern = pick(["system.cpu.*", "system.network.*", "system.cpu.time", "os.name", "*"])
      if file.half.withheld.contains(pattern) {
        file.half.withheld.removeAll { $0 == pattern }
      } else if file.half.withheld.count < 2 {
        file.half.withheld.append(pattern)
      }
    case 9:
      let key = pick([
        "network.interface.name", "system.device", "cpu.mode", "os.name", "host.name",
      ])
      file.half.redactions[key] = pick([nil, nil, "keep", "hash", "drop"])
    case 10:
      file.half.resolutionSeconds[pick([.product, .environment])] = pick([nil, nil, 10, 20, 30, 60])
    case 11:
      let today = clock.wallTimeMilliseconds / 86_400_000
      file.half.untilDay = pick([nil, today - 1, today, today + 1, today + 400])
    case 12:
      file.half.accepts = pick([nil, model.offer.half.revision, model.offer.half.revision - 1])
      file.half.supplier = pick([
        nil, "Somebody Else", "Example Devices Ltd", "Example Devices Ltd",
      ])
    default:
      file.flaw = pick([nil] + Flaw.allCases)
      file.isMissing = Int.random(in: 0..<4, using: &generator) == 0
    }
    model.consent = file
    writeConsent()
    note("consent: \(Self.shown(file))")
  }

  func editOffer() throws {
    var file = model.offer
    let source: DataSource = pick([.product, .environment])
    let isNew = Bool.random(using: &generator)
    if Int.random(in: 0..<4, using: &generator) == 0, oldOffers.count > 1 {
      bringBackOldOffer(pick(oldOffers))
      return
    }
    let isSound = file.believed != nil && file.half.requests.count == 2
    switch isSound ? Int.random(in: 0..<10, using: &generator) : 0 {
    case 0..<3:
      file = HalfFile(half: OfferHalf())
      file.half.revision = model.offer.half.revision
    case 3:
      file.half.requests[source]?.signals = pick([
        ["*"], ["system.*"], ["os.*", "system.uptime", "host.name"], ["system.cpu.*"],
        ["system.network.*"],
      ])
    case 4: file.half.requests[source]?.resolutionSeconds = pick([10, 20, 30])
    case 5: file.half.requests[source]?.purpose = pick(["faults", "sales"])
    case 6: file.half.requests[source]?.retentionDays = pick([10, 30, 90])
    case 7:
      file.half.requests[.environment]?.extremes = pick([
        [], ["system.cpu.load_average.1m"], ["system.cpu.*"],
      ])
    case 8:
      if file.half.requests.removeValue(forKey: source) == nil {
        file.half.requests[source] = OfferHalf().requests[source]
      }
    default:
      file.flaw = pick([nil] + Flaw.allCases)
      file.isMissing = Int.random(in: 0..<4, using: &generator) == 0
    }
    if isNew {
      file.half.revision += 1
      if Int.random(in: 0..<3, using: &generator) == 0 {
        file.half.endpoint = pick(["https://a.example:4318", "https://b.example:4318"])
      }
    }
    model.offer = file
    writeOffer()
    note("offer: \(Self.shown(file))")
    if isNew, Bool.random(using: &generator), model.consent.half.accepts != nil {
      model.consent.half.accepts = file.half.revision
      writeConsent()
      note("consent: accepts \(file.half.revision)")
    }
  }

  private static func shown<Half>(_ file: HalfFile<Half>) -> String {
    if file.isMissing { return "missing" }
    let flaw = file.flaw.map { "\($0) " } ?? ""
    let half =
      (file.half as? ConsentHalf)?.text ?? (file.half as? OfferHalf)?.text ?? "\(file.half)"
    return flaw + half.replacing("\n", with: "; ")
  }
}
