import Linux
import SQLite
import Telemetry
import Testing

@testable import Handshake
@testable import Recording

private let key = HashKey(Array(0..<32))!

@Suite("Rule 6: what is withheld or redacted later leaves what is already written")
struct TighteningTests {
  /// Batches with one signal that stays, and one of each of two interfaces.
  private func filled(_ batches: Int = 12, devices: [String] = ["canary0", "canary1"]) throws
    -> Appliance
  {
    let appliance = try Appliance()
    try appliance.agree(agreement())
    for number in 0..<batches {
      appliance.tick(
        [(Catalog.uptime, nil, Int64(number)), (Catalog.load1, nil, Int64(number))]
          + devices.map { (Catalog.networkIO, $0, Int64(1_000 + number)) })
      try appliance.seal(facts: [.environment: [Fact(Catalog.osName, "canary-os")]])
    }
    return appliance
  }

  @discardableResult
  private func tighten(_ appliance: Appliance, _ more: String) throws -> [Deletion] {
    let agreement = agreement(more: more)
    try appliance.agree(agreement)
    return try appliance.spool.recordTightening(
      by: agreement, fingerprint: appliance.context.fingerprint, hashing: key, nowMilliseconds: 5)
      + appliance.history.recordTightening(
        by: agreement, fingerprint: appliance.context.fingerprint, hashing: key, nowMilliseconds: 5)
  }

  private func finish(_ appliance: Appliance) throws {
    try appliance.rewriteSpool()
    try appliance.rewriteHistory()
  }

  private let withheld = "[withhold]\nsignals = [\"system.network.*\"]"

