// Trouble that lasts is told when it begins and when it ends, however long it is: a journal that repeats itself hides
// what matters, and fills the disk that may be the trouble.

import Configuration
import Glibc
import Linux
import Recording
import SQLite
import Testing

@testable import Daemon

@Suite("The journal in lasting trouble")
struct QuietTroubleTests {
  /// Long enough for 120 ticks and 20 seals; each waits in real time for a database that is in use.
  private static let long: Int64 = 1_200

  private func locked(_ path: String) throws -> Database {
    let database = try Database(path, .readWrite, busyTimeoutMilliseconds: 0)
    try database.execute("BEGIN IMMEDIATE")
    return database
  }

  @Test("a kernel file that is broken for long is told once, and once when it is whole again")
  func probe() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 60)
    let before = appliance.journal.lines.count
    let path = appliance.prefix + "/kernel/proc/loadavg"
    appliance.change("nonsense\n", to: path)
    appliance.run(seconds: Self.long)
    appliance.change(smallMachine["/proc/loadavg"]!, to: path)
    appliance.run(seconds: 60)
    #expect(
      appliance.journal.lines.dropFirst(before).map { $0.prefix(40) } == [
        "4 /proc/loadavg is malformed: expected t", "6 /proc/loadavg can be read again",
      ], "\(appliance.journal.lines)")
  }

  @Test("a disk that refuses for long is told once, and once when it takes again")
  func disk() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 60)
    let before = appliance.journal.lines.count
    let history = try locked(appliance.state.history)
    let spool = try locked(appliance.state.spool)
    appliance.run(seconds: Self.long)
    #expect(appliance.journal.lines.count == before + 1)
    #expect(appliance.agent.work.contains("environment share; "))
    try history.execute("ROLLBACK")
    try spool.execute("ROLLBACK")
    appliance.run(seconds: 60)
    #expect(appliance.journal.lines.count == before + 2)
    #expect(appliance.agent.work == "sampling: product share, environment share")
  }

  @Test("an agreement that cannot be written down for long is told once, and once when it is")
  func agreement() throws {
    let appliance = try Appliance(consent: consent(environment: "deny"))
    appliance.run(seconds: 60)
    let other = try locked(appliance.state.ledger)
    appliance.consent(consent())
    appliance.run(seconds: 40)
    #expect(appliance.agent.work.contains("is in use by another program"))
    try other.execute("ROLLBACK")
    appliance.run(seconds: 60)
    #expect(appliance.journal.count("agreement in force") == 2)
    #expect(appliance.journal.count("nothing is sampled until the agreement can be written") == 1)
    #expect(appliance.journal.count("the agreement is written down") == 1)
    #expect(Set(appliance.journal.lines).count == appliance.journal.lines.count)
    #expect(appliance.agent.work == "sampling: product share, environment share")
  }

  @Test("an agreement that flaps is told at each change, and the trouble beside it still once")
  func flapping() throws {
    let appliance = try Appliance(consent: consent())
    appliance.remove(appliance.prefix + "/kernel/proc/meminfo")
    appliance.write("nonsense\n", to: appliance.prefix + "/kernel/proc/loadavg")
    appliance.run(seconds: 60)
    let other = try locked(appliance.state.history)
    for _ in 0..<5 {
      appliance.consent(consent(environment: "locl"))
      appliance.run(seconds: 60)
      appliance.consent(consent())
      appliance.run(seconds: 60)
    }
    try other.execute("ROLLBACK")
    appliance.run(seconds: 60)
    for text in [
      "/proc/loadavg is malformed", "/proc/meminfo is not there", "readings are kept in memory",
      "readings are written to the disk again",
    ] { #expect(appliance.journal.count(text) == 1, "\(text)") }
    #expect(appliance.journal.count("nothing is sampled or sent until this is mended") == 5)
    #expect(appliance.journal.count("agreement in force") == 6)
  }

  @Test("a state directory that is gone for long is told once, and nothing ends")
  func stateDirectory() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 60)
    let before = appliance.journal.lines.count
    try AtomicFile.move(appliance.locations.state, over: appliance.locations.state + ".away")
    appliance.run(seconds: Self.long)
    #expect(appliance.journal.lines.count <= before + 2, "\(appliance.journal.lines)")
  }

  @Test("a damaged database that cannot be set aside for long is told once")
  func damaged() throws {
    let appliance = try Appliance(consent: consent(environment: "deny"))
    appliance.run(seconds: 60)
    // A folder that is not empty stands where the damaged file should go.
    for name in ["/ledger.db.damaged-1/x", "/ledger.db.damaged-2/x"] {
      try Directory.create(appliance.locations.state + name, mode: 0o755)
    }
    try Database(appliance.state.ledger, .readWrite, busyTimeoutMilliseconds: 0).execute(
      "PRAGMA wal_checkpoint(TRUNCATE)")
    appliance.change(String(repeating: "Z", count: 100_000), to: appliance.state.ledger)
    appliance.consent(consent())
    appliance.run(seconds: Self.long)
    #expect(appliance.journal.count("cannot replace") == 1)
    #expect(Set(appliance.journal.lines).count == appliance.journal.lines.count)
  }
}
