import Linux
import SQLite
import Telemetry
import Testing

@testable import Handshake
@testable import Recording

@Suite("Rewrite and swap")
struct RewriteTests {
  /// More batches than one step copies, of which `environment` is to go.
  private func owing() throws -> Appliance {
    let appliance = try Appliance()
    try appliance.agree(agreement())
    for number in 0..<(Limits.rewriteBatchesPerStep + 30) {
      appliance.tick([
        (Catalog.uptime, nil, Int64(number)), (Catalog.networkIO, "canary-device", 5),
      ])
      try appliance.seal()
    }
    try appliance.agree(agreement(environment: "deny"))
    _ = try appliance.spool.recordDeletion(
      ofClosedGrantsOf: .environment, reason: "r", nowMilliseconds: 5)
    _ = try appliance.history.recordDeletion(of: .environment, reason: "r", nowMilliseconds: 5)
    return appliance
  }

  private let kept = Limits.rewriteBatchesPerStep + 30

  @Test("it goes on in bounded steps, and batches that arrive between them stay")
  func arrivals() throws {
    let appliance = try owing()
    var steps = 0
    try appliance.rewriteHistory {
      steps += 1
      appliance.tick(Catalog.uptime, Int64(1_000 + steps))
      try appliance.seal()
    }
    #expect(steps == 2)
    appliance.tick(Catalog.uptime, 2_000)
    try appliance.seal()
    try appliance.rewriteSpool()
    for path in [appliance.directory.history, appliance.directory.spool] {
      let values = try appliance.readings(path).map { $0.split(separator: " ").last! }
      #expect(values.count == kept + 3)
      #expect(values.suffix(3) == ["1001", "1002", "2000"])
      #expect(try appliance.integer(path, "SELECT sum(readings) FROM totals") == Int64(kept + 3))
      #expect(try appliance.integer(path, "SELECT count(*) FROM series") == 1)
    }
  }

