import SQLite
import TestSupport
import Testing

@Suite("A compiled statement")
struct StatementTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func open() throws(SQLiteError) -> Database {
    try Database(directory.path("test.db"), .readWrite, busyTimeoutMilliseconds: 0)
  }

  @Test("integers come back", arguments: [0, 1, -1, Int64.max, Int64.min, 1 << 32])
  func integers(value: Int64) throws {
    var statement = try open().prepare("SELECT ?, typeof(?)")
    statement.bind(value)
    statement.bind(value)
    #expect(try statement.step() == true)
    #expect(statement.integer(0) == value)
    #expect(statement.optionalInteger(0) == value)
    #expect(statement.text(1) == "integer")
  }

  @Test(
    "text comes back, with what it holds beyond a NUL; empty text is not NULL",
    arguments: [
      "", "a", "ü\u{1F600}", "a\0b", "\0", "'; DROP TABLE a --",
      String(repeating: "x", count: 100_000),
    ])
  func texts(value: String) throws {
    let database = try open()
    try database.execute("CREATE TABLE a (b TEXT)")
    var insert = try database.prepare("INSERT INTO a VALUES (?)")
    insert.bind(value)
    try insert.run()
    var select = try database.prepare("SELECT b, typeof(b) FROM a")
    #expect(try select.step() == true)
    #expect(Array(select.text(0).utf8) == Array(value.utf8))
    #expect(select.text(1) == "text")
    #expect(select.isNull(0) == false)
  }

  @Test("bytes come back, and no bytes are not NULL", arguments: [0, 1, 255, 70_000])
  func blobs(count: Int) throws {
    let value = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let database = try open()
    try database.execute("CREATE TABLE a (b BLOB NOT NULL)")
    var insert = try database.prepare("INSERT INTO a VALUES (?)")
    insert.bind(value)
    try insert.run()
    var select = try database.prepare("SELECT b, typeof(b), length(b) FROM a")
    #expect(try select.step() == true)
    #expect(select.blob(0) == value)
    #expect(select.text(1) == "blob")
    #expect(select.integer(2) == Int64(count))
  }

  @Test("NULL is nil, no text and no bytes")
  func null() throws {
    var statement = try open().prepare("SELECT ?, ?, ?")
    statement.bindNull()
    statement.bind(nil as Int64?)
    statement.bind(3 as Int64?)
    #expect(try statement.step() == true)
    #expect(
      [statement.isNull(0), statement.isNull(1), statement.isNull(2)] == [true, true, false])
    #expect(statement.optionalInteger(1) == nil && statement.optionalInteger(2) == 3)
    #expect(statement.text(0) == "" && statement.blob(0) == [])
  }

  @Test("a statement is used again with other values, and remembers none")
  func reuse() throws {
    let database = try open()
    try database.execute("CREATE TABLE a (b, c)")
    var insert = try database.prepare("INSERT INTO a VALUES (?, ?)")
    for value in 1...3 as ClosedRange<Int64> {
      insert.bind(value)
      insert.bind("text \(value)")
      try insert.run()
    }
    // One value only: the other is NULL again and not the third text.
    insert.bind(4)
    try insert.run()
    var select = try database.prepare("SELECT b, c FROM a WHERE b >= ? ORDER BY b")
    var rows: [String] = []
    for first in [3, 1] as [Int64] {
      select.bind(first)
      while try select.step() { rows.append("\(select.integer(0)) \(select.text(1))") }
      select.reset()
    }
    #expect(rows == ["3 text 3", "4 ", "1 text 1", "2 text 2", "3 text 3", "4 "])
  }

  @Test("a statement that failed works again")
  func failsAndWorks() throws {
    let database = try open()
    try database.execute("CREATE TABLE a (b INTEGER UNIQUE)")
    var insert = try database.prepare("INSERT INTO a VALUES (?)")
    for value in [1, 1, 2] as [Int64] {
      insert.bind(value)
      try? insert.run()
    }
    #expect(try database.integer("SELECT sum(b) FROM a") == 3)
  }

  @Test("a statement outlives its connection")
  func outlives() throws {
    var statement = try open().prepare("SELECT 42")
    #expect(try statement.step() == true)
    #expect(statement.integer(0) == 42)
  }

  @Test("a value too many is a mistake of the program")
  func tooMany() async {
    await #expect(processExitsWith: .failure) {
      let database = try Database(":memory:", .readWrite, busyTimeoutMilliseconds: 0)
      var statement = try database.prepare("SELECT ?")
      statement.bind(1)
      statement.bind(2)
    }
  }
}
