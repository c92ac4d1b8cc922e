import Digest
import JSON
import SQLite
import Testing

@testable import Handshake
@testable import Recording

@Suite("The ledger's chain")
struct LedgerTests {
  private let shelf = Shelf()
  private var directory: StateDirectory { StateDirectory(shelf.path) }

  private func filled(_ rows: Int) throws -> Ledger {
    let ledger = try Ledger.open(directory, busyMilliseconds: 0)
    for number in 0..<rows {
      try ledger.append(.grantOpened, atMilliseconds: Int64(number)) {
        $0.member("grant", "g\(number)")
      }
    }
    return ledger
  }

  @Test("a chain that nobody touched holds, from the first row on")
  func holds() throws {
    let ledger = try filled(0)
    #expect(try ledger.verify().brokenRow == nil)
    #expect(try ledger.head().number == 0)
    #expect(try ledger.head().hash == [UInt8](repeating: 0, count: 32))
    _ = consume ledger
    let more = try filled(20)
    #expect(try more.verify().brokenRow == nil)
    #expect(try more.head().number == 20)
  }

  @Test(
    "a row that was edited, removed, moved or put in is found",
    arguments: [
      ("UPDATE ledger SET at_ms = at_ms + 1 WHERE number = 7", 7),
      ("UPDATE ledger SET kind = 'upload' WHERE number = 7", 7),
      ("UPDATE ledger SET detail = '{}' WHERE number = 7", 7),
      ("UPDATE ledger SET detail = replace(detail, '6', '5') WHERE number = 7", 7),
      ("UPDATE ledger SET detail = detail || ' ' WHERE number = 7", 7),
      ("UPDATE ledger SET detail = CAST(detail || x'00' || 'more' AS TEXT) WHERE number = 7", 7),
      ("UPDATE ledger SET hash = zeroblob(32) WHERE number = 7", 7),
      ("DELETE FROM ledger WHERE number = 7", 7),
      ("DELETE FROM ledger WHERE number = 1", 1),
      ("DELETE FROM ledger WHERE number < 5", 1),
      (
        "UPDATE ledger SET number = -number WHERE number IN (7, 8); UPDATE ledger SET number = 15 + number WHERE number < 0",
        7
      ),
      ("INSERT INTO ledger SELECT 21, at_ms, kind, detail, hash FROM ledger WHERE number = 20", 21),
      (
        "UPDATE ledger SET kind = kind || char(10) || '{', detail = substr(detail, 2) WHERE number = 7",
        7
      ),
    ] as [(String, Int64)])
  func tampered(_ sql: String, _ row: Int64) throws {
    let ledger = try filled(20)
    try Database(directory.ledger, .readWrite, busyTimeoutMilliseconds: 0).execute(sql)
    #expect(try ledger.verify().brokenRow == row)
  }

  @Test("a head that left the appliance shows that the newest rows were cut off")
  func cutOff() throws {
    let ledger = try filled(20)
    let head = try ledger.head()
    try Database(directory.ledger, .readWrite, busyTimeoutMilliseconds: 0).execute(
      "DELETE FROM ledger WHERE number > 18")
    #expect(try ledger.verify().brokenRow == nil)
    try ledger.append(.upload, atMilliseconds: 1) { _ in }
    try ledger.append(.upload, atMilliseconds: 1) { _ in }
    #expect(try ledger.head().number == head.number)
    #expect(try ledger.head().hash != head.hash)
  }

  @Test("two writers take turns in one chain")
  func twoWriters() throws {
    let one = try filled(3)
    let other = try Ledger.open(directory, busyMilliseconds: 100)
    for number in 0..<25 {
      try one.append(.agreementChanged, atMilliseconds: Int64(number)) { _ in }
      try other.append(.upload, atMilliseconds: Int64(number)) { _ in }
    }
    #expect(try one.verify().brokenRow == nil)
    #expect(try other.head().number == 53)
  }

  @Test("a row that could not be written leaves the chain as it was")
  func refused() throws {
    let ledger = try filled(3)
    let other = try Database(directory.ledger, .readWrite, busyTimeoutMilliseconds: 0)
    try other.execute("BEGIN IMMEDIATE")
    #expect(throws: SQLiteError.self) { try ledger.append(.upload, atMilliseconds: 1) { _ in } }
    try other.execute("ROLLBACK")
    try ledger.append(.upload, atMilliseconds: 1) { _ in }
    #expect(try ledger.verify().brokenRow == nil)
    #expect(try ledger.head().number == 4)
  }

  @Test("an agreement keeps the fingerprint it first got, and another one gets another")
  func fingerprints() throws {
    let ledger = try filled(0)
    var nonces: UInt8 = 0
    func fingerprint(_ agreement: Agreement) throws -> [UInt8] {
      try ledger.fingerprint(of: agreement) {
        nonces += 1
        return [UInt8](repeating: nonces, count: 32)
      }
    }
    let first = try fingerprint(agreement())
    let second = try fingerprint(agreement(product: "deny"))
    #expect(first != second)
    #expect(try fingerprint(agreement()) == first)
    #expect(nonces == 2)
    #expect(first == agreement().fingerprint(nonce: [UInt8](repeating: 1, count: 32)).bytes)
  }

  @Test("the latest trusted moment is kept, and an earlier one changes nothing")
  func trustedMoment() throws {
    let ledger = try filled(0)
    #expect(try ledger.trustedMoment() == nil)
    let moments = [(5, "a"), (9, "b"), (7, "c")].map {
      TrustedMoment(boot: $0.1, bootTimeMilliseconds: 1, unixMilliseconds: $0.0)
    }
    for moment in moments { try ledger.remember(moment) }
    #expect(try ledger.trustedMoment() == moments[1])
  }
}

@Suite("Rule 11: the pseudonym")
struct IdentityTests {
  @Test("it is random, kept until it is removed, and another one afterwards")
  func life() throws {
    let shelf = Shelf()
    let directory = StateDirectory(shelf.path)
    #expect(try Identity.current(directory) == nil)
    #expect(try Identity.create(directory, isKnown: true))
    let first = try #require(try Identity.current(directory))
    #expect(
      first.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/)
        != nil)
    #expect(try !Identity.create(directory, isKnown: true))
    #expect(try Identity.current(directory) == first)
    try Identity.remove(directory)
    #expect(try Identity.current(directory) == nil)
    #expect(shelf.files(containing: first).isEmpty)
    try Identity.remove(directory)
    #expect(try Identity.create(directory, isKnown: true))
    #expect(try Identity.current(directory) != first)
  }
}
