import SQLite
import Telemetry
import Testing

@testable import Handshake
@testable import Recording

@Suite("Keeping within the quota")
struct EvictionTests {
  /// Readings that do not compress, so that the quota is reached soon.
  private func noise(_ random: inout Seeded, _ signals: [Signal]) -> [(Signal, String?, Int64)] {
    signals.flatMap { signal in
      (0..<20).map {
        (signal, "device\($0)" as String?, Int64.random(in: .min ... .max, using: &random))
      }
    }
  }

  /// The totals that the triggers keep, and what a scan of the batches says.
  private func totalsAgree(_ appliance: Appliance, _ path: String) throws -> Bool {
    let difference = """
      SELECT count(*) FROM (
        SELECT source, state, batches, readings, bytes FROM totals WHERE batches > 0
        EXCEPT SELECT source, state, count(*), sum(readings), sum(length(columns)) FROM batches GROUP BY 1, 2)
      """
    let groups =
      "SELECT (SELECT count(*) FROM totals WHERE batches > 0) - (SELECT count(*) FROM (SELECT 1 FROM batches GROUP BY source, state))"
    let negative =
      "SELECT count(*) FROM totals WHERE batches < 0 OR readings < 0 OR bytes < 0 OR (batches = 0 AND (readings != 0 OR bytes != 0))"
    return try [difference, groups, negative].allSatisfy { try appliance.integer(path, $0) == 0 }
  }

  @Test(
    "the oldest of the least valuable source goes first, in lots of an hour, and leaves a counted gap"
  )
  func order() throws {
    let appliance = try Appliance(quotaBytes: 100_000)
    try appliance.agree(agreement())
    var random = Seeded(1)
    for _ in 0..<300 {
      appliance.tick(noise(&random, [Catalog.load1]) + [(Catalog.uptime, nil, 1)])
      appliance.bootTime += 290_000
      try appliance.seal()
    }
    for path in [appliance.directory.history, appliance.directory.spool] {
      // 300 batches of each: only the newest of `environment` are left, and all of `product`.
      #expect(try appliance.integer(path, "SELECT count(*) FROM batches WHERE source = 0") == 300)
      let left = try appliance.integer(path, "SELECT count(*) FROM batches WHERE source = 1")
      #expect(left > 0 && left < 300)
      #expect(
        try appliance.integer(path, "SELECT min(number) FROM batches WHERE source = 1") == 602 - 2
          * left)
      #expect(
        try appliance.integer(
          path, "SELECT sum(batches) FROM gaps WHERE source = 1 AND reason = 'quota'") == 300 - left
      )
      #expect(try appliance.integer(path, "SELECT sum(readings) FROM gaps") == (300 - left) * 20)
      #expect(try appliance.integer(path, "SELECT max(batches) FROM gaps") == 12)
      #expect(try totalsAgree(appliance, path))
    }
  }

  @Test("what was sent goes before anything that waits, and its going is no gap")
  func sentFirst() throws {
    let appliance = try Appliance(quotaBytes: 60_000)
    try appliance.agree(agreement(environment: "local"))
    var random = Seeded(2)
    for round in 0..<200 {
      appliance.tick(noise(&random, [Catalog.uptime]))
      appliance.bootTime += 3_600_000
      try appliance.seal()
      if round >= 20 {
        try appliance.spool.store.database.execute(
          "UPDATE batches SET state = 1 WHERE number = (SELECT max(number) FROM batches)")
      }
    }
    let spool = appliance.directory.spool
    #expect(try appliance.integer(spool, "SELECT count(*) FROM batches WHERE state = 0") == 20)
    #expect(try appliance.integer(spool, "SELECT count(*) FROM gaps") == 0)
    #expect(try totalsAgree(appliance, spool))
  }

  @Test("the quota holds on the disk, log and all, however long it lasts")
  func onDisk() throws {
    let quota: Int64 = 300_000
    let appliance = try Appliance(quotaBytes: quota)
    try appliance.agree(agreement())
    var random = Seeded(3)
    for _ in 0..<600 {
      appliance.tick(noise(&random, [Catalog.uptime, Catalog.load1]))
      appliance.bootTime += 120_000
      try appliance.seal()
    }
    for name in ["private/history.db", "spool.db"] {
      #expect(appliance.shelf.bytes(name).count < Int(quota) + 64 * 1024)
      #expect(appliance.shelf.bytes(name + "-wal").count <= Limits.walBytesMax + 64 * 1024)
    }
  }

  @Test("a batch larger than the quota goes at once, and the next ones are recorded")
  func tooLarge() throws {
    let appliance = try Appliance(quotaBytes: 80_000)
    try appliance.agree(agreement())
    var random = Seeded(4)
    for _ in 0..<600 { appliance.tick(noise(&random, [Catalog.load1])) }
    try appliance.seal()
    #expect(try appliance.readings(appliance.directory.history).isEmpty)
    #expect(
      try appliance.integer(appliance.directory.history, "SELECT sum(readings) FROM gaps") == 12_000
    )
    appliance.bootTime += 3_600_000
    appliance.tick(Catalog.uptime, 1)
    try appliance.seal()
    #expect(try appliance.readings(appliance.directory.history).count == 1)
  }

  @Test("the totals always say what a scan says")
  func totals() throws {
    for seed in UInt64(0)..<8 {
      var random = Seeded(seed)
      let appliance = try Appliance(quotaBytes: .random(in: 40_000...90_000, using: &random))
      try appliance.agree(agreement())
      let spool = appliance.directory.spool
      for _ in 0..<60 {
        switch Int.random(in: 0..<10, using: &random) {
        case 0:
          try appliance.spool.store.database.execute(
            "UPDATE batches SET state = abs(random() % 4) WHERE number % 3 = \(Int.random(in: 0..<3, using: &random))"
          )
        case 1:
          let word = ["deny", "local", "share"].randomElement(using: &random)!
          try appliance.agree(agreement(environment: word))
          _ = try appliance.spool.recordDeletion(
            ofClosedGrantsOf: .environment, reason: "r", nowMilliseconds: 1)
          try appliance.rewriteSpool()
        case 2: try appliance.restart(boot: "boot-\(Int.random(in: 1...4, using: &random))")
        default:
          appliance.tick(noise(&random, [Catalog.uptime, Catalog.load1]))
          appliance.bootTime += .random(in: 0...4_000_000, using: &random)
          try appliance.seal()
        }
        #expect(try totalsAgree(appliance, spool), "seed \(seed)")
      }
      #expect(try totalsAgree(appliance, appliance.directory.history), "seed \(seed)")
    }
  }
}