  @Test("batches that the quota takes between the steps are not brought back")
  func evictedMeanwhile() throws {
    let appliance = try owing()
    try appliance.rewriteHistory {
      try appliance.history.store.database.execute(
        "DELETE FROM batches WHERE number < 21 AND source = 0")
    }
    #expect(try appliance.readings(appliance.directory.history).count == kept - 10)
    #expect(
      try appliance.integer(
        appliance.directory.history, "SELECT batches FROM totals WHERE source = 0")
        == Int64(kept - 10))
  }

  @Test(
    "while somebody delivers, the spool is not touched and the deletion stays owed; then it is done"
  )
  func uploadLock() throws {
    let appliance = try owing()
    let lock = try LockFile.acquire(appliance.directory.uploadLock, .exclusive)
    try appliance.rewriteSpool()
    #expect(try appliance.spool.owesDeletion())
    #expect(try appliance.readings(appliance.directory.spool).count == kept)
    _ = consume lock
    try appliance.rewriteSpool()
    #expect(try !appliance.spool.owesDeletion())
    #expect(
      appliance.shelf.files(containing: "canary-device").allSatisfy {
        $0.hasPrefix("private/history")
      })
    let free = try LockFile.acquire(appliance.directory.uploadLock, .exclusive) != nil
    #expect(free)
  }

  @Test(
    "a reader in the middle of a transaction puts the swap off, and one that merely has the file open does not"
  )
  func readers() throws {
    let appliance = try owing()
    let idle = try Database(appliance.directory.history, .readOnly, busyTimeoutMilliseconds: 0)
    #expect(try idle.integer("SELECT count(*) FROM batches") == Int64(2 * kept))
    let reader = try Database(appliance.directory.history, .readOnly, busyTimeoutMilliseconds: 0)
    try reader.execute("BEGIN")
    #expect(try reader.integer("SELECT count(*) FROM batches") == Int64(2 * kept))
    appliance.tick(Catalog.uptime, 7)
    try appliance.seal()
    var rewrite = try Rewrite.begin(appliance.history)
    var steps: [Rewrite.Progress] = []
    for _ in 0..<6 { steps.append(try rewrite.step(&appliance.history, nowMilliseconds: 7)) }
    #expect(steps == [.unfinished, .unfinished, .blocked, .blocked, .blocked, .blocked])
    #expect(try appliance.history.owesDeletion())
    appliance.tick(Catalog.uptime, 8)
    try appliance.seal()
    try reader.execute("COMMIT")
    #expect(try rewrite.step(&appliance.history, nowMilliseconds: 7) == .done)
    #expect(appliance.shelf.files(containing: "canary-device").allSatisfy { $0.hasPrefix("spool") })
    // It still reads the file it opened, in which the deletion is recorded, and cannot spoil the new one.
    #expect(try idle.integer("SELECT count(*) FROM live WHERE source = 1") == 0)
    #expect(try appliance.readings(appliance.directory.history).count == kept + 2)
    #expect(
      try appliance.integer(
        appliance.directory.history,
        "SELECT count(*) FROM pragma_quick_check WHERE quick_check != 'ok'") == 0)
  }

  @Test("an opening that holds the swap lock puts the swap off")
  func swapLock() throws {
    let appliance = try owing()
    let lock = try LockFile.acquire(appliance.shelf.path + "/swap.lock", .shared)
    var rewrite = try Rewrite.begin(appliance.history)
    var steps: [Rewrite.Progress] = []
    for _ in 0..<4 { steps.append(try rewrite.step(&appliance.history, nowMilliseconds: 7)) }
    #expect(steps == [.unfinished, .unfinished, .blocked, .blocked])
    _ = consume lock
    #expect(try rewrite.step(&appliance.history, nowMilliseconds: 7) == .done)
    #expect(try appliance.readings(appliance.directory.history).count == kept)
  }

  @Test(
    "the new file says that it has a log before it takes the place of the old one, and has none yet"
  )
  func crashAfterSwap() throws {
    let appliance = try owing()
    let lock = try LockFile.acquire(appliance.shelf.path + "/swap.lock", .shared)
    var rewrite = try Rewrite.begin(appliance.history)
    while try rewrite.step(&appliance.history, nowMilliseconds: 7) == .unfinished {}
    #expect(
      appliance.shelf.names.filter { $0.contains(".rewrite") } == ["private/history.db.rewrite"])
    // The two format versions of the file: 1 rollback journal, 2 log (SQLite, Database File Format, 1.3.3).
    let header = appliance.shelf.bytes("private/history.db.rewrite").prefix(20)
    #expect(header.suffix(2) == [2, 2])
    _ = consume lock
  }

  @Test("another deletion during a rewrite makes it begin again and take both")
  func secondDeletion() throws {
    let appliance = try owing()
    var rewrite = try Rewrite.begin(appliance.history)
    #expect(try rewrite.step(&appliance.history, nowMilliseconds: 7) == .unfinished)
    try appliance.agree(agreement(product: "deny", environment: "deny"))
    _ = try appliance.history.recordDeletion(of: .product, reason: "r", nowMilliseconds: 6)
    #expect(try rewrite.step(&appliance.history, nowMilliseconds: 7) == .outdated)
    try appliance.rewriteHistory()
    #expect(try appliance.integer(appliance.directory.history, "SELECT count(*) FROM batches") == 0)
    #expect(try appliance.integer(appliance.directory.history, "SELECT count(*) FROM series") == 0)
    #expect(
      try appliance.integer(
        appliance.directory.history, "SELECT count(*) FROM deletions WHERE done_ms = 7") == 2)
    #expect(appliance.shelf.files(containing: "system.uptime").allSatisfy { $0.hasPrefix("spool") })
  }

  @Test(
    "a crash between any two steps leaves the old file, owing, and the next start finishes the work"
  )
  func crash() throws {
    let appliance = try owing()
    var crashes: [Shelf] = [try appliance.shelf.copy()]
    var rewrite = try Rewrite.begin(appliance.spool)!
    crashes.append(try appliance.shelf.copy())
    while try rewrite.step(&appliance.spool, nowMilliseconds: 7) == .unfinished {
      crashes.append(try appliance.shelf.copy())
    }
    #expect(crashes.count == 4)
    for (step, shelf) in crashes.enumerated() {
      let again = try Appliance(shelf)
      #expect(try again.spool.owesDeletion(), "crash \(step)")
      #expect(try again.readings(again.directory.spool).count == kept, "crash \(step)")
      try again.rewriteSpool()
      try again.rewriteHistory()
      #expect(try again.readings(again.directory.spool).count == kept, "crash \(step)")
      #expect(shelf.files(containing: "canary-device") == [], "crash \(step)")
      #expect(shelf.names.allSatisfy { !$0.contains("rewrite") }, "crash \(step)")
    }
    let done = try Appliance(try appliance.shelf.copy())
    #expect(try !done.spool.owesDeletion())
    #expect(try done.readings(done.directory.spool).count == kept)
  }

  @Test("a step that the disk refuses leaves everything as it was, and a new rewrite succeeds")
  func refusedStep() throws {
    let appliance = try owing()
    do {
      var rewrite = try Rewrite.begin(appliance.history)
      let other = try Database(
        appliance.directory.history + ".rewrite", .readWrite, busyTimeoutMilliseconds: 0)
      try other.execute("BEGIN EXCLUSIVE")
      #expect(throws: RecordingError.self) {
        _ = try rewrite.step(&appliance.history, nowMilliseconds: 7)
      }
    }
    appliance.tick(Catalog.uptime, 9)
    try appliance.seal()
    #expect(try appliance.readings(appliance.directory.history).count == kept + 1)
    try appliance.rewriteHistory()
    #expect(try appliance.readings(appliance.directory.history).count == kept + 1)
  }

  @Test("recording goes on in the new file, with the old numbers of the names that stay")
  func goesOn() throws {
    let appliance = try owing()
    try appliance.rewriteHistory()
    try appliance.rewriteSpool()
    try appliance.agree(agreement())
    appliance.tick([(Catalog.uptime, nil, 77), (Catalog.cpuTime, nil, 78)])
    try appliance.seal()
    try appliance.restart()
    appliance.tick([(Catalog.uptime, nil, 79)])
    try appliance.seal()
    for path in [appliance.directory.history, appliance.directory.spool] {
      #expect(try appliance.readings(path).count == kept + 3)
      #expect(try appliance.readings(path).allSatisfy { !$0.hasPrefix("?") })
      #expect(try appliance.integer(path, "SELECT count(*) FROM series") == 2)
      #expect(try appliance.integer(path, "SELECT count(*) FROM boots") == 1)
    }
  }
}
