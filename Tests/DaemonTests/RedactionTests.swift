import Configuration
import Handshake
import Linux
import Recording
import SQLite
import Telemetry
import Testing

@testable import Daemon

@Suite("Redaction and withholding while the daemon runs")
struct RedactionTests {
  // One signal calls the interface by another key than its siblings.
  private static let hash =
    "[redact]\n\"network.interface.name\" = \"hash\"\n\"system.device\" = \"hash\""
  private static let hashed = "attributes LIKE '%network.interface.name=#%'"

  @Test("the key is made when hashing is first agreed, for accordd's eyes only, and kept")
  func key() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 60)
    #expect(try FileState.of(appliance.state.hashKey) == nil)
    appliance.consent(consent(more: Self.hash))
    appliance.run(seconds: 10)
    let state = try #require(try FileState.of(appliance.state.hashKey))
    #expect(state.sizeBytes == 32 && state.mode & 0o7777 == 0o600)
    let key = try HashKeyFile.read(appliance.state)
    try appliance.restart()
    appliance.run(seconds: 120)
    #expect(try HashKeyFile.read(appliance.state) == key)
    let name = try #require(key).hash(.string("canary7")).text
    #expect(appliance.holds(name) && !appliance.holds("canary7"))
  }

  @Test("what was written in clear is hashed though the offer is in doubt and holds the sharing")
  func held() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 120)
    appliance.remove(appliance.locations.offer)
    appliance.consent(consent(more: Self.hash))
    appliance.run(seconds: 20)
    #expect(appliance.holds("canary7"))
    appliance.run(seconds: 60)
    #expect(!appliance.holds("canary7"))
    #expect(try appliance.batches(appliance.state.history, .environment) > 0)
  }

  @Test("after a full revocation the key is gone, and sharing again hashes under another")
  func newKey() throws {
    let appliance = try Appliance(consent: consent(more: Self.hash))
    appliance.run(seconds: 120)
    let old = try #require(try HashKeyFile.read(appliance.state))
    appliance.consent(consent(product: "deny", environment: "deny", more: Self.hash))
    appliance.run(seconds: 60)
    #expect(try HashKeyFile.read(appliance.state) == nil)
    #expect(!appliance.holds(old.hash(.string("canary7")).text))
    appliance.consent(consent(more: Self.hash))
    appliance.run(seconds: 120)
    let new = try #require(try HashKeyFile.read(appliance.state))
    #expect(new != old && appliance.holds(new.hash(.string("canary7")).text))
  }

  @Test(
    "a key that cannot be used: what would be hashed is dropped and said, until the key is there")
  func unusableKey() throws {
    let appliance = try Appliance(consent: consent())
    try AtomicFile.replace(appliance.state.hashKey, with: [1], mode: 0o600, durability: .volatile)
    appliance.run(seconds: 120)
    appliance.consent(consent(more: Self.hash))
    appliance.run(seconds: 180)
    let hashed = "SELECT count(*) FROM series WHERE " + Self.hashed
    #expect(
      appliance.journal.count("does not hold 32 bytes; remove it, and a new key is made") == 1)
    #expect(appliance.status.contains("does not hold 32 bytes"))
    // What was written clear stays until it can be hashed; nothing new of it is written.
    #expect(
      try appliance.integer(appliance.state.history, hashed) == 0 && appliance.holds("canary7"))
    appliance.remove(appliance.state.hashKey)
    appliance.run(seconds: 240)
    #expect(try appliance.integer(appliance.state.history, hashed) > 0)
    #expect(!appliance.holds("canary7") && appliance.journal.says("values are hashed again"))
    #expect(!appliance.status.contains("does not hold 32 bytes"))
  }

  @Test(
    "a withheld signal leaves history and spool after 30 seconds, is counted, and the rest is whole"
  )
  func withhold() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 180)
    appliance.consent(consent(more: "[withhold]\nsignals = [\"system.network.*\"]"))
    appliance.run(seconds: 20)
    #expect(appliance.holds("canary7"))
    appliance.run(seconds: 40)
    // What was accepted of the offer still names the signals, and nothing else does.
    #expect(!appliance.holds("canary7"))
    for path in [appliance.state.history, appliance.state.spool] {
      #expect(try appliance.batches(path, .environment) == 4)
      #expect(try appliance.integer(path, "SELECT recut FROM deletions") == 3)
    }
    #expect(
      appliance.journal.count(
        "less is agreed of environment (\(appliance.locations.consent):8): removing 16 series") == 2
    )
    #expect(
      try appliance.ledger().filter { $0.hasPrefix("deletion") } == [
        "deletion-recorded", "deletion-recorded", "deletion-done", "deletion-done",
      ])
    // The same word again removes nothing more.
    try appliance.restart()
    appliance.run(seconds: 60)
    #expect(try appliance.ledger().count { $0 == "deletion-recorded" } == 2)
  }

  @Test("a word that is taken back before it has settled, or a file in doubt, removes nothing")
  func doubt() throws {
    let appliance = try Appliance(consent: consent())
    appliance.run(seconds: 180)
    let withheld = consent(more: "[withhold]\nsignals = [\"system.network.*\"]")
    appliance.consent(withheld)
    appliance.run(seconds: 20)
    appliance.consent(consent())
    appliance.run(seconds: 60)
    appliance.consent(withheld + "[redact]\n\"no.such.key\" = \"drop\"\n")
    appliance.run(seconds: 120)
    #expect(try !appliance.ledger().contains("deletion-recorded"))
    #expect(appliance.holds("canary7"))
  }

  @Test(
    "what is owed goes on between the ticks, and waits for the next tick when a reader is in the way"
  )
  func betweenTicks() throws {
    var settings = Settings()
    settings.sealMilliseconds = 10_000
    let appliance = try Appliance(consent: consent(), settings: settings)
    appliance.run(seconds: 3_000)
    let reader = try Database(appliance.state.history, .readOnly, busyTimeoutMilliseconds: 0)
    try reader.execute("BEGIN")
    _ = try reader.integer("SELECT count(*) FROM batches")
    appliance.consent(consent(more: "[withhold]\nsignals = [\"system.network.*\"]"))
    appliance.run(seconds: 40)
    #expect(appliance.owesDeletion)
    var steps = 0
    while appliance.workBetweenTicks() { steps += 1 }
    #expect(steps > 1 && appliance.owesDeletion)
    #expect(
      try appliance.integer(
        appliance.state.spool, "SELECT count(*) FROM deletions WHERE done_ms IS NULL") == 0)
    try reader.execute("COMMIT")
    #expect(!appliance.workBetweenTicks())
    appliance.run(seconds: 10)
    while appliance.workBetweenTicks() {}
    #expect(!appliance.owesDeletion && !appliance.holds("canary7"))
  }
}
