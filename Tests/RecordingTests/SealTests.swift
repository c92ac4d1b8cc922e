import SQLite
import Telemetry
import Testing

@testable import Handshake
@testable import Recording

@Suite("Sealing")
struct SealTests {
  private func sharing(_ agreement: Agreement = agreement()) throws -> Appliance {
    let appliance = try Appliance()
    try appliance.agree(agreement)
    return appliance
  }

  @Test("a seal makes one batch of each source, with its readings, times and circumstances")
  func batches() throws {
    let appliance = try sharing()
    for value in 1...3 {
      appliance.tick([
        (Catalog.uptime, nil, Int64(value)), (Catalog.cpuTime, nil, Int64(value * 10)),
      ])
    }
    try appliance.seal(facts: [.product: [Fact(Catalog.osName, "Debian")]])
    for path in [appliance.directory.history, appliance.directory.spool] {
      #expect(
        try appliance.readings(path) == [
          "system.uptime  1010000 1", "system.uptime  1020000 2", "system.uptime  1030000 3",
          "system.cpu.time  1010000 10", "system.cpu.time  1020000 20",
          "system.cpu.time  1030000 30",
        ])
      #expect(try appliance.integer(path, "SELECT sum(readings) FROM batches") == 6)
      #expect(try appliance.integer(path, "SELECT min(first_ms) FROM batches") == 1_010_000)
      #expect(try appliance.integer(path, "SELECT max(last_ms) FROM batches") == 1_030_000)
      #expect(
        try appliance.integer(path, "SELECT count(*) FROM batches WHERE facts IS NOT NULL") == 1)
      #expect(try appliance.integer(path, "SELECT count(*) FROM boots") == 1)
      #expect(try appliance.integer(path, "SELECT count(*) FROM agreements") == 1)
    }
  }

  @Test("nothing to seal writes nothing")
  func empty() throws {
    let appliance = try sharing()
    try appliance.seal()
    try appliance.seal()
    #expect(try appliance.integer(appliance.directory.history, "SELECT count(*) FROM batches") == 0)
    #expect(try appliance.integer(appliance.directory.spool, "SELECT count(*) FROM batches") == 0)
  }

  @Test("what is local enters the history only")
  func local() throws {
    let appliance = try sharing(agreement(environment: "local"))
    appliance.tick([(Catalog.uptime, nil, 1), (Catalog.cpuTime, nil, 2)])
    try appliance.seal()
    #expect(try appliance.readings(appliance.directory.history).count == 2)
    #expect(try appliance.readings(appliance.directory.spool) == ["system.uptime  1010000 1"])
  }

  private func traffic(_ device: Int, _ reading: String) -> String {
    "system.network.io network.interface.name=\"eth\(device)\" \(reading)"
  }

  @Test("a device that appears within a batch has no readings before it came")
  func newDevice() throws {
    let appliance = try sharing()
    appliance.tick([(Catalog.cpuTime, nil, 1)])
    appliance.tick([(Catalog.networkIO, "eth1", 7), (Catalog.cpuTime, nil, 2)])
    appliance.tick([(Catalog.networkIO, "eth1", 8), (Catalog.networkIO, "eth2", 9)])
    try appliance.seal()
    for path in [appliance.directory.history, appliance.directory.spool] {
      #expect(
        try appliance.readings(path) == [
          "system.cpu.time  1010000 1", "system.cpu.time  1020000 2", traffic(1, "1020000 7"),
          traffic(1, "1030000 8"), traffic(2, "1030000 9"),
        ])
    }
  }

  enum Refusal: CaseIterable { case lock, full }

  @Test(
    "a seal that the disk refuses keeps the readings, and the next one writes them once",
    arguments: Refusal.allCases)
  func refused(_ refusal: Refusal) throws {
    let appliance = try sharing()
    appliance.tick([(Catalog.uptime, nil, 0)])
    try appliance.seal()
    for path in [appliance.directory.history, appliance.directory.spool] {
      let other = try Database(path, .readWrite, busyTimeoutMilliseconds: 0)
      switch refusal {
      case .lock: try other.execute("BEGIN IMMEDIATE")
      case .full:
        let limit = "PRAGMA max_page_count = \(try other.integer("PRAGMA page_count"))"
        if path == appliance.directory.history {
          try appliance.history.store.database.execute(limit)
        } else {
          try appliance.spool.store.database.execute(limit)
        }
      }
      // New names need new pages; a known one may fit in.
      let devices = (0..<60).map {
        (Catalog.networkIO, "a-rather-long-device-\(path.count)-\($0)" as String?, Int64($0))
      }
      appliance.tick(devices + [(Catalog.uptime, nil, 1)])
      #expect(throws: SQLiteError.self) { try appliance.seal() }
      appliance.tick(devices + [(Catalog.uptime, nil, 2)])
      #expect(throws: SQLiteError.self) { try appliance.seal() }
      if refusal == .lock { try other.execute("ROLLBACK") }
      try appliance.history.store.database.execute("PRAGMA max_page_count = 1000000")
      try appliance.spool.store.database.execute("PRAGMA max_page_count = 1000000")
      try appliance.seal()
    }
    for path in [appliance.directory.history, appliance.directory.spool] {
      let uptimes = try appliance.readings(path).filter { $0.hasPrefix("system.uptime") }
      #expect(uptimes.map { $0.split(separator: " ").last! } == ["0", "1", "2", "1", "2"])
      #expect(try appliance.readings(path).count == 5 + 4 * 60)
      #expect(try appliance.readings(path).allSatisfy { !$0.hasPrefix("?") })
      // Each device reads its own number: no name stands for another series.
      for reading in try appliance.readings(path) where reading.contains("device") {
        let name = reading.split(separator: "\"")[1]
        #expect(name.split(separator: "-").last == reading.split(separator: " ").last, "\(reading)")
      }
      #expect(
        try appliance.integer(
          path, "SELECT count(*) - count(DISTINCT signal || attributes) FROM series") == 0)
    }
    #expect(appliance.history.readingsLost == 0 && appliance.spool.readingsLost == 0)
    #expect(
      try appliance.integer(
        appliance.directory.spool, "SELECT max(sequence) FROM batches WHERE source = 0") == 3)
  }

  @Test("while the disk refuses memory is bounded, the oldest readings go, and they are counted")
  func bounded() throws {
    let appliance = try sharing()
    let locks = try [appliance.directory.history, appliance.directory.spool].map { path in
      let lock = Lock(try Database(path, .readWrite, busyTimeoutMilliseconds: 0))
      try lock.database.execute("BEGIN IMMEDIATE")
      return lock
    }
    for value in 0..<(Limits.unsealedTicksMax + 40) {
      appliance.tick(Catalog.uptime, Int64(value))
      if value % 50 == 49 { try? appliance.seal() }
    }
    #expect(throws: SQLiteError.self) { try appliance.seal() }
    for lock in locks { try lock.database.execute("ROLLBACK") }
    try appliance.seal()
    let readings = try appliance.readings(appliance.directory.history)
    #expect(readings.count == Limits.unsealedTicksMax)
    #expect(readings.last?.hasSuffix(" 399") == true)
    #expect(appliance.history.readingsLost == 40)
    // The spool is tried after the history and gets another chance at the next seal.
    #expect(
      try appliance.readings(appliance.directory.spool).count + Int(appliance.spool.readingsLost)
        == 400)
  }

  private final class Lock {
    let database: Database
    init(_ database: consuming Database) { self.database = database }
  }

  @Test(
    "readings that another agreement finds unsealable are dropped and counted, never written under it"
  )
  func changeWhileRefused() throws {
    let appliance = try sharing()
    appliance.tick(Catalog.uptime, 1)
    let other = try Database(appliance.directory.history, .readWrite, busyTimeoutMilliseconds: 0)
    try other.execute("BEGIN IMMEDIATE")
    #expect(throws: SQLiteError.self) { try appliance.seal() }
    try other.execute("ROLLBACK")
    appliance.history.begin()
    appliance.spool.begin(agreement(product: "local"), grants: [])
    try appliance.seal()
    #expect(try appliance.readings(appliance.directory.history).isEmpty)
    #expect(try appliance.readings(appliance.directory.spool).isEmpty)
    #expect(appliance.history.readingsLost == 1 && appliance.spool.readingsLost == 1)
  }

  @Test(
    "what a new agreement withholds, denies or redacts is not written down any more, not even from memory",
    arguments: [
      (agreement(product: "share", environment: "deny"), 0, 0),
      (agreement(environment: "local"), 1, 0),
      (agreement(more: "[withhold]\nsignals = [\"system.network.io\"]"), 0, 0),
      (agreement(more: "[redact]\n\"network.interface.name\" = \"drop\""), 0, 0),
      (agreement(offer: nil), 1, 1),
      (agreement(), 1, 1),
    ])
  func tightened(_ next: Agreement, _ inHistory: Int, _ inSpool: Int) throws {
    let appliance = try sharing()
    appliance.tick([(Catalog.networkIO, "canary0", 7)])
    try appliance.agree(next)
    #expect(try appliance.readings(appliance.directory.history).count == inHistory)
    #expect(try appliance.readings(appliance.directory.spool).count == inSpool)
    #expect((inHistory + inSpool == 0) == appliance.shelf.files(containing: "canary0").isEmpty)
  }
}
