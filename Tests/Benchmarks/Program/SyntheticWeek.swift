// A week of an appliance that never was, in the very files of one: both halves of the agreement, history, spool, ledger. For
// looking at `accord report` and `accord dump`, and for measuring them. It ends now, and begins seven days before.
//
// What happens: a reboot in the third day, a clock that is set, a delivery that does not get through for a night, an
// afternoon without a fan, three hours without accordd, a new word of the customer's.

import Configuration
import Daemon
import Handshake
import JSON
import Linux
import Recording
import Telemetry

enum SyntheticWeek {
  static func write(_ locations: Locations) throws {
    try writeAgreement(locations)
    let now = SystemClock().wallTimeMilliseconds
    let clock = WeekClock(wallTimeMilliseconds: now - 7 * WeekClock.day)
    // The agent itself takes note of the agreement, opens the grants and begins the databases.
    var agent = try Agent.start(
      locations, kernelRoot: KernelRoot(locations.prefix), settings: Settings(), clock: clock,
      log: .standardError)
    agent.tick()
    _ = agent.stop()
    _ = consume agent
    let recorder = try WeekRecorder(locations, clock)
    try recorder.live(until: now)
  }

  private static func writeAgreement(_ locations: Locations) throws {
    try Directory.create(locations.configuration, mode: 0o755)
    for (path, text) in [(locations.offer, offer), (locations.consent, consent)] {
      try AtomicFile.replace(path, with: Array(text.utf8), mode: 0o644, durability: .volatile)
    }
  }

  private static let offer = """
    schema = 1
    supplier = "Example Devices Ltd"
    revision = 2
    contact = "privacy@example.com"
    [delivery]
    endpoint = "https://telemetry.example.com:4318"
    [product]
    purpose = "Tell you about faults and updates before they hurt"
    benefit = "Proactive replacement of worn parts"
    retention = "400 days"
    resolution = "15min"
    signals = ["os.*", "device.*", "accord.*", "host.arch", "system.uptime"]
    [environment]
    purpose = "Recognise overheating, full disks and bad power"
    benefit = "A yearly site-health report"
    retention = "90 days"
    resolution = "60s"
    signals = ["system.*", "accord.*", "hw.*"]
    """

  private static let consent = """
    schema = 1
    supplier = "Example Devices Ltd"
    accepts = 2
    accepted_by = "IT operations"
    accepted_on = 2026-11-21
    [sources]
    product = "share"
    environment = "share"
    """

  static let facts: [DataSource: [Fact]] = [
    .product: [
      Fact(Catalog.osName, "Debian GNU/Linux"),
      Fact(Catalog.osDescription, "Debian GNU/Linux 12 (bookworm)"),
      Fact(Catalog.osBuildID, "2026-11-01"), Fact(Catalog.kernelRelease, "6.1.0-28-amd64"),
      Fact(Catalog.hostArchitecture, "x86_64"),
      Fact(Catalog.deviceManufacturer, "Example Devices"),
      Fact(Catalog.deviceModelName, "Line Controller LC-440"),
    ]
  ]
}

/// A clock that stands until it is told to go on, on a machine that can be started again.
final class WeekClock: Clock {
  static let day: Int64 = 86_400_000

  var wallTimeMilliseconds: Int64
  private(set) var bootTimeMilliseconds: Int64 = 3_600_000
  private var boots = 1
  let isSynchronised = true

  init(wallTimeMilliseconds: Int64) { self.wallTimeMilliseconds = wallTimeMilliseconds }

  func bootID() throws(SystemError) -> String { boot }
  var boot: String { "00000000-0000-4000-8000-00000000000\(boots)" }

  func advance(_ milliseconds: Int64) {
    wallTimeMilliseconds += milliseconds
    bootTimeMilliseconds += milliseconds
  }

  func reboot(afterMilliseconds time: Int64) {
    wallTimeMilliseconds += time
    bootTimeMilliseconds = 24_000
    boots += 1
  }

  func set(byMilliseconds step: Int64) { wallTimeMilliseconds += step }
}

private final class WeekRecorder {
  private static let tick: Int64 = 10_000
  private static let seal: Int64 = 60_000
  private static let minute: Int64 = 60_000
  private static let hour: Int64 = 3_600_000

  private let clock: WeekClock
  private let begin: Int64
  private let directory: StateDirectory
  private let agreement: Agreement
  private let fingerprint: [UInt8]
  private var history: History
  private var spool: Spool
  private let ledger: Ledger
  private var gate = Gate()
  private var sample = Sample()
  private var machine = SyntheticMachine()
  private var nextDelivery: Int64

  init(_ locations: Locations, _ clock: WeekClock) throws {
    self.clock = clock
    begin = clock.wallTimeMilliseconds
    nextDelivery = begin + 7 * Self.minute
    directory = StateDirectory(locations.state)
    var watch = AgreementWatch(
      consentPath: locations.consent, offerPath: locations.offer,
      record: directory.acceptanceRecord, trusting: TrustedOwners(prefix: locations.prefix))
    _ = watch.refresh(
      bootTimeMilliseconds: clock.bootTimeMilliseconds, nowMilliseconds: clock.wallTimeMilliseconds)
    agreement = watch.agreement
    history = try History.open(directory, quotaBytes: 64 << 20, rowsPerSeal: 6)
    spool = try Spool.open(directory, quotaBytes: 64 << 20, tickMilliseconds: Self.tick)
    var ledger = try Ledger.open(directory, busyMilliseconds: 1_000)
    fingerprint = try ledger.fingerprint(of: agreement) { Random.bytes(32) }
    ledger.agreement = fingerprint
    self.ledger = ledger
    spool.begin(agreement, grants: try spool.openGrants())
    gate.admit(agreement)
  }

