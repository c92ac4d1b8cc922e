// An appliance in a directory: configuration, a kernel's files, the agent, and a clock that the tests move.

import Configuration
import Glibc
import Handshake
import Linux
import Recording
import SQLite
import Telemetry
import TestSupport

@testable import Daemon

/// What the agent said.
final class Journal: @unchecked Sendable {
  var lines: [String] = []

  var log: Log { Log { [self] level, text in lines.append("\(level.rawValue) \(text)") } }
  func says(_ text: String) -> Bool { lines.contains { $0.contains(text) } }
  func count(_ text: String) -> Int { lines.count { $0.contains(text) } }
}

final class Appliance {
  private let folder: TemporaryDirectory
  let prefix: String
  let clock = TurnedClock(
    bootTimeMilliseconds: 1_000_000, offsetMilliseconds: TurnedClock.today - 1_000_000)
  let journal = Journal()
  private(set) var agent: Agent
  let locations: Locations
  /// What /proc/stat says the number of processes ever created is.
  private(set) var created: Int64 = 5_000
  private let settings: Settings

  /// Starts with these two files; nil is none.
  init(
    consent: String?, offer: String? = exampleOffer, settings: Settings = Settings(),
    machine: String? = nil, before: (Locations) -> Void = { _ in }
  ) throws {
    folder = try TemporaryDirectory(isInMemory: true)
    prefix = folder.path
    locations = Locations(prefix: prefix)
    self.settings = settings
    for directory in [
      locations.configuration, locations.state, prefix + "/kernel/proc/net", prefix + "/kernel/etc",
    ] {
      try Directory.create(directory, mode: 0o755)
    }
    for (name, text) in smallMachine { Self.write(text, to: prefix + "/kernel" + name) }
    if let consent { Self.write(consent, to: locations.consent) }
    if let offer { Self.write(offer, to: locations.offer) }
    if let machine { Self.write(machine + "\n", to: locations.machineFile) }
    before(locations)
    agent = try Agent.start(
      locations, kernelRoot: KernelRoot(prefix + "/kernel"), settings: settings, clock: clock,
      log: journal.log)
  }

  /// Ends the program, as SIGTERM does, and starts it again.
  func restart(stopping: Bool = true) throws {
    if stopping { stop() }
    agent = try Agent.start(
      locations, kernelRoot: KernelRoot(prefix + "/kernel"), settings: settings, clock: clock,
      log: journal.log)
  }

  func write(_ text: String, to path: String) { Self.write(text, to: path) }

  private static func write(_ text: String, to path: String) {
    try! AtomicFile.replace(path, with: Array(text.utf8), mode: 0o644, durability: .volatile)
  }

  /// Writes into the file that is there, as the kernel would: the agent keeps it open.
  func change(_ text: String, to path: String) {
    let file = open(path, O_WRONLY | O_TRUNC)
    let bytes = Array(text.utf8)
    precondition(Glibc.write(file, bytes, bytes.count) == bytes.count)
    close(file)
  }

  func remove(_ path: String) { unlink(path) }

  /// Accepts the offer that is there, as `accord consent accept` does.
  func accept() throws {
    let offer = try FileDescriptor.open(locations.offer, .readOnly).readAll(limitBytes: 1 << 20)
    try Ledger.open(state, busyMilliseconds: 1_000).accept(
      AcceptedOffer(freezing: try Offer(parsing: offer)),
      consentModifiedNanoseconds: try FileState.of(locations.consent)?.modifiedNanoseconds,
      in: state, atMilliseconds: clock.wallTimeMilliseconds)
  }

  /// Notes that a command makes this the consent.
  func confirm(_ text: String) throws {
    var watch = AgreementWatch(
      consentPath: locations.consent, offerPath: locations.offer, record: state.acceptanceRecord,
      trusting: TrustedOwners(prefix: locations.prefix))
    let now = clock.wallTimeMilliseconds
    _ = watch.refresh(bootTimeMilliseconds: clock.bootTimeMilliseconds, nowMilliseconds: now)
    try Ledger.open(state, busyMilliseconds: 1_000).confirm(
      watch.agreement(ifConsentSays: Array(text.utf8), nowMilliseconds: now))
  }

  func consent(_ text: String?) {
    if let text { write(text, to: locations.consent) } else { remove(locations.consent) }
  }

