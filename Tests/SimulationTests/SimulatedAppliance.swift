// One appliance of the simulation: the real agent and the real uploader on real databases, a machine whose readings
// are told apart, and the model beside them. Steps move it; after each of them everything that it holds is looked at.

import Configuration
import Daemon
import Glibc
import HTTPS
import Handshake
import Linux
import Recording
import SQLite
import Telemetry
import TestSupport

@testable import Delivery

/// What should never have happened.
struct Leak: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// One look of the agent at the machine.
struct Moment {
  let values: [Int64?]
  let judgement: Judgement
  let grants: [DataSource: Model.Grant]
  /// The look before it, in the same boot.
  let previous: MomentKey?
}

/// A moment by its boot and that boot's clock.
struct MomentKey: Hashable {
  let boot: String
  let milliseconds: Int64
}

final class SimulatedAppliance {
  private let folder: TemporaryDirectory
  let prefix: String
  let locations: Locations
  let state: StateDirectory
  let clock = TurnedClock(bootTimeMilliseconds: 300_000, offsetMilliseconds: TurnedClock.today)
  var generator: SeededGenerator
  var machine: Machine
  var model = Model()
  var agent: Agent?
  private(set) var boots = 0
  var isPowerFailing = false
  var saved: Backup?
  var reader: Reader?
  /// Consents of other days, with the time at which they were saved.
  private(set) var oldOffers: [OfferHalf] = []
  private(set) var oldConsents: [(file: HalfFile<ConsentHalf>, modified: Int64)] = []
  private var edits: Int64 = 0
  private var lastTick: MomentKey?
  /// The latest that the wall clock ever said.
  private(set) var latestMilliseconds: Int64 = 0
  private(set) var moments: [MomentKey: Moment] = [:]
  /// What the agent saw when it last looked: what it seals in that look is judged by it.
  var lastJudgement: Judgement?
  let records: Records
  var wire: Wire
  /// What was done, for whoever has to understand a failure.
  var steps: [String] = []
  var stepCount = 0
  /// Ticks since anything but a tick happened: what is owed must be done in time.
  var calmTicks = 0

  static let tickMilliseconds: Int64 = 10_000

  init(seed: UInt64) throws {
    generator = SeededGenerator(seed: seed)
    folder = try TemporaryDirectory(isInMemory: true)
    prefix = folder.path
    locations = Locations(prefix: prefix)
    state = StateDirectory(locations.state)
    records = Records(state)
    wire = Wire()
    for directory in [locations.configuration, locations.state] {
      try Directory.create(directory, mode: 0o755)
    }
    machine = try Machine(below: prefix + "/kernel")
    clock.boot = "boot-0"
    machine.boot(&generator)
    _ = machine.turn(&generator)
    writeOffer()
    writeConsent()
    try start()
  }

  // MARK: the agent

  func start() throws {
    agent = try Agent.start(
      locations, kernelRoot: KernelRoot(prefix + "/kernel"), settings: settings, clock: clock,
      log: Log { _, _ in })
    model.agentStarts()
    calmTicks = 0
  }

  private let settings: Settings = {
    var settings = Settings()
    settings.sealMilliseconds = 30_000
    // Clocks jump by days: nothing is to go because of its age.
    settings.keepSentMilliseconds = .max / 4
    settings.historyKeepMilliseconds = .max / 4
    return settings
  }()

  /// As SIGTERM ends it, or as a power cut does.
  func end(stopping: Bool) throws {
    if stopping, agent != nil {
      lastJudgement = look()
      _ = agent?.stop()
    }
    agent = nil
    calmTicks = 0
    try records.look(self)
    lastJudgement = nil
  }

  func reboot(stopping: Bool) throws {
    try end(stopping: stopping)
    boots += 1
    clock.boot = "boot-\(boots)"
    let wall = clock.wallTimeMilliseconds + .random(in: 20_000...4_000_000, using: &generator)
    clock.bootTimeMilliseconds = .random(in: 5_000...60_000, using: &generator)
    clock.wallTimeMilliseconds = wall
    machine.boot(&generator)
    try start()
  }