  @Test(
    "from the commit on nothing withheld is read; after the rewrite no byte of it is left, and the rest is whole"
  )
  func withhold() throws {
    let appliance = try filled()
    let blobs = try [appliance.directory.spool, appliance.directory.history].flatMap { path in
      let database = try Database(path, .readOnly, busyTimeoutMilliseconds: 0)
      var rows = try database.prepare("SELECT columns FROM batches WHERE source = 1")
      var blobs: [[UInt8]] = []
      while try rows.step() { blobs.append(rows.blob(0)) }
      return blobs
    }
    let deletions = try tighten(appliance, withheld)
    #expect(deletions.map(\.series) == [2, 2] && deletions.allSatisfy { $0.isPartial })
    #expect(deletions[0].reason == "consent.toml:8")
    for path in [appliance.directory.spool, appliance.directory.history] {
      let readings = try appliance.readings(path)
      // The columns are there, and nobody knows what they are.
      #expect(
        readings.filter { $0.hasPrefix("?") }.count == 24
          && !readings.contains { $0.contains("network") })
    }
    #expect(try appliance.integer(appliance.directory.spool, "SELECT count(*) FROM baselines") == 0)
    guard let outbox = try Outbox.open(appliance.directory) else { return }
    #expect(
      try outbox.series().values.map(\.signal).sorted() == [
        "system.cpu.load_average.1m", "system.uptime",
      ])
    _ = consume outbox
    try finish(appliance)
    for blob in blobs { #expect(appliance.shelf.files(containing: blob) == []) }
    for canary in ["canary0", "canary1", "system.network"] {
      #expect(appliance.shelf.files(containing: canary) == [])
    }
    for path in [appliance.directory.spool, appliance.directory.history] {
      let readings = try appliance.readings(path)
      #expect(readings.count == 24 && readings.allSatisfy { !$0.hasPrefix("?") })
      #expect(try appliance.integer(path, "SELECT sum(readings) FROM totals") == 24)
      #expect(try appliance.integer(path, "SELECT sum(readings) FROM batches") == 24)
      let row = "SELECT 100 * batches + recut FROM deletions"
      #expect(try appliance.integer(path, row) == 12)
      #expect(try appliance.integer(path, "SELECT readings FROM deletions") == 24)
    }
    #expect(try tighten(appliance, withheld) == [])
  }

  @Test("a batch of which nothing is left vanishes and is counted")
  func vanished() throws {
    let appliance = try filled(3)
    appliance.tick([(Catalog.networkIO, "canary0", 5)])
    try appliance.seal()
    try tighten(appliance, withheld)
    try finish(appliance)
    for path in [appliance.directory.spool, appliance.directory.history] {
      #expect(try appliance.integer(path, "SELECT batches FROM deletions") == 1)
      #expect(try appliance.integer(path, "SELECT recut FROM deletions") == 3)
      #expect(try appliance.integer(path, "SELECT readings FROM deletions") == 7)
      #expect(try appliance.integer(path, "SELECT count(*) FROM batches") == 6)
    }
  }

  @Test("hashing changes the names and no reading, and counters go on from where they began")
  func hashed() throws {
    let appliance = try filled()
    let deletions = try tighten(
      appliance, "[redact]\n\"network.interface.name\" = \"hash\"\n\"os.name\" = \"hash\"")
    #expect(deletions.map(\.series) == [0, 0] && deletions.map(\.redacted) == [3, 3])
    let baselines = try appliance.integer(
      appliance.directory.spool, "SELECT sum(value) FROM baselines")
    try finish(appliance)
    for canary in ["canary0", "canary1", "canary-os"] {
      #expect(appliance.shelf.files(containing: canary) == [])
    }
    for path in [appliance.directory.spool, appliance.directory.history] {
      #expect(try appliance.readings(path).count == 48)
      let hashed = try appliance.readings(path).filter { $0.contains("network.interface.name=#") }
      #expect(hashed.count == 24 && hashed[0].contains(key.hash(.string("canary0")).text))
      #expect(try appliance.integer(path, "SELECT sum(recut) FROM deletions") == 0)
    }
    #expect(
      try appliance.integer(appliance.directory.spool, "SELECT sum(value) FROM baselines")
        == baselines)
    guard let outbox = try Outbox.open(appliance.directory) else { return }
    let batch = try #require(try outbox.batches(in: [.pending]).last)
    #expect(
      try outbox.facts(of: batch) == [Fact(name: "os.name", value: key.hash(.string("canary-os")))])
  }

  @Test(
    "series that dropping makes equal are removed, one alone goes on, and later readings join it")
  func dropped() throws {
    let dropping = "[redact]\n\"network.interface.name\" = \"drop\""
    let two = try filled()
    try tighten(two, dropping)
    try finish(two)
    #expect(try !two.readings(two.directory.history).contains { $0.contains("network") })
    let one = try filled(devices: ["canary0"])
    try tighten(one, dropping)
    one.tick([(Catalog.networkIO, "canary0", 2_000)])
    try one.seal()
    try finish(one)
    for path in [one.directory.spool, one.directory.history] {
      let values = try one.readings(path).filter { $0.contains("network") }
      #expect(values.count == 13 && Set(values.map { $0.split(separator: " ")[0] }).count == 1)
      #expect(
        try one.integer(path, "SELECT count(*) FROM series WHERE signal LIKE '%network%'") == 1)
    }
    #expect(one.shelf.files(containing: "canary0") == [])
    #expect(try one.integer(one.directory.spool, "SELECT count(*) FROM baselines") == 1)
  }

  @Test(
    "what is pending and finer than the customer's own resolution goes, what was sent and the history stay"
  )
  func coarser() throws {
    let appliance = try filled()
    try appliance.spool.store.database.execute("UPDATE batches SET state = 1 WHERE number <= 4")
    let deletions = try tighten(appliance, "[resolution]\nenvironment = \"1min\"")
    #expect(deletions.map(\.batches) == [10] && deletions.map(\.readings) == [30])
    #expect(deletions[0].reason == "consent.toml:8" && !deletions[0].isPartial)
    let left = "SELECT count(*) FROM live WHERE source = 1"
    #expect(try appliance.integer(appliance.directory.spool, left) == 2)
    try finish(appliance)
    #expect(
      try appliance.integer(appliance.directory.spool, left.replacing("live", with: "batches")) == 2
    )
    #expect(
      try appliance.integer(
        appliance.directory.spool, "SELECT count(*) FROM batches WHERE source = 0") == 12)
    #expect(try appliance.readings(appliance.directory.history).count == 48)
    #expect(try tighten(appliance, "[resolution]\nenvironment = \"1min\"") == [])
  }

  @Test("the number of a withdrawn series is never used again, so no old column gets another name")
  func numbers() throws {
    let appliance = try filled()
    try tighten(appliance, withheld)
    try appliance.agree(agreement())
    appliance.tick([(Catalog.networkIO, "canary7", 9), (Catalog.cpuTime, nil, 8)])
    try appliance.seal()
    for path in [appliance.directory.spool, appliance.directory.history] {
      let named = try appliance.readings(path).filter { !$0.hasPrefix("?") }
      #expect(named.filter { $0.contains("canary7") }.count == 1)
      #expect(named.filter { $0.contains("cpu.time") }.count == 1)
    }
    try finish(appliance)
    for path in [appliance.directory.spool, appliance.directory.history] {
      #expect(try appliance.readings(path).count == 26)
    }
  }

  @Test("a crash at any step leaves it unnamed and owed, and the next start finishes the work")
  func crash() throws {
    let appliance = try filled(Limits.rewriteBatchesPerStep)
    try tighten(appliance, withheld)
    var crashes: [Shelf] = [try appliance.shelf.copy()]
    try appliance.rewriteSpool { crashes.append(try appliance.shelf.copy()) }
    crashes.append(try appliance.shelf.copy())
    try appliance.rewriteHistory { crashes.append(try appliance.shelf.copy()) }
    #expect(crashes.count == 4)
    for (number, shelf) in crashes.enumerated() {
      let again = try Appliance(shelf)
      #expect(try !again.readings(again.directory.history).contains { $0.contains("network") })
      try finish(again)
      for path in [again.directory.spool, again.directory.history] {
        #expect(
          try again.readings(path).count == 2 * Limits.rewriteBatchesPerStep, "crash \(number)")
      }
      for canary in ["canary0", "system.network"] {
        #expect(shelf.files(containing: canary) == [], "crash \(number)")
      }
    }
  }

  @Test("a batch that is damaged goes with a tightening, because nobody knows what is in it")
  func damaged() throws {
    let appliance = try filled(3)
    try appliance.history.store.database.execute(
      "UPDATE batches SET columns = x'0102' WHERE number = (SELECT max(number) FROM batches WHERE source = 1)"
    )
    try tighten(appliance, withheld)
    try finish(appliance)
    #expect(
      try appliance.integer(appliance.directory.history, "SELECT batches FROM deletions") == 1)
    #expect(try appliance.integer(appliance.directory.history, "SELECT count(*) FROM batches") == 5)
  }

  @Test("a step ends when its time is up, and the next one goes on behind it")
  func bounded() throws {
    let appliance = try filled(20)
    try tighten(appliance, withheld)
    var rewrite = try Rewrite.begin(appliance.history)
    var steps = 1
    while try rewrite.step(&appliance.history, nowMilliseconds: 7, isTimeUp: { true }) != .done {
      steps += 1
    }
    #expect(steps == 40)
    #expect(try appliance.readings(appliance.directory.history).count == 40)
  }
}
