import Glibc
import SQLite
import Telemetry
import Testing

@testable import Handshake
@testable import Recording

@Suite("Rule 8: counters do not tell the past")
struct BaselineTests {
  /// Everything about counters that could be delivered: series, tick, value minus baseline, since when.
  private func deliverable(_ appliance: Appliance) throws -> [String] {
    guard let outbox = try Outbox.open(appliance.directory) else { return [] }
    var lines: [String] = []
    for batch in try outbox.batches(in: [.pending, .sent]) where batch.isOpen {
      let starts = try outbox.counterStarts(for: [batch])
      guard let content = try outbox.content(of: batch) else { continue }
      for column in content.columns {
        let own = (starts[column.series] ?? []).filter { $0.boot == batch.boot }
        for (tick, value) in zip(content.ticks, column.values) {
          guard let value,
            let start = own.last(where: { $0.sinceMilliseconds <= tick && $0.value <= value })
          else { continue }
          lines.append(
            "\(batch.id.split(separator: "-")[1]) \(tick) \(value - start.value) since \(start.sinceMilliseconds)"
          )
        }
      }
    }
    return lines
  }

  private func baselines(_ appliance: Appliance) throws -> [String] {
    let database = try Database(appliance.directory.spool, .readOnly, busyTimeoutMilliseconds: 0)
    var rows = try database.prepare(
      "SELECT \"grant\", b.id, since_ms, value FROM baselines JOIN boots AS b ON b.number = boot ORDER BY \"grant\", boot, since_ms"
    )
    var lines: [String] = []
    while try rows.step() {
      lines.append("\(rows.integer(0)) \(rows.text(1)) \(rows.integer(2)) \(rows.integer(3))")
    }
    return lines
  }

  private func sharing() throws -> Appliance {
    let appliance = try Appliance()
    try appliance.agree(agreement())
    return appliance
  }