  /// Ticks for this long at 10 s; each creates ten more processes.
  func run(seconds: Int64) {
    for _ in 0..<(seconds / 10) {
      clock.advance(10_000)
      created += 10
      if access(prefix + "/kernel/proc/stat", F_OK) == 0 {
        change(
          smallMachine["/proc/stat"]!.replacing("processes 5000", with: "processes \(created)"),
          to: prefix + "/kernel/proc/stat")
      }
      agent.tick()
    }
  }

  @discardableResult
  func stop() -> Bool { agent.stop() }

  var owesDeletion: Bool { agent.owesDeletion }

  func workBetweenTicks() -> Bool { agent.workBetweenTicks() }

  // MARK: what can be seen from outside

  var pseudonym: String? { try? Identity.current(state) }

  var state: StateDirectory { StateDirectory(locations.state) }

  /// One integer of a database; 0 when it is not there.
  func integer(_ path: String, _ sql: String) throws -> Int64 {
    guard access(path, F_OK) == 0 else { return 0 }
    return try Database(path, .readOnly, busyTimeoutMilliseconds: 1_000).integer(sql)
  }

  func batches(_ path: String, _ source: DataSource) throws -> Int64 {
    try integer(path, "SELECT count(*) FROM live WHERE source = \(source.rawValue)")
  }

  /// The kinds of the ledger's rows, in order.
  func ledger() throws -> [String] {
    let database = try Database(state.ledger, .readOnly, busyTimeoutMilliseconds: 1_000)
    var rows = try database.prepare("SELECT kind FROM ledger ORDER BY number")
    var kinds: [String] = []
    while try rows.step() { kinds.append(rows.text(0)) }
    return kinds
  }

  /// The agreements that a database knows, oldest first.
  func fingerprints(_ path: String) throws -> [[UInt8]] {
    let database = try Database(path, .readOnly, busyTimeoutMilliseconds: 1_000)
    var rows = try database.prepare("SELECT fingerprint FROM agreements ORDER BY number")
    var fingerprints: [[UInt8]] = []
    while try rows.step() { fingerprints.append(rows.blob(0)) }
    return fingerprints
  }

  var status: String {
    String(
      decoding: (try? FileDescriptor.open(locations.statusFile, .readOnly).readAll(
        limitBytes: 1 << 20)) ?? [], as: UTF8.self)
  }

  /// Whether the bytes stand anywhere in the state directory.
  func holds(_ text: String) -> Bool { system("grep -rqF -- '\(text)' \(locations.state)") == 0 }
}

let exampleOffer = """
  schema = 1
  supplier = "Example Devices Ltd"
  revision = 2
  [delivery]
  endpoint = "https://telemetry.example.com:4318"
  [product]
  purpose = "p"
  benefit = "b"
  retention = "1 day"
  resolution = "10s"
  signals = ["*"]
  [environment]
  purpose = "p"
  benefit = "b"
  retention = "1 day"
  resolution = "10s"
  signals = ["system.*"]

  """

func consent(product: String = "share", environment: String = "share", more: String = "") -> String
{
  """
  schema = 1
  supplier = "Example Devices Ltd"
  accepts = 2
  [sources]
  product = "\(product)"
  environment = "\(environment)"
  \(more)

  """
}

/// The files of a small machine.
let smallMachine = [
  "/proc/stat": """
  cpu  100 0 200 3000 40 5 6 0 0 0
  cpu0 100 0 200 3000 40 5 6 0 0 0
  intr 1234
  ctxt 5678
  btime 1795000000
  processes 5000
  procs_running 1
  procs_blocked 0

  """,
  "/proc/loadavg": "0.52 0.41 0.30 1/150 4321\n",
  "/proc/meminfo":
    "MemTotal: 1000 kB\nMemFree: 400 kB\nMemAvailable: 600 kB\nBuffers: 50 kB\nCached: 200 kB\nShmem: 10 kB\nSReclaimable: 20 kB\nSUnreclaim: 30 kB\n",
  "/proc/net/dev": """
  Inter-|   Receive                                                |  Transmit
   face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 10 1 0 0 0 0 0 0 10 1 0 0 0 0 0 0
   canary7: 1000 20 1 2 0 0 0 0 3000 40 3 4 0 0 0 0

  """,
  "/proc/uptime": "1000.25 3000.50\n",
  "/etc/os-release": "NAME=\"Canary OS\"\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Canary OS 12\"\n",
]
