// What history.db and spool.db have in common: batches with their dictionaries, bounded in bytes.

internal import Compression
internal import Handshake
internal import Linux
internal import SQLite
internal import Telemetry

struct RecordStore: ~Copyable {
  let form: StoreForm
  let directory: StateDirectory
  private(set) var database: Database
  private var dictionary = SeriesDictionary()
  let quotaBytes: Int64
  /// The file as it was when it was opened.
  private let inode: UInt64?

  /// Whether the path still leads to the open file. Somebody may have removed it or put another in its place.
  var isInPlace: Bool { inode == Self.inode(database.path) }

  private static func inode(_ path: String) -> UInt64? { ((try? FileState.of(path)) ?? nil)?.inode }

  static func open(
    _ path: String, _ form: StoreForm, in directory: StateDirectory, quotaBytes: Int64
  ) throws(RecordingError) -> RecordStore {
    let database = try Store.openForWriting(
      path, form, in: directory, busyMilliseconds: Limits.daemonBusyMilliseconds)
    do {
      // A cap under the quota's own accounting, so that a mistake there cannot fill the disk.
      try database.execute("PRAGMA max_page_count = \(2 * quotaBytes / 1024 + 1024)")
      return RecordStore(form, directory, database, quotaBytes)
    } catch { throw .database(error) }
  }

  private init(
    _ form: StoreForm, _ directory: StateDirectory, _ database: consuming Database,
    _ quotaBytes: Int64
  ) {
    self.form = form
    self.directory = directory
    inode = Self.inode(database.path)
    self.database = database
    self.quotaBytes = quotaBytes
  }

  /// Runs `body` as one transaction that may write down new series.
  mutating func transaction<Result>(
    _ body: (inout RecordStore) throws(SQLiteError) -> Result
  ) throws(SQLiteError) -> Result {
    let dictionary = dictionary
    try database.execute("BEGIN IMMEDIATE")
    do throws(SQLiteError) {
      let result = try body(&self)
      try database.execute("COMMIT")
      return result
    } catch {
      try? database.execute("ROLLBACK")
      // A series that was undone must not be referred to by its number.
      self.dictionary = dictionary
      throw error
    }
  }

  mutating func number(
    of series: PermittedSeries, suffix: String = "", under context: BatchContext
  ) throws(SQLiteError) -> Int64 {
    try dictionary.number(of: series, suffix: suffix, under: context.fingerprint, in: database)
  }

  /// Forgets the numbers of series: their names were changed.
  mutating func forgetSeries() { dictionary = SeriesDictionary() }

  /// Compresses and writes one batch. Returns its number.
  @discardableResult
  mutating func insert(
    _ content: BatchContent, of source: DataSource, _ context: BatchContext, facts: [Fact],
    sharing: SharedBatch? = nil
  ) throws(SQLiteError) -> Int64 {
    // Made for each batch: between seals its tables would be a tenth of the daemon's own memory.
    var compressor = Compressor(.batch)
    let boot = try Reference.boot(context.boot, in: database)
    let agreement = try Reference.agreement(context.fingerprint, in: database)
    let factsNumber = try Reference.facts(facts, of: source, in: database)
    var insertion = try database.prepare(
      """
      INSERT INTO batches (source, agreement, boot, offset_ms, is_synchronised, first_ms, last_ms,
        readings, facts, columns\(sharing == nil ? "" : ", \"grant\", sequence, resolution_ms"))
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?\(sharing == nil ? "" : ", ?, ?, ?"))
      """)
    insertion.bind(Int64(source.rawValue))
    insertion.bind(agreement)
    insertion.bind(boot)
    insertion.bind(context.offsetMilliseconds)
    insertion.bind(context.isSynchronised ? 1 : 0)
    insertion.bind(content.ticks.first ?? 0)
    insertion.bind(content.ticks.last ?? 0)
    insertion.bind(Int64(content.readings))
    insertion.bind(factsNumber)
    insertion.bind(compressor.compress(BatchCodec.encode(content)))
    if let sharing {
      insertion.bind(sharing.grant)
      insertion.bind(sharing.sequence)
      insertion.bind(sharing.resolutionMilliseconds)
    }
    try insertion.run()
    return database.lastInsertedRow
  }

  /// Forgets what only a seal needs.
  mutating func releaseUnusedMemory() {
    dictionary.releaseUnusedMemory()
    database.releaseUnusedMemory()
  }

  /// Replaces the connection after the file was swapped.
  mutating func reopen() throws(RecordingError) {
    self = try RecordStore.open(database.path, form, in: directory, quotaBytes: quotaBytes)
  }
}

/// What a batch of the spool has beside one of the history.
struct SharedBatch {
  /// The number of the grant.
  let grant: Int64
  let sequence: Int64
  let resolutionMilliseconds: Int64
}
