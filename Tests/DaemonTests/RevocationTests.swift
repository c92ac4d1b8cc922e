import Configuration
import Linux
import Recording
import SQLite
import Telemetry
import Testing

@testable import Daemon

@Suite("Deleting what is no longer agreed")
struct RevocationTests {
  @Test(
    "a source that stands denied for 30 seconds loses spool and history, alone, and the ledger says so"
  )
  func deny() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 180)
    appliance.consent(consent(environment: "deny"))
    appliance.run(seconds: 30)
    #expect(try appliance.batches(appliance.state.history, .environment) == 3)
    #expect(appliance.holds("canary7"))
    appliance.run(seconds: 30)
    for path in [appliance.state.history, appliance.state.spool] {
      #expect(try appliance.integer(path, "SELECT count(*) FROM batches WHERE source = 1") == 0)
      #expect(try appliance.integer(path, "SELECT count(*) FROM series WHERE source = 1") == 0)
      #expect(try appliance.batches(path, .product) >= 3)
    }
    #expect(!appliance.holds("canary7"))
    #expect(appliance.holds("Canary OS"))
    #expect(
      try appliance.ledger().suffix(5) == [
        "grant-closed", "deletion-recorded", "deletion-recorded", "deletion-done", "deletion-done",
      ])
    #expect(
      appliance.journal.count(
        "environment is no longer agreed (\(appliance.locations.consent):6): removing 3 batches")
        == 2)
    #expect(appliance.status.contains("\"is_deletion_owed\":false"))
  }

  @Test(
    "what a command confirmed is deleted at the next tick, once; the same words by hand settle first"
  )
  func confirmed() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 180)
    let held = appliance.state.history
    try appliance.confirm(consent(environment: "deny"))
    appliance.consent(consent(environment: "deny"))
    appliance.run(seconds: 10)
    #expect(try appliance.batches(held, .environment) == 0)
    appliance.consent(consent())
    appliance.run(seconds: 180)
    let kept = try appliance.batches(held, .environment)
    appliance.consent(consent(environment: "deny"))
    appliance.run(seconds: 20)
    #expect(try appliance.batches(held, .environment) >= kept)
    appliance.run(seconds: 20)
    #expect(try appliance.batches(held, .environment) == 0)
  }

  @Test("a confirmation of other words deletes nothing")
  func confirmedOther() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 180)
    try appliance.confirm(consent(environment: "local"))
    appliance.consent(consent(environment: "deny"))
    appliance.run(seconds: 20)
    #expect(try appliance.batches(appliance.state.history, .environment) >= 3)
  }

  @Test("without the daemon a command does the same, and the next start finds nothing owed")
  func settlement() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 180)
    appliance.stop()
    let pseudonym = appliance.pseudonym
    try appliance.confirm(consent(environment: "deny"))
    appliance.consent(consent(environment: "deny"))
    let outcome = try Settlement.run(
      appliance.locations, settings: Settings(), clock: appliance.clock
    ) { _ in }
    #expect(outcome == .settled)
    #expect(!appliance.holds("canary7") && appliance.holds("Canary OS"))
    try appliance.restart(stopping: false)
    appliance.run(seconds: 60)
    #expect(appliance.pseudonym == pseudonym)
    #expect(appliance.status.contains("\"is_deletion_owed\":false"))
    #expect(appliance.journal.count("removing") == 0)
  }

  @Test("while a daemon works, a command leaves it to that")
  func settlementBesideDaemon() throws {
    let appliance = try Appliance(consent: consent(environment: "deny"))
    let lock = try LockFile.acquire(appliance.state.daemonLock, .exclusive)
    #expect(
      try Settlement.run(appliance.locations, settings: Settings(), clock: appliance.clock) { _ in }
        == .daemonRuns)
    _ = consume lock
  }

  @Test("a source that becomes local loses its spool and keeps its history")
  func local() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 180)
    appliance.consent(consent(environment: "local"))
    appliance.run(seconds: 120)
    #expect(
      try appliance.integer(appliance.state.spool, "SELECT count(*) FROM batches WHERE source = 1")
        == 0)
    #expect(try appliance.batches(appliance.state.spool, .product) >= 4)
    #expect(try appliance.batches(appliance.state.history, .environment) >= 4)
    #expect(
      try appliance.ledger().filter { $0.hasPrefix("deletion") } == [
        "deletion-recorded", "deletion-done",
      ])
  }

  @Test("damaged copies do not outlive a word that allows less, but they outlive a restart")
  func damagedCopies() throws {
    let appliance = try Appliance(consent: consent(environment: "deny"))
    let copy = appliance.state.spool + ".damaged-1"
    try AtomicFile.replace(copy, with: [1], mode: 0o640, durability: .volatile)
    appliance.run(seconds: 60)
    #expect(try FileState.of(copy) != nil)
    appliance.consent(consent(product: "local", environment: "deny"))
    appliance.run(seconds: 20)
    #expect(try FileState.of(copy) != nil)
    appliance.run(seconds: 20)
    #expect(try FileState.of(copy) == nil)
  }

  @Test("what only memory holds is gone with the first tick, without 30 seconds")
  func unsealed() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 30)
    appliance.consent(consent(product: "deny", environment: "deny"))
    appliance.run(seconds: 10)
    appliance.stop()
    #expect(try appliance.integer(appliance.state.history, "SELECT count(*) FROM batches") == 0)
    #expect(!appliance.holds("canary7") && !appliance.holds("Canary OS"))
  }

  @Test("a deletion that an upload stands in the way of is owed, and done once it has gone")
  func uploadInTheWay() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 180)
    let upload = try LockFile.acquire(appliance.state.uploadLock, .exclusive)
    appliance.consent(consent(environment: "deny"))
    appliance.run(seconds: 300)
    #expect(try appliance.batches(appliance.state.spool, .environment) == 0)
    #expect(
      try appliance.integer(appliance.state.spool, "SELECT count(*) FROM batches WHERE source = 1")
        == 3)
    #expect(appliance.status.contains("\"is_deletion_owed\":true"))
    _ = consume upload
    appliance.run(seconds: 20)
    #expect(
      try appliance.integer(appliance.state.spool, "SELECT count(*) FROM batches WHERE source = 1")
        == 0)
    #expect(appliance.status.contains("\"is_deletion_owed\":false"))
  }

  @Test("what an earlier run left owed is finished after the next start, whatever is agreed then")
  func owedAtStart() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 180)
    let upload = try LockFile.acquire(appliance.state.uploadLock, .exclusive)
    appliance.consent(consent(environment: "deny"))
    appliance.run(seconds: 60)
    appliance.consent(consent())
    try appliance.restart(stopping: false)
    _ = consume upload
    appliance.run(seconds: 20)
    #expect(
      try appliance.integer(
        appliance.state.spool, "SELECT count(*) FROM batches WHERE source = 1 AND \"grant\" = 2")
        == 0)
    #expect(
      try appliance.integer(
        appliance.state.spool, "SELECT count(*) FROM deletions WHERE done_ms IS NULL") == 0)
  }

  @Test("a word that is followed by another one while its deletion is carried out: both are")
  func secondWord() throws {
    var settings = Settings()
    settings.sealMilliseconds = 10_000
    let appliance = try Appliance(consent: consent(), settings: settings)
    // More batches than one step of a rewrite copies.
    appliance.run(seconds: 6_000)
    appliance.consent(consent(environment: "deny"))
    appliance.run(seconds: 40)
    appliance.consent(consent(product: "deny", environment: "deny"))
    appliance.run(seconds: 300)
    for path in [appliance.state.history, appliance.state.spool] {
      #expect(try appliance.integer(path, "SELECT count(*) FROM batches") == 0)
      #expect(
        try appliance.integer(path, "SELECT count(*) FROM deletions WHERE done_ms IS NULL") == 0)
    }
    #expect(!appliance.holds("canary7") && !appliance.holds("Canary OS"))
    // One rewrite of each database took both words; the one that was overtaken is not told as done.
    #expect(try appliance.ledger().count { $0 == "deletion-recorded" } == 4)
    #expect(try appliance.ledger().count { $0 == "deletion-done" } == 2)
  }

  @Test("counters of a new grant begin anew, however the old one ended")
  func counters() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 120)
    appliance.consent(consent(environment: "deny"))
    appliance.run(seconds: 120)
    appliance.consent(consent())
    appliance.run(seconds: 120)
    try appliance.restart()
    appliance.run(seconds: 120)
    let sql = """
      SELECT count(*) FROM baselines JOIN series ON series.number = baselines.series
      WHERE signal = 'system.process.created'
      """
    #expect(try appliance.integer(appliance.state.spool, sql) == 1)
    #expect(
      try appliance.integer(appliance.state.spool, sql.replacing("count(*)", with: "value"))
        == 5_250)
  }
}
