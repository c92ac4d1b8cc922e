import Configuration
import Linux
import Recording
import SQLite
import TestSupport
import Testing

@testable import Daemon

@Suite("Rule 14: what the daemon writes into the ledger")
struct LedgerRowsTests {
  private func count(_ appliance: Appliance, _ condition: String) throws -> Int64 {
    try appliance.integer(
      appliance.state.ledger, "SELECT count(*) FROM ledger WHERE \(condition)")
  }

  private func sum(_ appliance: Appliance, _ member: String, _ condition: String) throws -> Int64 {
    try appliance.integer(
      appliance.state.ledger,
      "SELECT coalesce(sum(detail ->> '$.\(member)'), 0) FROM ledger WHERE \(condition)")
  }

  @Test("every row names the agreement in force, and no name stands in the chain")
  func names() throws {
    let appliance = try Appliance(
      consent: consent(more: "").replacing(
        "accepts = 2", with: "accepts = 2\naccepted_by = \"Canary Person\""))
    appliance.run(seconds: 120)
    appliance.consent(consent(environment: "deny"))
    appliance.run(seconds: 120)
    #expect(
      try count(appliance, "detail ->> '$.agreement' IS NULL AND kind != 'offer-accepted'") == 0)
    #expect(try count(appliance, "detail ->> '$.supplier' IS NOT NULL") >= 4)
    for name in ["Canary Person", "Example Devices", "telemetry.example.com"] {
      #expect(try count(appliance, "instr(detail, '\(name)')") == 0)
    }
    let known = "SELECT digest FROM names WHERE name = "
    #expect(try count(appliance, "detail ->> '$.accepted_by' = (\(known) 'Canary Person')") == 1)
    #expect(
      try count(appliance, "detail ->> '$.supplier' = (\(known) 'Example Devices Ltd')") >= 4)
    #expect(try count(appliance, "detail ->> '$.because' = 'consent.toml:6'") == 2)
    #expect(try count(appliance, "instr(detail, '\(appliance.prefix)')") == 0)
  }

  @Test("after a full revocation the names are gone, and the same supplier has another digest")
  func revoked() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 120)
    appliance.consent(consent(product: "deny", environment: "deny"))
    appliance.run(seconds: 120)
    #expect(
      try appliance.integer(appliance.state.ledger, "SELECT count(*) FROM names WHERE name != ''")
        == 0)
    appliance.consent(consent())
    appliance.run(seconds: 60)
    let digests = "SELECT count(DISTINCT detail ->> '$.supplier') FROM ledger"
    #expect(try appliance.integer(appliance.state.ledger, digests) == 2)
  }

  @Test("a clock that is set is told, forward and back, also when it happened between two runs")
  func clockSteps() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 120)
    appliance.clock.wallTimeMilliseconds += 1_500
    appliance.run(seconds: 120)
    #expect(try count(appliance, "kind = 'clock-step'") == 0)
    appliance.clock.wallTimeMilliseconds += 3_600_000
    appliance.run(seconds: 120)
    appliance.clock.wallTimeMilliseconds -= 7_200_000
    appliance.run(seconds: 120)
    appliance.stop()
    appliance.clock.wallTimeMilliseconds += 5_000
    try appliance.restart(stopping: false)
    appliance.run(seconds: 120)
    for step in [3_600_000, -7_200_000, 5_000] {
      #expect(
        try count(appliance, "kind = 'clock-step' AND detail ->> '$.by_ms' = \(step)") == 1)
    }
    #expect(try count(appliance, "kind = 'clock-step'") == 3)
  }

  @Test("a step that cannot be written is written later")
  func refusedStep() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 120)
    let other = try Database(appliance.state.ledger, .readWrite, busyTimeoutMilliseconds: 0)
    try other.execute("BEGIN IMMEDIATE")
    appliance.clock.wallTimeMilliseconds += 3_600_000
    appliance.run(seconds: 120)
    try other.execute("ROLLBACK")
    #expect(try count(appliance, "kind = 'clock-step'") == 0)
    appliance.run(seconds: 120)
    #expect(try sum(appliance, "by_ms", "kind = 'clock-step'") == 3_600_000)
  }

  @Test("every gap of both databases has its row, once")
  func gaps() throws {
    var settings = Settings()
    (settings.historyQuotaBytes, settings.spoolQuotaBytes) = (128 * 1024, 128 * 1024)
    (settings.tickMilliseconds, settings.sealMilliseconds) = (60_000, 600_000)
    let appliance = try Appliance(consent: consent(), settings: settings)
    func gaps(_ path: String) throws -> Int64 {
      try appliance.integer(path, "SELECT count(*) FROM gaps")
    }
    for _ in 0..<1_000
    where try gaps(appliance.state.spool) < 3 || gaps(appliance.state.history) < 3 {
      appliance.clock.advance(590_000)
      appliance.run(seconds: 10)
    }
    // A crash after the row and before its mark.
    for path in [appliance.state.spool, appliance.state.history] {
      try Database(path, .readWrite, busyTimeoutMilliseconds: 0).execute(
        "UPDATE gaps SET is_recorded = 0 WHERE number = (SELECT max(number) FROM gaps)")
    }
    try appliance.restart()
    appliance.clock.advance(590_000)
    appliance.run(seconds: 10)
    for (name, path) in [("spool", appliance.state.spool), ("history", appliance.state.history)] {
      let rows =
        "kind = 'gap' AND detail ->> '$.reason' = 'quota' AND detail ->> '$.database' = '\(name)'"
      #expect(try count(appliance, rows) == gaps(path))
      for member in ["batches", "readings"] {
        let lost = try appliance.integer(path, "SELECT sum(\(member)) FROM gaps")
        #expect(try lost > 0 && sum(appliance, member, rows) == lost)
      }
    }
  }

  @Test("readings that were lost in memory have a row that counts them")
  func lostInMemory() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 120)
    let other = try Database(appliance.state.history, .readWrite, busyTimeoutMilliseconds: 0)
    try other.execute("BEGIN IMMEDIATE")
    appliance.run(seconds: 4_200)
    try other.execute("ROLLBACK")
    appliance.run(seconds: 120)
    let lost = try sum(appliance, "history", "kind = 'readings-lost'")
    #expect(lost > 0 && appliance.status.contains("\"readings_lost_history\":\(lost)"))
    #expect(try sum(appliance, "spool", "kind = 'readings-lost'") == 0)
  }

  @Test("a database that somebody removed while in use is told")
  func removed() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 120)
    appliance.remove(appliance.state.history)
    appliance.run(seconds: 120)
    #expect(
      try count(appliance, "kind = 'database-begun' AND detail ->> '$.file' = 'history.db'") == 1)
  }
}
