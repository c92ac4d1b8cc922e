import Digest
import JSON
import SQLite
import Testing

@testable import Recording
@testable import Telemetry

@Suite("Rule 14: the names in the ledger")
struct LedgerNamesTests {
  private let shelf = Shelf()
  private var directory: StateDirectory { StateDirectory(shelf.path) }

  private func open() throws -> Ledger { try Ledger.open(directory, busyMilliseconds: 0) }

  private static let name = "Canary & Daughters"

  @Test("a name has one digest as long as the salt lives, and another one under another salt")
  func digests() throws {
    let ledger = try open()
    let digest = try ledger.digest(ofName: Self.name)
    #expect(digest.utf8.count == 32)
    #expect(try ledger.digest(ofName: Self.name) == digest)
    #expect(try ledger.digest(ofName: "another") != digest)
    #expect(try ledger.names()[digest] == Self.name)
    #expect(!SHA256(of: Array(Self.name.utf8)).description.hasPrefix(digest))
    try ledger.eraseNames()
    #expect(try ledger.names().isEmpty)
    #expect(try ledger.digest(ofName: Self.name) != digest)
  }

  @Test("erased names and their salt leave no byte behind, however many pages they took")
  func erased() throws {
    let ledger = try open()
    // Between each other in the index, so that pages are split all the time.
    for number in 0..<400 { _ = try ledger.digest(ofName: "\(Self.name) \(number)") }
    try ledger.append(.upload, atMilliseconds: 1) { _ in }
    let salt = try #require(try ledger.text(.salt))
    #expect(!shelf.files(containing: Self.name).isEmpty && !shelf.files(containing: salt).isEmpty)
    #expect(try Int64(ledger.names().count) == Limits.ledgerNamesMax)
    try ledger.eraseNames()
    #expect(shelf.files(containing: Self.name).isEmpty && shelf.files(containing: salt).isEmpty)
    #expect(try ledger.verify().brokenRow == nil)
  }

  @Test("while somebody reads the old names, erasing them is owed, and done as soon as nobody does")
  func reader() throws {
    let ledger = try open()
    _ = try ledger.digest(ofName: Self.name)
    let reader = try Database(directory.ledger, .readOnly, busyTimeoutMilliseconds: 0)
    try reader.execute("BEGIN")
    #expect(try reader.integer("SELECT count(*) FROM names") == 1)
    try ledger.eraseNames()
    try ledger.finishErasing()
    #expect(try ledger.names().isEmpty && shelf.files(containing: Self.name) == ["ledger.db-wal"])
    try reader.execute("COMMIT")
    try ledger.finishErasing()
    #expect(shelf.files(containing: Self.name).isEmpty)
  }

  @Test("removed rows leave no byte behind either")
  func removedRows() throws {
    var ledger = try open()
    (ledger.rowsKept, ledger.rowsPerCheckpoint) = (20, 10)
    for number in 0..<100 {
      try ledger.append(.gap, atMilliseconds: Int64(number)) { $0.member("gap", "row-\(number)-") }
    }
    try ledger.eraseNames()
    #expect(
      shelf.files(containing: "row-5-").isEmpty && !shelf.files(containing: "row-99-").isEmpty)
  }
}