  @Test("a counter is counted from the grant's first sealed reading")
  func firstReading() throws {
    let appliance = try sharing()
    appliance.tick(Catalog.processesCreated, 5_000)
    appliance.tick(Catalog.processesCreated, 5_007)
    try appliance.seal()
    #expect(try baselines(appliance) == ["2 boot-1 1010000 5000"])
    #expect(
      try deliverable(appliance) == ["1 1010000 0 since 1010000", "1 1020000 7 since 1010000"])
    #expect(
      try appliance.readings(appliance.directory.history).map { $0.split(separator: " ").last } == [
        "5000", "5007",
      ])
  }

  @Test("gaps and restarts of the agent begin nothing")
  func gapsAndRestarts() throws {
    let appliance = try sharing()
    appliance.tick(Catalog.processesCreated, 100)
    try appliance.seal()
    appliance.bootTime += 86_400_000
    appliance.tick(Catalog.processesCreated, 900)
    try appliance.seal()
    try appliance.restart()
    appliance.tick(Catalog.processesCreated, 901)
    try appliance.seal()
    #expect(try baselines(appliance).count == 1)
    #expect(try deliverable(appliance).last == "3 87430000 801 since 1010000")
  }

  @Test("a fall across a restart is noticed though the newest batch does not hold the counter")
  func fallInAGap() throws {
    let appliance = try sharing()
    appliance.tick(Catalog.processesCreated, 100)
    appliance.tick(Catalog.processesCreated, 900)
    try appliance.seal()
    appliance.tick(Catalog.load1, 7)
    try appliance.seal()
    try appliance.restart()
    appliance.tick(Catalog.processesCreated, 500)
    try appliance.seal()
    #expect(try baselines(appliance).map { $0.split(separator: " ").last } == ["100", "500"])
    #expect(try deliverable(appliance).last?.contains(" 0 since ") == true)
  }

  @Test("after a boot inside the grant a counter starts at zero with the boot")
  func boot() throws {
    let appliance = try sharing()
    appliance.tick(Catalog.processesCreated, 100)
    try appliance.seal()
    try appliance.restart(boot: "boot-2")
    appliance.tick(Catalog.processesCreated, 40)
    try appliance.seal()
    #expect(try baselines(appliance) == ["2 boot-1 1010000 100", "2 boot-2 0 0"])
    #expect(try deliverable(appliance).last == "2 30000 40 since 0")
  }

  @Test("a counter that is first seen after such a boot is counted from its first reading")
  func newAfterBoot() throws {
    let appliance = try sharing()
    appliance.tick(Catalog.processesCreated, 100)
    try appliance.seal()
    try appliance.restart(boot: "boot-2")
    appliance.tick(Catalog.cpuTime, 777)
    try appliance.seal()
    #expect(try baselines(appliance).last == "2 boot-2 30000 777")
  }

  @Test(
    "a counter that falls is counted from where it fell to, also when the fall lies at a seal or a restart"
  )
  func fall() throws {
    let appliance = try sharing()
    for value in [100, 150, 40, 60] as [Int64] { appliance.tick(Catalog.processesCreated, value) }
    try appliance.seal()
    try appliance.restart()
    appliance.tick(Catalog.processesCreated, 50)
    try appliance.seal()
    appliance.tick(Catalog.processesCreated, 5)
    try appliance.seal()
    #expect(
      try baselines(appliance).map { $0.split(separator: " ").last! } == ["100", "40", "50", "5"])
    #expect(
      try deliverable(appliance).map { $0.split(separator: " ")[2] } == [
        "0", "50", "0", "20", "0", "0",
      ])
  }

  @Test("a closed grant and the one after it have nothing in common")
  func newGrant() throws {
    let appliance = try sharing()
    appliance.tick(Catalog.processesCreated, 100)
    try appliance.seal()
    try appliance.agree(agreement(environment: "local"))
    appliance.tick(Catalog.processesCreated, 5_000)
    try appliance.seal()
    try appliance.agree(agreement())
    appliance.tick(Catalog.processesCreated, 9_000)
    try appliance.seal()
    #expect(try baselines(appliance).map { $0.split(separator: " ").last! } == ["100", "9000"])
    #expect(try deliverable(appliance) == ["1 1030000 0 since 1030000"])
  }

  @Test("a rewrite that finds no batch of this boot does not make it pass for another boot")
  func rewriteKeepsBoot() throws {
    let appliance = try sharing()
    appliance.tick(Catalog.uptime, 1)
    try appliance.seal()
    try appliance.restart(boot: "boot-2")
    appliance.tick(Catalog.processesCreated, 70_000)
    try appliance.seal()
    // The quota has taken the batch; the grant and its beginnings stay.
    try appliance.spool.store.database.execute("DELETE FROM batches WHERE source = 1")
    try appliance.agree(agreement(product: "local"))
    let deletion = try appliance.spool.recordDeletion(
      ofClosedGrantsOf: .product, reason: "r", nowMilliseconds: 1)
    #expect(deletion != nil)
    try appliance.rewriteSpool()
    appliance.tick(Catalog.processesCreated, 70_001)
    try appliance.seal()
    #expect(try baselines(appliance) == ["2 boot-2 30000 70000"])
    #expect(try deliverable(appliance) == ["2 40000 1 since 30000"])
  }

  @Test("a seal that fails begins nothing")
  func failedSeal() throws {
    let appliance = try sharing()
    appliance.tick(Catalog.processesCreated, 100)
    let other = try Database(appliance.directory.spool, .readWrite, busyTimeoutMilliseconds: 0)
    try other.execute("BEGIN IMMEDIATE")
    #expect(throws: SQLiteError.self) { try appliance.seal() }
    try other.execute("ROLLBACK")
    appliance.tick(Catalog.processesCreated, 103)
    try appliance.seal()
    #expect(try baselines(appliance) == ["2 boot-1 1010000 100"])
  }

  /// One life of an appliance. `past` is what the counters held before the grant.
  private func life(_ seed: UInt64, past: Int64) throws -> [String] {
    var random = Seeded(seed)
    let appliance = try Appliance()
    var counter = past + 1_000
    var boots = 1
    // Something before the grant, too.
    try appliance.agree(agreement(environment: "local"))
    appliance.tick(Catalog.processesCreated, counter)
    try appliance.agree(agreement())
    for _ in 0..<Int.random(in: 5...40, using: &random) {
      switch Int.random(in: 0..<20, using: &random) {
      case 0: try appliance.restart()
      case 1:
        boots += 1
        counter = .random(in: 0...500, using: &random)
        try appliance.restart(boot: "boot-\(boots)")
      case 2: counter -= .random(in: 1...200, using: &random)
      case 4: appliance.bootTime += 3_600_000
      case 5: try appliance.agree(agreement(more: "[resolution]\nenvironment = \"30s\""))
      case 6: try appliance.agree(agreement())
      case 7, 8, 9: try appliance.seal()
      default:
        counter += .random(in: 0...90, using: &random)
        appliance.tick(Catalog.processesCreated, counter)
      }
    }
    try appliance.seal()
    return try deliverable(appliance)
  }

  @Test(
    "two appliances that differ only in what their counters held before the grant deliver the same")
  func indistinguishable() throws {
    for seed in UInt64(0)..<25 {
      let young = try life(seed, past: 0)
      #expect(try young == life(seed, past: 9_000_000_000_000), "seed \(seed)")
      #expect(try young == life(seed, past: 12_345), "seed \(seed)")
    }
  }
}