  /// One tick of the agent, and a look at everything that it has written by then.
  func tick() throws {
    guard agent != nil else { return }
    clock.advance(Self.tickMilliseconds)
    let values = machine.turn(&generator)
    let judgement = look()
    lastJudgement = judgement
    let key = MomentKey(boot: clock.boot!, milliseconds: clock.bootTimeMilliseconds)
    latestMilliseconds = max(latestMilliseconds, clock.wallTimeMilliseconds)
    moments[key] = Moment(
      values: values, judgement: judgement, grants: model.open,
      previous: lastTick?.boot == key.boot ? lastTick : nil)
    lastTick = key
    agent?.tick()
    // What is owed goes on between two ticks, or the next one comes too soon.
    var steps = Int.random(in: 1...4, using: &generator)
    while steps > 0, agent?.workBetweenTicks() ?? false { steps -= 1 }
    calmTicks = reader == nil ? calmTicks + 1 : 0
    stepCount += 1
    if !isPowerFailing { try records.look(self) }
  }

  private func look() -> Judgement {
    readNotes()
    return model.agentLooks(
      wallMilliseconds: clock.wallTimeMilliseconds, bootMilliseconds: clock.bootTimeMilliseconds)
  }

  /// What somebody vouched for is no part of the agreement, so the product's own note of the time is taken; it must not
  /// be later than the clock ever was. So is its note of the consent by which something was removed, beside the model's
  /// own of what was closed.
  func readNotes() {
    latestMilliseconds = max(latestMilliseconds, clock.wallTimeMilliseconds)
    guard access(state.ledger, F_OK) == 0,
      let database = try? Database(state.ledger, .readOnly, busyTimeoutMilliseconds: 1_000)
    else { return }
    if var row = try? database.prepare("SELECT value FROM marks WHERE key = 'revoked_modified_ns'"),
      (try? row.step()) ?? false
    {
      model.noteRevocation(row.integer(0) / 1_000_000_000)
    }
    // A ledger that was lost has taken it along.
    model.trustedMilliseconds = .min
    guard var row = try? database.prepare("SELECT boot, boot_ms, unix_ms FROM trusted_time"),
      (try? row.step()) ?? false
    else { return }
    let elapsed = row.text(0) == clock.boot ? clock.bootTimeMilliseconds - row.integer(1) : 0
    precondition(row.integer(2) <= latestMilliseconds)
    model.trustedMilliseconds = row.integer(2) + max(0, elapsed)
  }

  // MARK: the two halves

  func writeConsent() {
    let file = model.consent
    write(file.half.text, locations.consent, file.isMissing, file.flaw)
    model.consentModified = 1_800_000_000 + edits
    newestModified = model.consentModified
    if file.flaw == nil, !file.isMissing { oldConsents.append((file, newestModified)) }
  }

  func writeOffer() {
    let file = model.offer
    write(file.half.text, locations.offer, file.isMissing, file.flaw)
    if file.flaw == nil, !file.isMissing { oldOffers.append(file.half) }
  }

  private func write(_ text: String, _ path: String, _ isMissing: Bool, _ flaw: Flaw?) {
    calmTicks = 0
    edits += 1
    if isMissing {
      unlink(path)
      return
    }
    let text = flaw?.applied(to: text) ?? text
    try! AtomicFile.replace(
      path, with: Array(text.utf8), mode: flaw?.mode ?? 0o644, durability: .volatile)
    chmod(path, flaw?.mode ?? 0o644)
    // In the order in which they were written, however fast the test runs.
    setModified(path, 1_800_000_000 + edits)
  }

  /// When the newest file was saved.
  private(set) var newestModified: Int64 = 0

  func setModified(_ path: String, _ seconds: Int64) {
    let time = timespec(tv_sec: Int(seconds), tv_nsec: 0)
    let times = [time, time]
    utimensat(AT_FDCWD, path, times, 0)
  }

  // MARK: the uploader

  /// One run of `accord upload`, with the wire in the place of the network.
  func upload() throws {
    let before = wire.requests
    do throws(UploadRefusal) {
      _ = try Uploader.run(locations, clock: clock, isByHand: true) {
        [self] request, body, mayGoOn throws(HTTPSError) in
        try wire.take(request, body, mayGoOn, of: self)
      }
    } catch {
      steps.append("  refused: \(error)")
    }
    steps.append("  \(wire.requests - before) requests")
    if let leak = wire.leak { throw leak }
    if !isPowerFailing { try records.look(self) }
  }
}
