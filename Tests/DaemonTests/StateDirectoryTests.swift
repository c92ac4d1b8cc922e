// Rules 3 and 9 over the state directory: what was deleted, put back from a backup, cloned or edited while the agent
// did not run, and what becomes of the sharing.

import Configuration
import Glibc
import Handshake
import Linux
import Recording
import SQLite
import Telemetry
import Testing

@testable import Daemon

@Suite("Rule 9: databases and a pseudonym that do not belong together are not sent from")
struct StateDirectoryTests {
  /// What becomes of the sharing.
  enum Outcome: Sendable {
    /// The same grant, under the same pseudonym.
    case goesOn
    /// Nothing is held, and what waited is gone: another grant.
    case beginsAnew
    /// Held until the offer is accepted anew; then the same grant goes on.
    case waits(because: String)
    /// Held until the offer is accepted anew; what waited is never sent, under another pseudonym.
    case waitsAsAnother(because: String)
  }

  struct Change: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// A shell command in the state directory; `old` holds a copy of it from before the last batches and grants.
    let command: String
    let outcome: Outcome
  }

  static let changes = [
    Change(testDescription: "nothing", command: "true", outcome: .goesOn),
    Change(
      testDescription: "the history deleted", command: "rm private/history.db*", outcome: .goesOn),
    Change(
      testDescription: "the history put back from a backup",
      command: "rm private/history.db*; cp -p $OLD/private/history.db* private/", outcome: .goesOn),
    Change(testDescription: "the spool deleted", command: "rm spool.db*", outcome: .beginsAnew),
    Change(
      testDescription: "everything deleted, as on the first day", command: "rm -r *",
      outcome: .beginsAnew),
    Change(
      testDescription: "the ledger deleted", command: "rm ledger.db*",
      outcome: .waits(because: "the record of what was accepted is lost")),
    Change(
      testDescription: "the ledger damaged",
      command: "rm ledger.db-*; printf '%9000s' x > ledger.db",
      outcome: .waits(because: "the record of what was accepted is lost")),
    Change(
      testDescription: "the ledger and the accepted offers deleted",
      command: "rm -r ledger.db* accepted",
      outcome: .waits(because: "the record of what was accepted is lost")),
    Change(
      testDescription: "the accepted offers deleted", command: "rm -r accepted",
      outcome: .waits(because: "what was accepted cannot be read")),
    Change(
      testDescription: "the accepted offer edited", command: "sed -i s/10000ms/1000ms/ accepted/*",
      outcome: .waits(because: "this is not what was accepted")),
    Change(
      testDescription: "an older spool put back",
      command: "rm spool.db*; cp -p $OLD/spool.db* .",
      outcome: .waitsAsAnother(because: "the databases are a copy")),
    Change(
      testDescription: "a ledger of the same file with fewer rows",
      command: "python3 -c 'import sqlite3; sqlite3.connect(\"ledger.db\", isolation_level=None)"
        + ".execute(\"DELETE FROM ledger WHERE number > 3\")'",
      outcome: .waitsAsAnother(because: "the databases are a copy")),
    Change(
      testDescription: "the whole directory copied",
      command: "cp -a . $OLD-clone && rm -r * && cp -a $OLD-clone/. . && rm -r $OLD-clone",
      outcome: .waitsAsAnother(because: "the databases are a copy")),
    Change(
      testDescription: "the whole directory put back from a backup",
      command: "rm -r *; cp -a $OLD/. .",
      outcome: .waitsAsAnother(because: "the databases are a copy")),
    Change(
      testDescription: "an image cloned to another machine",
      command: "echo 5b0a0f4dd8e24f0ab0d1d9f5d3c2b1a0 > $ETC/machine-id",
      outcome: .waitsAsAnother(because: "the databases are a copy")),
    Change(
      testDescription: "the pseudonym deleted", command: "rm identity",
      outcome: .waitsAsAnother(because: "the databases are a copy")),
    Change(
      testDescription: "another pseudonym put in place",
      command: "echo 11111111-2222-4333-8444-555555555555 > identity",
      outcome: .waitsAsAnother(because: "the databases are a copy")),
  ]

  @Test("what was changed while the agent did not run is noticed at the start", arguments: changes)
  func changed(_ change: Change) throws {
    let appliance = try Appliance(consent: consent(), machine: "b08dfa6083e7567a1921a715000001fb")
    defer { shell(appliance, "rm -rf $OLD") }
    appliance.run(seconds: 120)
    appliance.stop()
    shell(appliance, "cp -a . $OLD")
    try appliance.restart(stopping: false)
    appliance.run(seconds: 120)
    appliance.stop()
    let before = try Sharing(appliance)
    shell(appliance, change.command)
    try appliance.restart(stopping: false)
    appliance.run(seconds: 120)
    switch change.outcome {
    case .goesOn:
      let after = try Sharing(appliance)
      #expect(after.pseudonym == before.pseudonym && after.grants == before.grants)
      #expect(after.waiting > before.waiting)
    case .beginsAnew:
      let after = try Sharing(appliance)
      #expect(after.grants.count == 2 && after.grants.isDisjoint(with: before.grants))
      #expect(after.waiting == 4)
    case .waits(let reason):
      #expect(appliance.journal.says(reason))
      #expect(try appliance.batches(appliance.state.spool, .environment) == before.waiting / 2)
      try appliance.accept()
      appliance.run(seconds: 120)
      let after = try Sharing(appliance)
      #expect(after.grants == before.grants && after.pseudonym == before.pseudonym)
      #expect(after.waiting > before.waiting)
    case .waitsAsAnother(let reason):
      #expect(appliance.journal.says(reason))
      #expect(try Sharing(appliance).waiting == 0)
      #expect(appliance.pseudonym == nil)
      try appliance.accept()
      appliance.run(seconds: 120)
      let after = try Sharing(appliance)
      #expect(after.grants.count == 2 && after.grants.isDisjoint(with: before.grants))
      #expect(after.pseudonym != nil && after.pseudonym != before.pseudonym)
      #expect(after.waiting == 4)
    }
    // What was noticed once is not found again.
    let settled = try Sharing(appliance)
    try appliance.restart()
    appliance.run(seconds: 120)
    #expect(try Sharing(appliance).grants == settled.grants)
    #expect(appliance.pseudonym == settled.pseudonym)
  }

  @Test("a ledger that is removed under the agent's hands is a lost one, and sharing waits")
  func removedLedger() throws {
    let appliance = try Appliance(consent: consent(environment: "local"))
    appliance.run(seconds: 60)
    let grants = try Sharing(appliance).grants
    shell(appliance, "rm ledger.db*")
    appliance.run(seconds: 120)
    #expect(appliance.journal.count("ledger.db was removed or replaced while in use") == 1)
    #expect(appliance.journal.says("the record of what was accepted is lost"))
    let kept = try appliance.batches(appliance.state.history, .environment)
    let waiting = try Sharing(appliance).waiting
    appliance.run(seconds: 60)
    #expect(try appliance.batches(appliance.state.history, .environment) > kept)
    #expect(try Sharing(appliance).waiting == waiting)
    try appliance.accept()
    appliance.run(seconds: 120)
    #expect(try Sharing(appliance).grants == grants)
    #expect(try Sharing(appliance).waiting > waiting)
    #expect(try appliance.ledger().contains("database-begun"))
  }

  @Test(
    "an older consent that is put back after a revocation shares nothing until it is saved again")
  func olderConsent() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 60)
    shell(appliance, "cp -p $ETC/accord/consent.toml $OLD")
    defer { shell(appliance, "rm -f $OLD") }
    appliance.consent(consent(environment: "deny"))
    appliance.run(seconds: 120)
    let revoked = try Sharing(appliance)
    shell(appliance, "cp -p $OLD $ETC/accord/consent.toml")
    appliance.run(seconds: 120)
    #expect(appliance.journal.says("an old copy came back"))
    #expect(try Sharing(appliance).grants == revoked.grants)
    #expect(try appliance.batches(appliance.state.spool, .environment) == 0)
    try appliance.restart()
    appliance.run(seconds: 60)
    #expect(try appliance.batches(appliance.state.spool, .environment) == 0)
    appliance.consent(consent())
    appliance.run(seconds: 120)
    #expect(try Sharing(appliance).grants.count == 2)
  }

  @Test(
    "an older consent does not undo what was taken back in the tick before",
    arguments: [
      "[withhold]\nsignals = [\"system.cpu.*\"]\n",
      "[redact]\n\"network.interface.name\" = \"drop\"\n", "[resolution]\nenvironment = \"5min\"\n",
    ])
  func olderAtOnce(_ more: String) throws {
    let appliance = try Appliance(consent: consent())
    defer { shell(appliance, "rm -f $OLD") }
    appliance.run(seconds: 60)
    shell(appliance, "cp -p $ETC/accord/consent.toml $OLD")
    appliance.consent(consent(more: more))
    appliance.run(seconds: 10)
    shell(appliance, "cp -p $OLD $ETC/accord/consent.toml")
    appliance.run(seconds: 10)
    #expect(appliance.journal.says("an old copy came back"))
    appliance.consent(consent(more: more))
    appliance.run(seconds: 10)
    #expect(appliance.journal.lines.last?.contains("share") == true)
  }

  /// In the state directory; `$OLD` and `$ETC` are the appliance's own.
  private func shell(_ appliance: Appliance, _ command: String) {
    let status = system(
      "export OLD=\(appliance.prefix)/old ETC=\(appliance.prefix)/etc; cd \(appliance.locations.state) && { \(command); }"
    )
    #expect(status == 0, "\(command)")
  }

  /// What would be sent, and as whom.
  struct Sharing {
    let pseudonym: String?
    /// The ids of the open grants.
    let grants: Set<String>
    /// Batches of open grants.
    let waiting: Int64

    init(_ appliance: Appliance) throws {
      pseudonym = appliance.pseudonym
      let database = try Database(appliance.state.spool, .readOnly, busyTimeoutMilliseconds: 1_000)
      var rows = try database.prepare("SELECT id FROM grants WHERE closed_ms IS NULL")
      var grants: Set<String> = []
      while try rows.step() { grants.insert(rows.text(0)) }
      self.grants = grants
      waiting = try database.integer("SELECT count(*) FROM live WHERE is_open AND state = 0")
    }
  }
}
