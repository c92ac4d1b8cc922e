import Glibc
import Linux
import SQLite
import Telemetry
import Testing

@testable import Handshake
@testable import Recording

@Suite("Rule 6: revoking deletes")
struct DeletionTests {
  /// An appliance that has shared both sources, with names and values that can be told apart.
  private func filled(batches: Int = 12) throws -> Appliance {
    let appliance = try Appliance()
    try appliance.agree(agreement())
    var random = Seeded(7)
    for number in 0..<batches {
      appliance.tick([
        (Catalog.uptime, nil, Int64(number)),
        (Catalog.networkIO, "canary-device", .random(in: 0...Int64.max, using: &random)),
      ])
      try appliance.seal(facts: [
        .environment: [Fact(name: "fact", value: .string("canary-fact"))],
        .product: [Fact(name: "fact", value: .string("kept-fact"))],
      ])
    }
    return appliance
  }

  /// What only `environment` brought: names, attributes, and the sealed bytes of each batch.
  private func canaries(_ path: String) throws -> [[UInt8]] {
    let database = try Database(path, .readOnly, busyTimeoutMilliseconds: 0)
    var canaries = [
      Array("canary-device".utf8), Array("canary-fact".utf8), Array("system.network.io".utf8),
    ]
    var rows = try database.prepare("SELECT columns FROM batches WHERE source = 1")
    while try rows.step() { canaries.append(rows.blob(0)) }
    return canaries
  }

  private func revoke(_ appliance: Appliance) throws -> [Deletion?] {
    try appliance.agree(agreement(environment: "deny"))
    return [
      try appliance.spool.recordDeletion(
        ofClosedGrantsOf: .environment, reason: "consent.toml:6", nowMilliseconds: 5),
      try appliance.history.recordDeletion(
        of: .environment, reason: "consent.toml:6", nowMilliseconds: 5),
    ]
  }