  func live(until end: Int64) throws {
    var events: [(at: Int64, what: Event)] = [
      (begin + 26 * Self.hour, .clockSet), (begin + 57 * Self.hour, .reboot),
      (begin + 73 * Self.hour, .agreement), (begin + 129 * Self.hour, .stop),
    ]
    var lastSeal = clock.bootTimeMilliseconds
    while clock.wallTimeMilliseconds + Self.tick <= end {
      clock.advance(Self.tick)
      if let next = events.first, next.at <= clock.wallTimeMilliseconds {
        try carryOut(next.what)
        events.removeFirst()
        lastSeal = clock.bootTimeMilliseconds
      }
      takeSample()
      if clock.bootTimeMilliseconds - lastSeal >= Self.seal {
        try sealAll()
        lastSeal = clock.bootTimeMilliseconds
      }
      if clock.wallTimeMilliseconds >= nextDelivery { try deliver() }
    }
    try sealAll()
  }

  private enum Event { case clockSet, reboot, agreement, stop }

  private func carryOut(_ event: Event) throws {
    try sealAll()
    let time = clock.wallTimeMilliseconds
    switch event {
    case .clockSet:
      clock.set(byMilliseconds: 4_000)
      try ledger.append(.clockStep, atMilliseconds: time) { $0.member("by_ms", Int64(4_000)) }
    case .reboot:
      clock.reboot(afterMilliseconds: 95_000)
      machine.reboot()
      history.begin()
      spool.begin(agreement, grants: try spool.openGrants())
    case .agreement:
      try ledger.append(.agreementChanged, atMilliseconds: time) { detail in
        detail.member("standing", "in-force")
        detail.member("product", "share")
        detail.member("environment", "share")
      }
    case .stop: clock.advance(3 * Self.hour + 4_321)
    }
  }

  private func takeSample() {
    sample.begin(atBootTimeMilliseconds: clock.bootTimeMilliseconds)
    let time = clock.wallTimeMilliseconds
    machine.read(
      SyntheticMachine.Moment(
        days: Double(time - begin) / Double(WeekClock.day),
        hour: Double(time % WeekClock.day) / Double(Self.hour),
        stepSeconds: Double(Self.tick) / 1000), into: &sample)
    gate.permit(sample)
    history.append(gate.permitted)
    let agreement = agreement
    spool.append(gate.permitted) { agreement.asksForExtremes(of: $0) }
  }

  private func sealAll() throws {
    let context = BatchContext(
      boot: clock.boot,
      offsetMilliseconds: clock.wallTimeMilliseconds - clock.bootTimeMilliseconds,
      isSynchronised: true, fingerprint: fingerprint)
    let agreement = agreement
    try history.seal(context, facts: SyntheticWeek.facts) {
      agreement.stillAllows($0, atLeast: .local)
    }
    try spool.seal(context, facts: SyntheticWeek.facts) {
      agreement.stillAllows($0, atLeast: .share)
    }
  }

  /// Every 15 minutes; for a night the receiver does not answer, and the pauses grow.
  private func deliver() throws {
    let time = clock.wallTimeMilliseconds
    let isDown = (begin + 88 * Self.hour..<begin + 101 * Self.hour).contains(time)
    nextDelivery = time + (isDown ? 90 : 15) * Self.minute
    guard let outbox = try Outbox.openForDelivery(directory) else { return }
    for source in [DataSource.product, .environment] {
      let batches = try outbox.pending(source, after: 0, limit: 2_000)
      guard let first = batches.first else { continue }
      let readings = batches.reduce(0) { $0 + $1.readings }
      // Nothing of it ever leaves: a body of the size that such a request has.
      let body = [UInt8](repeating: 0, count: Int(readings * 5 + 300))
      let delivery = try outbox.beginDelivery(
        of: batches, fingerprint: fingerprint, body: body, readings: readings, nowMilliseconds: time
      )
      if isDown {
        try outbox.noteAnswer(delivery, message: "no answer", isFailure: true)
      } else {
        try outbox.finish(delivery, .accepted, status: 200, message: "")
        try outbox.markRecorded(delivery)
        try outbox.forgetOldest()
      }
      try ledger.append(isDown ? .uploadTried : .upload, atMilliseconds: time) { detail in
        detail.member("delivery", delivery.id)
        detail.member("source", source.name)
        detail.member("grant", first.grantID)
        detail.member("outcome", isDown ? "trying" : "accepted")
        if !isDown { detail.member("status", Int64(200)) }
        detail.array("batches") { $0.element(first.id) }
        detail.member("readings", readings)
        detail.member("bytes", Int64(body.count))
      }
      if isDown { try outbox.abandon(delivery) }
    }
  }
}
