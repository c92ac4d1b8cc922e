// What rules 6, 9 and 11 promise holds after a restart, beside a busy ledger and without accordd.

import Configuration
import Glibc
import Handshake
import Linux
import Recording
import SQLite
import Telemetry
import TestSupport
import Testing

@testable import Daemon

@Suite("Revoking when something is in the way, or comes back")
struct RevocationTroubleTests {
  @Test("names stay erased after a full revocation, whenever accordd starts again")
  func names() throws {
    let appliance = try Appliance(consent: consent(product: "share", environment: "deny"))
    appliance.run(seconds: 60)
    #expect(appliance.holds("Example Devices Ltd"))
    appliance.consent(consent(product: "deny", environment: "deny"))
    appliance.run(seconds: 60)
    #expect(try appliance.integer(appliance.state.ledger, "SELECT count(*) FROM names") == 0)
    try appliance.restart()
    appliance.run(seconds: 60)
    #expect(try appliance.integer(appliance.state.ledger, "SELECT count(*) FROM names") == 0)
  }

  @Test("a pseudonym that is put back after a full revocation is not used again")
  func pseudonym() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 60)
    let old = try #require(appliance.pseudonym)
    appliance.consent(consent(product: "deny", environment: "deny"))
    appliance.run(seconds: 60)
    #expect(appliance.pseudonym == nil)
    appliance.consent(nil)
    appliance.run(seconds: 10)
    appliance.stop()
    appliance.write(old + "\n", to: appliance.state.identity)
    try appliance.restart(stopping: false)
    appliance.run(seconds: 60)
    appliance.consent(consent())
    appliance.run(seconds: 60)
    #expect(appliance.pseudonym != nil && appliance.pseudonym != old)
  }

  @Test("a command that makes everything local settles at once where values are hashed")
  func settleHashing() throws {
    let more = "[redact]\n\"network.interface.name\" = \"hash\""
    let appliance = try Appliance(consent: consent(more: more))
    appliance.run(seconds: 180)
    appliance.stop()
    let local = consent(product: "local", environment: "local", more: more)
    try appliance.confirm(local)
    appliance.consent(local)
    appliance.clock.whenAsked = { [clock = appliance.clock] in clock.bootTimeMilliseconds += 1 }
    let outcome = try Settlement.run(
      appliance.locations, settings: Settings(), clock: appliance.clock
    ) { _ in }
    #expect(outcome == .settled)
  }

  @Test("a grant that is closed while the ledger is busy stands in the ledger all the same")
  func busyLedger() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 60)
    do {
      let other = try Database(appliance.state.ledger, .readWrite, busyTimeoutMilliseconds: 0)
      try other.execute("BEGIN IMMEDIATE")
      appliance.consent(consent(environment: "deny"))
      appliance.run(seconds: 10)
      try other.execute("ROLLBACK")
    }
    appliance.run(seconds: 60)
    #expect(try appliance.ledger().contains("grant-closed"))
  }

  @Test("a deletion that is recorded while the ledger is busy stands in the ledger all the same")
  func busyLedgerDeletion() throws {
    let appliance = try Appliance(consent: consent(product: "deny", environment: "local"))
    appliance.run(seconds: 60)
    appliance.consent(consent(product: "deny", environment: "deny"))
    appliance.run(seconds: 20)
    do {
      let other = try Database(appliance.state.ledger, .readWrite, busyTimeoutMilliseconds: 0)
      try other.execute("BEGIN IMMEDIATE")
      appliance.run(seconds: 20)
      try other.execute("ROLLBACK")
    }
    appliance.run(seconds: 60)
    #expect(try appliance.ledger().contains("deletion-recorded"))
    #expect(
      try appliance.integer(
        appliance.state.ledger, "SELECT count(*) FROM marks WHERE key = 'revoked_modified_ns'") == 1
    )
  }

  @Test("damaged copies do not outlive a word that was written while accordd did not run")
  func setAside() throws {
    let appliance = try Appliance(consent: consent(product: "deny"))
    appliance.run(seconds: 60)
    appliance.stop()
    let copy = appliance.state.history + ".damaged-1"
    try AtomicFile.replace(copy, with: [1], mode: 0o640, durability: .volatile)
    appliance.consent(consent(product: "deny", environment: "local"))
    try appliance.restart(stopping: false)
    appliance.run(seconds: 60)
    #expect(try FileState.of(copy) == nil)
  }

  @Test("a command's note is gone once its words were followed, even if accordd started meanwhile")
  func leftConfirmation() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 120)
    appliance.stop()
    let refusal = consent(environment: "deny")
    try appliance.confirm(refusal)
    appliance.consent(refusal)
    try appliance.restart(stopping: false)
    appliance.run(seconds: 60)
    appliance.consent(consent())
    appliance.run(seconds: 120)
    appliance.consent(refusal)
    appliance.run(seconds: 20)
    #expect(try appliance.batches(appliance.state.history, .environment) > 0)
  }

}