  @Test("from the moment a deletion is recorded nothing it covers is read, and the rest is")
  func recorded() throws {
    let appliance = try filled()
    let deletions = try revoke(appliance)
    for deletion in deletions {
      #expect(
        deletion?.batches == 12 && deletion?.readings == 12 && deletion?.reason == "consent.toml:6")
      #expect(deletion?.doneMilliseconds == nil)
    }
    for path in [appliance.directory.history, appliance.directory.spool] {
      #expect(try appliance.readings(path).count == 12)
      #expect(try appliance.readings(path).allSatisfy { $0.hasPrefix("system.uptime") })
    }
    guard let outbox = try Outbox.open(appliance.directory) else { return }
    #expect(
      try outbox.batches(in: [.pending, .sent, .refused, .timeUnknown]).allSatisfy {
        $0.source == .product
      })
    #expect(try appliance.spool.owesDeletion() && appliance.history.owesDeletion())
  }

  @Test(
    "after the rewrite no byte of names, attributes, facts or readings is left in any file, and the rest is whole"
  )
  func rewritten() throws {
    let appliance = try filled()
    let canaries = try canaries(appliance.directory.spool) + canaries(appliance.directory.history)
    for canary in canaries { #expect(!appliance.shelf.files(containing: canary).isEmpty) }
    _ = try revoke(appliance)
    try appliance.rewriteSpool()
    try appliance.rewriteHistory()
    for canary in canaries { #expect(appliance.shelf.files(containing: canary) == []) }
    #expect(!appliance.shelf.files(containing: "kept-fact").isEmpty)
    for path in [appliance.directory.history, appliance.directory.spool] {
      #expect(try appliance.readings(path, condition: "source = 0").count == 12)
      #expect(try appliance.readings(path).count == 12)
      #expect(try appliance.integer(path, "SELECT sum(batches) FROM totals") == 12)
      #expect(try appliance.integer(path, "SELECT count(*) FROM series") == 1)
      #expect(try appliance.integer(path, "SELECT done_ms FROM deletions") == 7)
      #expect(try appliance.integer(path, "PRAGMA page_size") == 1024)
      #expect(
        try appliance.integer(
          path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check != 'ok'") == 0)
    }
    #expect(appliance.shelf.names.allSatisfy { !$0.contains("rewrite") })
    #expect(try !appliance.spool.owesDeletion() && !appliance.history.owesDeletion())
  }

  @Test("going from share to local empties the spool and keeps the history")
  func shareToLocal() throws {
    let appliance = try filled()
    let canaries = try canaries(appliance.directory.spool)
    try appliance.agree(agreement(environment: "local"))
    _ = try appliance.spool.recordDeletion(
      ofClosedGrantsOf: .environment, reason: "r", nowMilliseconds: 5)
    try appliance.rewriteSpool()
    for canary in canaries.dropFirst(3) {
      #expect(
        appliance.shelf.files(containing: canary).allSatisfy { $0.hasPrefix("private/history") })
    }
    #expect(
      appliance.shelf.files(containing: "canary-device").allSatisfy {
        $0.hasPrefix("private/history")
      })
    #expect(try appliance.readings(appliance.directory.history).count == 24)
  }

  @Test(
    "sent batches go with the rest, and so do the names of a source whose batches were all evicted")
  func sentAndEvicted() throws {
    let appliance = try filled()
    try appliance.spool.store.database.execute("UPDATE batches SET state = 1")
    try appliance.history.store.database.execute("DELETE FROM batches WHERE source = 1")
    let deletions = try revoke(appliance)
    #expect(deletions.map { $0?.batches } == [12, 0])
    try appliance.rewriteSpool()
    try appliance.rewriteHistory()
    #expect(appliance.shelf.files(containing: "canary-device") == [])
  }

  @Test(
    "when there is nothing to delete nothing is recorded, and asking again records nothing more")
  func nothing() throws {
    let appliance = try Appliance()
    try appliance.agree(agreement(environment: "local"))
    appliance.tick(Catalog.uptime, 1)
    try appliance.seal()
    #expect(try revoke(appliance) == [nil, nil])
    #expect(try !appliance.spool.owesDeletion())
    let filled = try filled()
    _ = try revoke(filled)
    #expect(try revoke(filled) == [nil, nil])
    try filled.rewriteSpool()
    try filled.rewriteHistory()
    #expect(try revoke(filled) == [nil, nil])
  }

  @Test("what another grant of the same source gathers meanwhile stays")
  func newGrantSurvives() throws {
    let appliance = try filled()
    try appliance.agree(agreement(environment: "deny"))
    try appliance.agree(agreement())
    appliance.tick(Catalog.cpuTime, 5)
    try appliance.seal()
    let deletion = try appliance.spool.recordDeletion(
      ofClosedGrantsOf: .environment, reason: "r", nowMilliseconds: 5)
    #expect(deletion?.batches == 12)
    appliance.tick(Catalog.cpuTime, 6)
    try appliance.seal()
    try appliance.rewriteSpool()
    appliance.tick(Catalog.cpuTime, 7)
    try appliance.seal()
    let left = try appliance.readings(appliance.directory.spool, condition: "source = 1")
    #expect(left.map { $0.split(separator: " ").last! } == ["5", "6", "7"])
    #expect(try appliance.integer(appliance.directory.spool, "SELECT count(*) FROM baselines") == 1)
    #expect(
      try appliance.integer(
        appliance.directory.spool, "SELECT max(sequence) FROM batches WHERE source = 1") == 3)
  }

  @Test("numbers of batches and grants are never used twice")
  func numbers() throws {
    let appliance = try filled()
    _ = try revoke(appliance)
    try appliance.agree(agreement(product: "deny", environment: "deny"))
    _ = try appliance.spool.recordDeletion(
      ofClosedGrantsOf: .product, reason: "r", nowMilliseconds: 5)
    try appliance.rewriteSpool()
    #expect(try appliance.integer(appliance.directory.spool, "SELECT count(*) FROM batches") == 0)
    #expect(try appliance.integer(appliance.directory.spool, "SELECT count(*) FROM grants") == 0)
    try appliance.agree(agreement())
    appliance.tick(Catalog.cpuTime, 5)
    try appliance.seal()
    #expect(
      try appliance.integer(appliance.directory.spool, "SELECT min(number) FROM batches") == 25)
    #expect(try appliance.integer(appliance.directory.spool, "SELECT min(number) FROM grants") == 3)
  }

  @Test("damaged copies of the database go with it")
  func damagedCopies() throws {
    let appliance = try filled()
    try appliance.shelf.write(Array("canary-device".utf8), to: "private/history.db.damaged-1")
    try appliance.shelf.write(Array("canary-device".utf8), to: "private/history.db.damaged-2")
    _ = try revoke(appliance)
    try appliance.rewriteHistory()
    try appliance.rewriteSpool()
    #expect(appliance.shelf.files(containing: "canary-device") == [])
  }

  @Test("what was sent and not yet in the ledger can still be written there")
  func unrecordedDelivery() throws {
    let appliance = try filled()
    guard let outbox = try Outbox.openForDelivery(appliance.directory) else { return }
    let batches = try outbox.pending(.environment, after: 0, limit: 3)
    let delivery = try outbox.beginDelivery(
      of: batches, fingerprint: [1], body: [2], readings: 3, nowMilliseconds: 1)
    try outbox.finish(delivery, .accepted, message: "")
    _ = consume outbox
    _ = try revoke(appliance)
    try appliance.rewriteSpool()
    guard let again = try Outbox.openForDelivery(appliance.directory) else { return }
    #expect(try again.unrecordedDeliveries().map(\.id) == [delivery.id])
    let recipient = Grant.Recipient(
      supplier: "Example Devices Ltd", endpoint: "https://telemetry.example.com:4318")
    #expect(try again.unannouncedDeliveries(by: recipient, of: DataSource.allCases).isEmpty)
  }
}
