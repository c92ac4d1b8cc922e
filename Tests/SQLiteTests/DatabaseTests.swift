import Glibc
import SQLite
import TestSupport
import Testing

@Suite("One connection to one SQLite file")
struct DatabaseTests {
  let directory: TemporaryDirectory
  private var path: String { directory.path("test.db") }

  init() throws { directory = try TemporaryDirectory() }

  private func open(_ access: Database.Access = .readWrite) throws(SQLiteError) -> Database {
    try Database(path, access, busyTimeoutMilliseconds: 0)
  }

  private func makeTable() throws(SQLiteError) -> Database {
    let database = try open()
    try database.execute("PRAGMA journal_mode=WAL; CREATE TABLE readings (value INTEGER)")
    return database
  }

  /// The kind of error that `body` ends with, nil when it ends well.
  private func kind(_ body: () throws(SQLiteError) -> Void) -> SQLiteError.Kind? {
    do throws(SQLiteError) {
      try body()
      return nil
    } catch {
      #expect(error.description == "\(error.path): \(error.message) (SQLite \(error.code))")
      return error.kind
    }
  }

  // MARK: errors

  @Test("a database that another connection writes is busy, and can be read")
  func busy() throws {
    let writer = try makeTable()
    let other = try open()
    try writer.execute("BEGIN IMMEDIATE; INSERT INTO readings VALUES (1)")
    #expect(
      kind { () throws(SQLiteError) in try other.execute("INSERT INTO readings VALUES (2)") }
        == .busy)
    #expect(
      kind { () throws(SQLiteError) in try other.transaction { () throws(SQLiteError) in } }
        == .busy)
    #expect(try other.integer("SELECT count(*) FROM readings") == 0)
    try writer.execute("COMMIT")
    try other.execute("INSERT INTO readings VALUES (2)")
    #expect(try other.integer("SELECT count(*) FROM readings") == 2)
  }

  @Test("what is no database is damaged")
  func notADatabase() throws {
    try directory.write("test.db", String(repeating: "no database ", count: 100))
    let database = try open()
    #expect(
      kind { () throws(SQLiteError) in try database.execute("CREATE TABLE a (b)") } == .damaged)
  }

  @Test("a page that was overwritten is damage")
  func corrupt() throws {
    do {
      let database = try open()
      try database.execute("PRAGMA page_size=1024; CREATE TABLE a (b); CREATE INDEX i ON a (b)")
      try database.transaction { () throws(SQLiteError) in
        for number in 0..<500 { try database.execute("INSERT INTO a VALUES ('row \(number)')") }
      }
    }
    let file = try #require(fopen(path, "r+"))
    fseek(file, 2048, SEEK_SET)
    fwrite([UInt8](repeating: 0xA5, count: 8192), 1, 8192, file)
    fclose(file)
    let database = try open()
    #expect(
      kind { () throws(SQLiteError) in
        _ = try database.integer("SELECT max(length(b)) FROM a NOT INDEXED")
      }
        == .damaged)
  }

  @Test("a database at its page limit has no space, and works again after a deletion")
  func full() throws {
    let database = try makeTable()
    try database.execute("CREATE TABLE large (content); PRAGMA max_page_count=20")
    let insert = "INSERT INTO large VALUES (zeroblob(8192))"
    var failure: SQLiteError.Kind?
    for _ in 0..<20 where failure == nil {
      failure = kind { () throws(SQLiteError) in try database.execute(insert) }
    }
    #expect(failure == .noSpace)
    try database.execute("DELETE FROM large")
    try database.execute(insert)
    #expect(try database.integer("SELECT count(*) FROM large") == 1)
  }

  @Test("a missing file cannot be opened for reading, nor any file in a missing directory")
  func missing() throws {
    #expect(kind { () throws(SQLiteError) in _ = try open(.readOnly) } == .cannotOpen)
    #expect(
      kind { () throws(SQLiteError) in
        _ = try Database(directory.path("missing/test.db"), .readWrite, busyTimeoutMilliseconds: 0)
      } == .cannotOpen)
    #expect(directory.names == [])
  }

  @Test("a connection that only reads refuses to write, and the file stays as it is")
  func readOnly() throws {
    do { _ = try makeTable() }
    let reader = try open(.readOnly)
    #expect(
      kind { () throws(SQLiteError) in try reader.execute("DROP TABLE readings") } == .noSpace)
    #expect(try reader.integer("SELECT count(*) FROM readings") == 0)
  }

  @Test(
    "in a directory that nobody may write, a new file cannot be opened and an old one has no space")
  func readOnlyDirectory() async {
    await #expect(processExitsWith: .success) {
      let directory = try TemporaryDirectory()
      defer { withExtendedLifetime(directory) {} }
      let path = directory.path("old.db")
      do {
        try Database(path, .readWrite, busyTimeoutMilliseconds: 0).execute("CREATE TABLE a (b)")
      }
      chmod(path, 0o444)
      chmod(directory.path, 0o555)
      // Root may write everywhere.
      if geteuid() == 0 { seteuid(65534) }
      defer { if getuid() == 0 { seteuid(0) } }
      do throws(SQLiteError) {
        _ = try Database(directory.path("new.db"), .readWrite, busyTimeoutMilliseconds: 0)
        exit(1)
      } catch { precondition(error.kind == .cannotOpen) }
      do throws(SQLiteError) {
        try Database(path, .readWrite, busyTimeoutMilliseconds: 0).execute(
          "INSERT INTO a VALUES (1)")
        exit(1)
      } catch { precondition(error.kind == .noSpace) }
    }
  }

  @Test(
    "a mistake in SQL is neither the disk's nor another program's fault, and double quotes are one")
  func mistakes() throws {
    let database = try makeTable()
    for sql in ["SELEKT 1", "SELECT * FROM missing", "SELECT \"no column\" FROM readings"] {
      #expect(kind { () throws(SQLiteError) in _ = try database.prepare(sql) } == .other, "\(sql)")
    }
  }

  @Test("an error holds no value that was bound")
  func silent() throws {
    let database = try open()
    try database.execute("CREATE TABLE a (b TEXT UNIQUE)")
    var insert = try database.prepare("INSERT INTO a VALUES (?)")
    insert.bind("secret")
    try insert.run()
    insert.bind("secret")
    do throws(SQLiteError) {
      try insert.run()
      Issue.record("the second of two equal values was accepted")
    } catch {
      #expect(error.kind == .other)
      #expect(error.description.contains(path) && !error.description.contains("secret"))
    }
  }

  // MARK: transactions

  @Test("a transaction keeps everything or nothing")
  func transactions() throws {
    let database = try makeTable()
    let sum = try database.transaction { () throws(SQLiteError) in
      try database.execute("INSERT INTO readings VALUES (1); INSERT INTO readings VALUES (2)")
      return try database.integer("SELECT sum(value) FROM readings")
    }
    #expect(sum == 3)
    let failure = kind { () throws(SQLiteError) in
      try database.transaction { () throws(SQLiteError) in
        try database.execute("DELETE FROM readings")
        try database.execute("INSERT INTO missing VALUES (1)")
      }
    }
    #expect(failure == .other)
    #expect(try database.integer("SELECT sum(value) FROM readings") == 3)
  }

  @Test("after a transaction that found no space, the next one works")
  func afterNoSpace() throws {
    let database = try makeTable()
    try database.execute("CREATE TABLE large (content); PRAGMA max_page_count=10")
    let failure = kind { () throws(SQLiteError) in
      try database.transaction { () throws(SQLiteError) in
        try database.execute("INSERT INTO readings VALUES (1)")
        try database.execute("INSERT INTO large VALUES (zeroblob(100000))")
      }
    }
    #expect(failure == .noSpace)
    try database.transaction { () throws(SQLiteError) in
      try database.execute("INSERT INTO readings VALUES (2)")
    }
    #expect(try database.integer("SELECT sum(value) FROM readings") == 2)
  }

  @Test("a transaction inside another is refused and undoes both")
  func nested() throws {
    let database = try makeTable()
    let failure = kind { () throws(SQLiteError) in
      try database.transaction { () throws(SQLiteError) in
        try database.execute("INSERT INTO readings VALUES (1)")
        try database.transaction { () throws(SQLiteError) in }
      }
    }
    #expect(failure == .other)
    #expect(try database.integer("SELECT count(*) FROM readings") == 0)
  }

  // MARK: files

  @Test("the write-ahead log stays when the last connection closes")
  func keepsLog() throws {
    do { _ = try makeTable() }
    #expect(directory.names == ["test.db", "test.db-shm", "test.db-wal"])
    #expect(try open(.readOnly).integer("SELECT count(*) FROM readings") == 0)
  }

  @Test("the last row's number and the number of changed rows are told")
  func counts() throws {
    let database = try makeTable()
    try database.execute("INSERT INTO readings VALUES (5), (6), (7)")
    #expect(database.lastInsertedRow == 3)
    try database.execute("UPDATE readings SET value = 0 WHERE value > 5")
    #expect(database.changedRows == 2)
  }

  @Test("one integer is the first of the first row, and 0 when there is none")
  func integers() throws {
    let database = try makeTable()
    #expect(try database.integer("PRAGMA user_version") == 0)
    #expect(try database.integer("SELECT value FROM readings") == 0)
    #expect(try database.integer("SELECT -5") == -5)
  }
}
