import Digest
import JSON
import SQLite
import Testing

@testable import Recording

@Suite("The ledger's checkpoints")
struct LedgerCheckpointTests {
  private let shelf = Shelf()
  private var directory: StateDirectory { StateDirectory(shelf.path) }

  /// A ledger that keeps 20 rows and removes 10 at a time.
  private func open() throws -> Ledger {
    var ledger = try Ledger.open(directory, busyMilliseconds: 0)
    ledger.rowsKept = 20
    ledger.rowsPerCheckpoint = 10
    return ledger
  }

  private func filled(_ rows: Int, _ event: Ledger.Event = .upload) throws -> Ledger {
    let ledger = try open()
    for number in 0..<rows {
      try ledger.append(event, atMilliseconds: Int64(number)) {
        $0.member("delivery", "delivery \(number)")
      }
    }
    return ledger
  }

  private func sql(_ statement: String) throws {
    try Database(directory.ledger, .readWrite, busyTimeoutMilliseconds: 0).execute(statement)
  }

  private func integer(_ query: String) throws -> Int64 {
    try Database(directory.ledger, .readOnly, busyTimeoutMilliseconds: 0).integer(query)
  }

  private var checkpoints: String { "SELECT count(*) FROM ledger WHERE kind = 'checkpoint'" }

  @Test("the rows stay bounded for ever, and the chain holds after every single append")
  func bounded() throws {
    let ledger = try open()
    for number in 0..<300 {
      try ledger.append(.gap, atMilliseconds: Int64(number)) { _ in }
      guard case .holds(let rows, let first, let head) = try ledger.verify() else {
        Issue.record("broken after \(number) appends")
        return
      }
      #expect(rows <= 31 && first == head.number - rows + 1)
    }
    // Checkpoints that stood for others are gone themselves.
    #expect(try integer(checkpoints) == 3)
    #expect(try ledger.head().number > 320)
  }

  @Test("a checkpoint counts every row that was ever removed, by kind")
  func counts() throws {
    let ledger = try filled(150)
    for number in 0..<60 { try ledger.append(.gap, atMilliseconds: Int64(number)) { _ in } }
    let newest =
      "(SELECT detail FROM ledger WHERE kind = 'checkpoint' ORDER BY number DESC LIMIT 1)"
    let through = try integer("SELECT \(newest) ->> '$.through'")
    #expect(through + 1 == (try integer("SELECT min(number) FROM ledger")))
    #expect(try integer("SELECT sum(value) FROM json_each(\(newest), '$.counts')") == through)
    #expect(try integer("SELECT \(newest) ->> '$.counts.upload'") == 150)
    #expect(try integer("SELECT \(newest) ->> '$.counts.checkpoint'") > 10)
  }

  @Test(
    "the newest upload is still known when its row was removed, and the one before it is not looked for"
  )
  func lookingBack() throws {
    let ledger = try filled(5)
    for number in 0..<200 { try ledger.append(.gap, atMilliseconds: Int64(number)) { _ in } }
    #expect(try integer("SELECT count(*) FROM ledger WHERE kind = 'upload'") == 0)
    #expect(try ledger.holdsUpload("delivery 4"))
    #expect(try !ledger.holdsUpload("delivery 5"))
  }

  @Test(
    "what is done to the beginning is found, and an edited checkpoint is named itself",
    arguments: [
      // 25 rows and the checkpoint at 32 that stands for ten; see filled(35).
      ("DELETE FROM ledger WHERE number = 11", 11, ChainFault.missing),
      ("DELETE FROM ledger WHERE number < 16", 11, .missing),
      ("UPDATE ledger SET detail = '{}' WHERE number = 11", 11, .altered),
      ("UPDATE ledger SET hash = zeroblob(32) WHERE number = 11", 11, .altered),
      ("DELETE FROM ledger WHERE number = 32", 1, .missing),
      ("UPDATE ledger SET kind = 'gap' WHERE number = 32", 1, .missing),
      ("UPDATE ledger SET detail = replace(detail, '10', '12') WHERE number = 32", 32, .altered),
      (
        """
        UPDATE ledger SET detail = json_set(detail, '$.through', 12, '$.hash',
          (SELECT lower(hex(hash)) FROM ledger WHERE number = 12)) WHERE number = 32;
        DELETE FROM ledger WHERE number <= 12
        """, 32, .altered
      ),
      (
        "UPDATE ledger SET detail = json_set(detail, '$.hash', '00') WHERE number = 32", 32,
        .altered
      ),
      ("UPDATE ledger SET detail = 'nothing' WHERE number = 32", 32, .altered),
      (
        "INSERT INTO ledger SELECT 10, at_ms, kind, detail, hash FROM ledger WHERE number = 12", 10,
        .inserted
      ),
    ] as [(String, Int64, ChainFault)])
  func tampered(_ statement: String, _ row: Int64, _ fault: ChainFault) throws {
    let ledger = try filled(35)
    #expect(try integer("SELECT number FROM ledger WHERE kind = 'checkpoint'") == 32)
    try sql(statement)
    #expect(try ledger.verify() == .broken(row: row, fault))
  }

  @Test("rows that are removed under a checkpoint of somebody else's making are missed")
  func forged() throws {
    let ledger = try filled(25)
    // As the program writes it, hash and all, but for rows that may not be removed yet.
    let removed = Hexadecimal.text(try self.hash(of: 12))
    try ledger.append(.checkpoint, atMilliseconds: 1) { detail in
      detail.member("through", 12)
      detail.member("hash", removed)
    }
    try sql("DELETE FROM ledger WHERE number <= 12")
    #expect(try ledger.verify() == .broken(row: 26, .forgedCheckpoint))
  }

  private func hash(of number: Int64) throws -> [UInt8] {
    let database = try Database(directory.ledger, .readOnly, busyTimeoutMilliseconds: 0)
    var query = try database.prepare("SELECT hash FROM ledger WHERE number = \(number)")
    #expect(try query.step())
    return query.blob(0)
  }

  @Test("a head that was told is found, missed, contradicted, or behind a checkpoint")
  func heads() throws {
    let ledger = try filled(35)
    let head = LedgerHead(20, try hash(of: 20))
    #expect(LedgerHead("\(head)") == head)
    guard
      case .holds(25 + 1, 11, LedgerHead(36, try hash(of: 36))) = try ledger.verify(against: head)
    else {
      Issue.record("the head of row 20 is not found")
      return
    }
    let other = LedgerHead(20, try hash(of: 21))
    #expect(try ledger.verify(against: other) == .broken(row: 20, .otherHead))
    let gone = LedgerHead(5, try hash(of: 21))
    #expect(try ledger.verify(against: gone) == .broken(row: 5, .behindCheckpoint))
    let newest = LedgerHead(36, try hash(of: 36))
    try sql("DELETE FROM ledger WHERE number > 34")
    #expect(try ledger.verify(against: newest) == .broken(row: 36, .cutOff(newest: 34)))
    #expect(try ledger.verify().brokenRow == nil)
  }

  @Test(
    "what is no head is refused",
    arguments: ["", "7", "7:", "7:ab", ":HASH", "0:HASH", "-7:HASH", "7:HASHA"])
  func noHead(_ text: String) {
    let hash = String(repeating: "0a", count: 32)
    #expect(LedgerHead("7:" + hash) != nil)
    #expect(LedgerHead(text.replacing("HASH", with: hash)) == nil)
  }
}
