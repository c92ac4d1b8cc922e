import Glibc
import Linux
import SQLite
import Telemetry
import Testing

@testable import Recording

@Suite("Opening the databases")
struct StoreTests {
  private let shelf = Shelf()
  private var directory: StateDirectory { StateDirectory(shelf.path) }

  private func open() throws(RecordingError) {
    _ = try History.open(directory, quotaBytes: 1 << 20, rowsPerSeal: 6)
  }

  @Test("a new database has the settings that bound its writes, and says what it is")
  func settings() throws {
    let appliance = try Appliance(shelf)
    for path in [directory.history, directory.spool] {
      #expect(try appliance.integer(path, "PRAGMA page_size") == 1024)
      #expect(try appliance.integer(path, "PRAGMA user_version") == 1)
      let database = try Database(path, .readOnly, busyTimeoutMilliseconds: 0)
      var mode = try database.prepare("PRAGMA journal_mode")
      #expect(try mode.step())
      #expect(mode.text(0) == "wal")
    }
    #expect(try appliance.integer(directory.history, "PRAGMA application_id") == 0x4143_4849)
    #expect(try appliance.integer(directory.spool, "PRAGMA application_id") == 0x4143_5350)
    #expect(try appliance.history.store.database.integer("PRAGMA synchronous") == 2)
    _ = try Ledger.open(directory, busyMilliseconds: 0)
    #expect(try appliance.integer(directory.ledger, "PRAGMA application_id") == 0x4143_4C45)
  }

  @Test("what was made is opened again, also when it was never begun")
  func reopened() throws {
    try shelf.write([], to: "private/history.db")
    try open()
    try open()
    #expect(try RecordSummary.ofHistory(directory)?.totals.isEmpty == true)
  }

  @Test("a database of something else is left alone, and so is one of a newer form")
  func foreign() throws {
    mkdir(directory.privateFolder, 0o750)
    let other = try Database(directory.history, .readWrite, busyTimeoutMilliseconds: 0)
    try other.execute("CREATE TABLE recipes (name TEXT)")
    let before = shelf.bytes("private/history.db")
    let foreign = #expect(throws: RecordingError.self) { try open() }
    #expect(
      "\(foreign!)"
        == "\(directory.history) is a database of something else; move it away to begin anew")
    #expect(shelf.bytes("private/history.db") == before)
    unlink(directory.history)
    try open()
    let newer = try Database(directory.history, .readWrite, busyTimeoutMilliseconds: 0)
    try newer.execute("PRAGMA user_version = 2")
    let error = #expect(throws: RecordingError.self) { try open() }
    #expect(
      "\(error!)"
        == "\(directory.history) has the form 2 of a newer accord; install that version, or move the file away"
    )
    #expect(throws: RecordingError.self) { try RecordSummary.ofHistory(directory) }
  }

  @Test("the spool is no history")
  func swapped() throws {
    let appliance = try Appliance(shelf)
    _ = consume appliance
    try shelf.write(shelf.bytes("spool.db"), to: "private/history.db")
    #expect(throws: RecordingError.self) { try open() }
  }

  @Test(
    "a file that is no database is damaged, and stays as it is", arguments: [40, 4_096, 100_000])
  func noDatabase(_ size: Int) throws {
    let text = [UInt8](repeating: 0x41, count: size)
    try shelf.write(text, to: "private/history.db")
    let error = #expect(throws: RecordingError.self) { try open() }
    guard case .database(let cause) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(cause.kind == .damaged)
    #expect(shelf.bytes("private/history.db") == text)
  }

  @Test("a directory that cannot be written is one sentence")
  func notWritable() {
    // Not even root may make files here.
    let error = #expect(throws: RecordingError.self) {
      _ = try History.open(StateDirectory("/sys/kernel"), quotaBytes: 1 << 20, rowsPerSeal: 6)
    }
    #expect("\(error!)".hasPrefix("cannot create /sys/kernel/private: "))
    let missing = #expect(throws: RecordingError.self) {
      _ = try Ledger.open(StateDirectory("/nowhere/at/all"), busyMilliseconds: 0)
    }
    #expect("\(missing!)".contains("/nowhere/at/all"))
  }

  /// Opens the ledger, again and again while the other program makes it.
  private static func insist(_ path: String) throws -> Ledger {
    while true {
      do throws(RecordingError) {
        return try Ledger.open(StateDirectory(path), busyMilliseconds: 2_000)
      } catch {
        guard case .database(let cause) = error, cause.kind == .busy else { throw error }
      }
    }
  }

  @Test(
    "two programs that make a database at the same time get the same one, or are told to come again"
  )
  func twoOpeners() async throws {
    for _ in 0..<30 {
      let shelf = Shelf()
      let path = shelf.path
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<2 {
          group.addTask {
            try Self.insist(path).append(.upload, atMilliseconds: 1) { _ in }
          }
        }
        try await group.waitForAll()
      }
      let ledger = try Ledger.open(StateDirectory(shelf.path), busyMilliseconds: 0)
      #expect(try ledger.head().number == 2)
      #expect(try ledger.verify().brokenRow == nil)
    }
  }

  @Test("while a file is being swapped an opening is told to come again")
  func swapping() throws {
    try open()
    let lock = try LockFile.acquire(shelf.path + "/swap.lock", .exclusive)
    let error = #expect(throws: RecordingError.self) { try open() }
    #expect("\(error!)" == "\(directory.history) is being rewritten; try again in a moment")
    _ = consume lock
    try open()
  }

  @Test(
    "a damaged database is set aside with its log, the newest two are kept, and recording begins anew"
  )
  func setAside() throws {
    for round in 1...4 {
      try shelf.write([UInt8](repeating: UInt8(round), count: 5_000), to: "private/history.db")
      try shelf.write([1, 2, 3], to: "private/history.db-wal")
      try Store.setAside(directory.history)
    }
    try open()
    #expect(
      shelf.names.filter { $0.contains("damaged") } == [
        "private/history.db.damaged-1", "private/history.db.damaged-2",
      ])
    #expect(shelf.bytes("private/history.db.damaged-1").first == 4)
    #expect(shelf.bytes("private/history.db.damaged-2").first == 3)
    #expect(!shelf.files(containing: [1, 2, 3]).contains("private/history.db-wal"))
  }

  @Test("an appliance that never recorded anything has nothing to read, which is no error")
  func nothingYet() throws {
    #expect(try RecordSummary.ofHistory(directory) == nil)
    let isMissing = try Outbox.open(directory) == nil
    #expect(isMissing)
    #expect(shelf.names.allSatisfy { $0 == "swap.lock" })
  }
}
