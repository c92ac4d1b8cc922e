// What goes into the new file of a rewrite: batches whole or without withdrawn columns, and what they refer to.

internal import Compression
internal import SQLite
internal import Telemetry

/// The rows of the dictionaries that the copied batches refer to. Gathered on the way: to ask the copied batches at
/// the end would read all of them again.
struct UsedNumbers {
  private(set) var agreements: Set<Int64> = []
  private(set) var boots: Set<Int64> = []
  private(set) var facts: Set<Int64> = []
  private(set) var grants: Set<Int64> = []

  /// A row of the rewrite's own query.
  mutating func add(_ row: borrowing Statement) {
    agreements.insert(row.integer(2))
    boots.insert(row.integer(3))
    if let number = row.optionalInteger(4) { facts.insert(number) }
    grants.insert(row.integer(5))
  }
}

/// Which columns are cut out of which batches, and how much that came to.
struct ColumnCut: ~Copyable {
  private struct Partial {
    let number: Int64
    let source: Int64
    let upTo: Int64
    var batches: Int64 = 0
    var recut: Int64 = 0
    var readings: Int64 = 0
  }

  private var partials: [Partial] = []
  /// The series that have a name.
  private var named: Set<Int64> = []
  private var compressor: Compressor?

  /// Reads what is owed.
  init(_ database: borrowing Database) throws(SQLiteError) {
    var rows = try database.prepare(
      """
      SELECT number, source, up_to FROM deletions
      WHERE done_ms IS NULL AND is_partial AND series > 0 ORDER BY up_to DESC
      """)
    while try rows.step() {
      partials.append(
        Partial(number: rows.integer(0), source: rows.integer(1), upTo: rows.integer(2)))
    }
    guard !partials.isEmpty else { return }
    compressor = Compressor(.batch)
    rows = try database.prepare("SELECT number FROM series")
    while try rows.step() { named.insert(rows.integer(0)) }
  }

  /// The deletion by which columns of a batch may have to go, as an index.
  func deletion(covering batch: Int64, of source: Int64) -> Int? {
    partials.firstIndex { $0.source == source && batch <= $0.upTo }
  }

  enum Outcome {
    case unchanged
    case recut(columns: [UInt8], readings: Int64)
    /// Nothing is left, or it cannot be read, so that nobody knows what is in it.
    case removed
  }

  mutating func apply(
    _ deletion: Int, to columns: [UInt8], readings: Int64
  ) -> Outcome {
    let content = SealedBatch.content(columns)
    let left = (content?.columns ?? []).filter { named.contains($0.series) }
    if let content, left.count == content.columns.count { return .unchanged }
    guard let content, !left.isEmpty, compressor != nil else {
      partials[deletion].batches += 1
      partials[deletion].readings += readings
      return .removed
    }
    let recut = BatchContent(ticks: content.ticks, columns: left)
    partials[deletion].recut += 1
    partials[deletion].readings += readings - Int64(recut.readings)
    return .recut(
      columns: compressor!.compress(BatchCodec.encode(recut)), readings: Int64(recut.readings))
  }

  func writeCounts(_ database: borrowing Database) throws(SQLiteError) {
    for partial in partials {
      try database.execute(
        """
        UPDATE fresh.deletions SET batches = \(partial.batches), recut = \(partial.recut),
          readings = \(partial.readings) WHERE number = \(partial.number)
        """)
    }
  }
}

/// Copies single batches into the new file.
struct BatchCopy: ~Copyable {
  private var copy: Statement
  private var read: Statement
  private var insertion: Statement

  static func prepare(
    _ database: borrowing Database, _ form: StoreForm
  ) throws(SQLiteError) -> BatchCopy {
    BatchCopy(
      copy: try database.prepare(
        "INSERT INTO fresh.batches SELECT * FROM main.batches WHERE number = ?"),
      read: try database.prepare("SELECT columns, readings FROM main.batches WHERE number = ?"),
      // The new columns go in with the row: changing it later would leave the old ones in the file.
      insertion: try database.prepare(
        """
        INSERT INTO fresh.batches SELECT number, source, state, agreement, boot, offset_ms, is_synchronised, first_ms,
          last_ms, ?, facts, \(form.isSpool ? "\"grant\", sequence, resolution_ms, delivery," : "") ?
        FROM main.batches WHERE number = ?
        """))
  }

  mutating func whole(_ number: Int64) throws(SQLiteError) {
    copy.bind(number)
    try copy.run()
  }

  /// Copies what is left of a batch. Returns whether anything is.
  mutating func cut(
    _ number: Int64, _ deletion: Int, _ cut: inout ColumnCut
  ) throws(SQLiteError) -> Bool {
    read.bind(number)
    guard try read.step() else { return false }
    let outcome = cut.apply(deletion, to: read.blob(0), readings: read.integer(1))
    read.reset()
    switch outcome {
    case .unchanged: try whole(number)
    case .removed: return false
    case .recut(let columns, let readings):
      insertion.bind(readings)
      insertion.bind(columns)
      insertion.bind(number)
      try insertion.run()
    }
    return true
  }
}

extension StoreForm {
  var isSpool: Bool { applicationID == Schema.spoolID }

  /// Whether the batch `b` is covered by no recorded deletion.
  var isLive: String { isSpool ? Schema.spoolIsLive : Schema.historyIsLive }

  /// The tables beside the batches, and what of them is still used once the batches are copied.
  func copies(_ used: UsedNumbers) -> [(name: String, condition: String)] {
    func among(_ numbers: Set<Int64>) -> String {
      "number IN (\(numbers.map(String.init).joined(separator: ", ")))"
    }
    let hasBatches = "source IN (SELECT source FROM fresh.totals WHERE batches > 0)"
    let facts = ("facts", "WHERE \(among(used.facts))")
    let agreements = (
      "agreements",
      "WHERE \(among(used.agreements)) OR number IN (SELECT agreement FROM fresh.series)"
    )
    guard isSpool else {
      return [
        facts, ("deletions", ""), ("gaps", ""), ("boots", "WHERE \(among(used.boots))"),
        ("series", "WHERE \(hasBatches)"), agreements,
      ]
    }
    return [
      facts, ("deletions", ""), ("gaps", ""),
      ("grants", "WHERE closed_ms IS NULL OR \(among(used.grants))"),
      ("baselines", "WHERE \"grant\" IN (SELECT number FROM fresh.grants)"),
      // A boot that got another number would pass for a new one, and its counters would leave whole.
      ("boots", "WHERE \(among(used.boots)) OR number IN (SELECT boot FROM fresh.baselines)"),
      ("series", "WHERE \(hasBatches) OR number IN (SELECT series FROM fresh.baselines)"),
      agreements,
      // What was sent is written into the ledger even when its grant is gone by then.
      (
        "deliveries",
        "WHERE \"grant\" IN (SELECT number FROM fresh.grants) OR (outcome != 'trying' AND NOT is_recorded)"
      ),
      ("upload_state", ""),
    ]
  }
}
