import Configuration
import Glibc
import Recording
import SQLite
import Telemetry
import TestSupport
import Testing

@testable import Daemon

@Suite("The agent and the agreement")
struct AgreementChangeTests {
  @Test("rule 1: without a consent nothing is read, nothing is recorded, and the journal says why")
  func noConsent() throws {
    let appliance = try Appliance(consent: nil)
    appliance.run(seconds: 600)
    appliance.stop()
    #expect(try appliance.integer(appliance.state.history, "SELECT count(*) FROM batches") == 0)
    #expect(try appliance.integer(appliance.state.history, "SELECT count(*) FROM series") == 0)
    #expect(try appliance.integer(appliance.state.spool, "SELECT count(*) FROM batches") == 0)
    #expect(try appliance.integer(appliance.state.spool, "SELECT count(*) FROM grants") == 0)
    #expect(!appliance.holds("canary") && !appliance.holds("Canary"))
    #expect(access(appliance.state.identity, F_OK) != 0)
    #expect(
      appliance.journal.count(
        "there is no consent at \(appliance.locations.consent): nothing is sampled") == 1)
    #expect(appliance.status.contains("\"series\":0"))
    #expect(!appliance.status.contains("\"readings\","))
  }

  @Test("rule 2: a local source is recorded without an offer, and nothing is to leave")
  func localOnly() throws {
    let appliance = try Appliance(
      consent: consent(product: "deny", environment: "local"), offer: nil)
    appliance.run(seconds: 120)
    #expect(try appliance.batches(appliance.state.history, .environment) == 2)
    #expect(try appliance.integer(appliance.state.spool, "SELECT count(*) FROM batches") == 0)
    #expect(access(appliance.state.identity, F_OK) != 0)
    #expect(!appliance.holds("Canary"))
  }

  @Test("what is shared is recorded in both databases under a grant, with a pseudonym")
  func shared() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 120)
    for path in [appliance.state.history, appliance.state.spool] {
      #expect(try appliance.batches(path, .product) == 2)
      #expect(try appliance.batches(path, .environment) == 2)
    }
    #expect(
      try appliance.ledger() == [
        "offer-accepted", "agreement-changed", "grant-opened", "grant-opened", "identity-created",
      ])
    #expect(
      try appliance.integer(appliance.state.spool, "SELECT count(DISTINCT agreement) FROM batches")
        == 1)
    #expect(access(appliance.state.identity, F_OK) == 0)
  }

  @Test("a hand edit closes the gate at the next tick, and readings in memory do not outlive it")
  func closesAtNextTick() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 40)
    appliance.consent(consent(environment: "deny"))
    appliance.run(seconds: 600)
    #expect(
      try appliance.integer(
        appliance.state.history, "SELECT count(*) FROM batches WHERE source = 1") == 0)
    #expect(
      try appliance.integer(appliance.state.spool, "SELECT count(*) FROM batches WHERE source = 1")
        == 0)
    #expect(!appliance.holds("canary7"))
    #expect(try appliance.batches(appliance.state.history, .product) > 5)
  }

  @Test(
    "rule 5: doubt stops everything, deletes nothing, and ends with the doubt",
    arguments: [
      nil, "schema = 1\n[sources", consent() + "[unknown]\n", "schema = 2\n[sources]\n",
      "schema = 1\nuntil = 2000-01-01\n[sources]\nenvironment = \"deny\"\n",
      consent().replacing("accepts = 2", with: "accepts = 1"),
      consent().replacing("Example Devices Ltd", with: "Other"),
    ])
  func doubtHolds(_ doubtful: String?) throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 120)
    appliance.consent(doubtful)
    appliance.run(seconds: 3_600)
    for path in [appliance.state.history, appliance.state.spool] {
      #expect(try appliance.batches(path, .product) == 2)
      #expect(try appliance.batches(path, .environment) == 2)
    }
    #expect(try !appliance.ledger().contains("grant-closed"))
    #expect(try !appliance.ledger().contains("deletion-recorded"))
    #expect(appliance.journal.lines.contains { $0.hasPrefix("3 ") } || doubtful == nil)
    appliance.consent(consent())
    appliance.run(seconds: 120)
    #expect(try appliance.batches(appliance.state.spool, .environment) >= 3)
    #expect(try appliance.integer(appliance.state.spool, "SELECT count(*) FROM grants") == 2)
  }

  @Test(
    "an offer that breaks or says less holds what is shared and leaves what is local alone"
  )
  func offerHolds() throws {
    for offer in [
      nil, "schema = 9",
      exampleOffer.replacing("[environment]", with: "[usage]"),
    ] {
      let appliance = try Appliance(consent: consent(product: "local"))
      appliance.run(seconds: 120)
      if let offer {
        appliance.write(offer, to: appliance.locations.offer)
      } else {
        appliance.remove(appliance.locations.offer)
      }
      appliance.run(seconds: 3_600)
      #expect(try appliance.batches(appliance.state.spool, .environment) == 2)
      #expect(try appliance.batches(appliance.state.history, .product) > 50)
      #expect(try !appliance.ledger().contains("grant-closed"))
      #expect(try !appliance.ledger().contains("deletion-recorded"))
    }
  }

  @Test("rule 3: what is accepted is kept, and no later edit of the offer adds to it")
  func acceptanceFreezes() throws {
    let appliance = try Appliance(consent: consent())
    let signals = "signals = [\"system.*\"]"
    let narrow = exampleOffer.replacing(signals, with: "signals = [\"system.cpu.time\"]")
    try #require(narrow != exampleOffer)
    appliance.write(narrow, to: appliance.locations.offer)
    appliance.run(seconds: 120)
    let names = "SELECT count(DISTINCT signal) FROM series WHERE signal NOT LIKE 'system.cpu.time%'"
    let before = try appliance.integer(appliance.state.spool, names)
    // The same revision with more signals, then a newer one: neither was accepted.
    for offer in [exampleOffer, exampleOffer.replacing("revision = 2", with: "revision = 3")] {
      appliance.write(offer, to: appliance.locations.offer)
      appliance.run(seconds: 120)
      #expect(try appliance.integer(appliance.state.spool, names) == before)
    }
    #expect(try appliance.batches(appliance.state.spool, .environment) >= 6)
    #expect(try appliance.integer(appliance.state.spool, "SELECT count(*) FROM grants") == 2)
    #expect(try appliance.ledger().count { $0 == "offer-accepted" } == 1)
    // Accepting the newer one adds what it asks for, under the same grant.
    appliance.write(
      consent().replacing("accepts = 2", with: "accepts = 3"), to: appliance.locations.consent)
    appliance.run(seconds: 120)
    #expect(try appliance.integer(appliance.state.spool, names) > before)
    #expect(try appliance.integer(appliance.state.spool, "SELECT count(*) FROM grants") == 2)
    #expect(try appliance.ledger().count { $0 == "offer-accepted" } == 2)
  }

  @Test("rule 3: while what was accepted cannot be kept nothing is shared, and it is told once")
  func acceptanceCannotBeKept() throws {
    let appliance = try Appliance(consent: consent())
    appliance.write("in the way", to: appliance.state.accepted)
    appliance.run(seconds: 600)
    #expect(appliance.journal.count("what was accepted cannot be kept") == 1)
    #expect(try appliance.ledger() == [])
    #expect(try appliance.batches(appliance.state.spool, .environment) == 0)
    appliance.remove(appliance.state.accepted)
    appliance.run(seconds: 120)
    #expect(try appliance.ledger().count { $0 == "offer-accepted" } == 1)
    #expect(try appliance.batches(appliance.state.spool, .environment) > 0)
  }

  @Test("rule 3: another receiver under the same revision gets nothing")
  func anotherReceiver() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 120)
    appliance.write(
      exampleOffer.replacing("telemetry.example.com", with: "elsewhere.example.com"),
      to: appliance.locations.offer)
    appliance.run(seconds: 600)
    #expect(try appliance.batches(appliance.state.spool, .environment) == 2)
    #expect(try appliance.integer(appliance.state.spool, "SELECT count(*) FROM grants") == 2)
    #expect(try !appliance.ledger().contains("grant-closed"))
  }

  @Test("a consent that others may write is not believed", .enabled(if: geteuid() == 0))
  func distrusted() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 120)
    chmod(appliance.locations.consent, 0o666)
    appliance.run(seconds: 600)
    #expect(try appliance.batches(appliance.state.spool, .environment) == 2)
    #expect(appliance.journal.says("others can write it"))
  }

  @Test("deny, then share within 30 seconds, opens a new grant, and what the old one left goes")
  func changeOfMind() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 120)
    appliance.consent(consent(environment: "deny"))
    appliance.run(seconds: 20)
    appliance.consent(consent())
    appliance.run(seconds: 120)
    #expect(
      try appliance.integer(
        appliance.state.spool, "SELECT count(*) FROM live WHERE source = 1 AND NOT is_open") == 0)
    #expect(
      try appliance.integer(
        appliance.state.spool, "SELECT count(*) FROM live WHERE source = 1 AND is_open") > 0)
    // The history was shared before and is shared again: nobody's settled word has denied it.
    #expect(try appliance.batches(appliance.state.history, .environment) > 3)
    #expect(try appliance.ledger().count { $0 == "grant-opened" } == 3)
    #expect(try appliance.ledger().count { $0 == "grant-closed" } == 1)
    #expect(try appliance.ledger().count { $0 == "identity-removed" } == 0)
  }

  @Test("a batch lies within one agreement")
  func batchWithinAgreement() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 30)
    appliance.consent(consent(more: "[withhold]\nsignals = [\"system.network.*\"]"))
    appliance.run(seconds: 60)
    appliance.stop()
    let path = appliance.state.history
    #expect(try appliance.integer(path, "SELECT count(DISTINCT agreement) FROM batches") == 2)
    #expect(
      try appliance.integer(
        path, "SELECT count(*) FROM batches WHERE agreement = 1 AND last_ms > 1030000") == 0)
    #expect(
      try appliance.integer(
        path, "SELECT count(*) FROM batches WHERE agreement = 2 AND first_ms <= 1030000") == 0)
    #expect(try appliance.fingerprints(path) == appliance.fingerprints(appliance.state.ledger))
    #expect(!appliance.holds("canary7"))
  }

  @Test("an agreement ends on its day though the clock is set back, and goes on with a later day")
  func until() throws {
    let appliance = try Appliance(
      consent: consent(more: "").replacing("accepts = 2", with: "accepts = 2\nuntil = 2026-11-22"))
    appliance.run(seconds: 120)
    // Somebody sets the clock back two days, and keeps it there.
    appliance.clock.wallTimeMilliseconds -= 2 * 86_400_000
    appliance.clock.isSynchronised = false
    appliance.run(seconds: 3_600)
    #expect(try appliance.batches(appliance.state.spool, .environment) > 50)
    appliance.clock.bootTimeMilliseconds += 86_400_000
    appliance.run(seconds: 60)
    let recorded = try appliance.batches(appliance.state.spool, .environment)
    appliance.run(seconds: 600)
    #expect(try appliance.batches(appliance.state.spool, .environment) == recorded)
    #expect(appliance.journal.says("the agreement ended on 2026-11-22, at 00:00 UTC"))
    appliance.consent(consent().replacing("accepts = 2", with: "accepts = 2\nuntil = 2027-11-22"))
    appliance.run(seconds: 120)
    #expect(try appliance.batches(appliance.state.spool, .environment) > recorded)
    #expect(try appliance.integer(appliance.state.spool, "SELECT count(*) FROM grants") == 2)
  }

  @Test("another pseudonym after everything was revoked")
  func identity() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 60)
    let first = try #require(appliance.pseudonym)
    appliance.consent(consent(environment: "deny"))
    appliance.run(seconds: 120)
    #expect(appliance.pseudonym == first)
    appliance.consent(consent(product: "local", environment: "deny"))
    appliance.run(seconds: 20)
    #expect(appliance.pseudonym == first)
    appliance.run(seconds: 120)
    #expect(appliance.pseudonym == nil)
    #expect(!appliance.holds(first))
    appliance.consent(consent())
    appliance.run(seconds: 60)
    #expect(appliance.pseudonym != nil && appliance.pseudonym != first)
    #expect(
      try appliance.ledger().filter { $0.hasPrefix("identity") } == [
        "identity-created", "identity-removed", "identity-created",
      ])
  }
}
