// Who checks the chain, and how it stays bounded.
//
// When more than `Limits.ledgerRowsKept` rows are there, the oldest are removed in lots. In the same transaction a
// checkpoint is appended that holds the number and the hash of the last row removed. So the chain begins at any time
// with the row after the newest checkpoint's `through`, and that checkpoint, itself in the chain, vouches for what came
// before. A checkpoint is removed like any other row; the counts it holds go into the newest.
//
// packaging/verify-ledger does the same as `verify` in another language, with the same words.

internal import Digest
package import SQLite
internal import Telemetry

/// A row as it is shown, and as it was hashed.
package struct LedgerRow: Sendable {
  package let number: Int64
  /// Wall clock.
  package let atMilliseconds: Int64
  package let kind: String
  /// A JSON object.
  package let detail: String
  /// As it is kept; whether it is right is `verify`'s business.
  package let hash: [UInt8]

  package init(
    _ number: Int64, _ time: Int64, _ kind: String, _ detail: String, hash: [UInt8]
  ) {
    self.number = number
    atMilliseconds = time
    self.kind = kind
    self.detail = detail
    self.hash = hash
  }

  /// What is hashed, after the hash of the row before.
  package var text: String { "\(number)\n\(atMilliseconds)\n\(kind)\n\(detail)" }

  func hash(after previous: [UInt8]) -> [UInt8] { SHA256(of: previous + Array(text.utf8)).bytes }
}

/// A row that vouches for all before it: what an `accord.delivery` event tells the supplier.
package struct LedgerHead: Equatable, Sendable, CustomStringConvertible {
  package let number: Int64
  /// 64 lower-case hexadecimal digits.
  package let hash: String

  init(_ number: Int64, _ hash: [UInt8]) {
    self.number = number
    self.hash = Hexadecimal.text(hash)
  }

  /// Nil unless it is "NUMBER:HASH".
  package init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = Int64(parts[0]), number > 0, parts[1].utf8.count == 64,
      parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { return nil }
    self.number = number
    hash = String(parts[1])
  }

  package var description: String { "\(number):\(hash)" }
}

/// What the chain comes to.
package enum ChainVerdict: Equatable, Sendable, CustomStringConvertible {
  /// `first` is 1 until a checkpoint stands for the oldest rows.
  case holds(rows: Int64, first: Int64, head: LedgerHead)
  /// The first row that is not what it was, and what is wrong with it.
  case broken(row: Int64, ChainFault)

  package var description: String {
    switch self {
    case .holds(0, _, _): "the ledger has no rows"
    case .holds(let rows, let first, let head):
      "the chain holds: \(rows) \(rows == 1 ? "row" : "rows"), from number \(first), head \(head)"
    case .broken(let row, let fault): "row \(row) \(fault.description)"
    }
  }
}

package enum ChainFault: Equatable, Sendable {
  case missing
  case inserted
  case altered
  /// A checkpoint so near to what it removed that no program wrote it.
  case forgedCheckpoint
  /// The row that the supplier was told is another one here.
  case otherHead
  /// The row that the supplier was told is not here any more; `newest` is.
  case cutOff(newest: Int64)
  /// The row that the supplier was told was removed by a checkpoint, rightly or not.
  case behindCheckpoint

  /// After "row 7 ".
  package var description: String {
    switch self {
    case .missing: "is missing: it was removed or moved"
    case .inserted: "does not belong there: it was put in or moved"
    case .altered: "does not follow from what stands before it: it was edited or moved"
    case .forgedCheckpoint:
      "is a checkpoint for rows that are too young to be removed: it was put in"
    case .otherHead: "is not the one of the head that was told: the chain was written anew"
    case .cutOff(let newest): "is missing: the end was cut off after row \(newest)"
    case .behindCheckpoint: "was removed by a checkpoint: only a newer head can be checked"
    }
  }
}

/// Follows the chain row by row, wherever the rows are kept.
package struct ChainCheck {
  /// What stands before the first row: nothing, the newest checkpoint, or the row before an exported part.
  package struct Start: Sendable {
    /// The last row that is not there, and its hash.
    let number: Int64
    let hash: [UInt8]
    /// The row that says so, when it is one of the chain.
    let checkpoint: Int64?

    /// The beginning of a chain whose every row is there.
    package static let first = Start(number: 0, hash: Ledger.zeros, checkpoint: nil)

    package init(number: Int64, hash: [UInt8], checkpoint: Int64?) {
      self.number = number
      self.hash = hash
      self.checkpoint = checkpoint
    }
  }

  private let start: Start
  private let told: LedgerHead?
  private let rowsKept: Int64
  /// Number and hash of the row before.
  private var previous: (number: Int64, hash: [UInt8])
  private var heads: [Int64: [UInt8]]
  private var count: Int64 = 0
  private var first: Int64?
  /// What is wrong with the beginning, unless the checkpoint that says how it begins turns out to be edited.
  private var beginning: (row: Int64, fault: ChainFault)?

  /// - Parameter told: a head that must be in the chain.
  package init(
    after start: Start, against told: LedgerHead? = nil,
    rowsKept: Int64 = Limits.ledgerRowsKept
  ) {
    self.start = start
    self.told = told
    self.rowsKept = rowsKept
    previous = (start.number, start.hash)
    heads = [start.number: start.hash]
  }

  /// The verdict, if this row is what breaks the chain.
  ///
  /// - Parameter through: of a checkpoint the last row that it stands for.
  package mutating func follow(_ row: LedgerRow, through: Int64?) -> ChainVerdict? {
    if let found = fault(row, through: through) {
      guard first == nil, start.checkpoint != nil else {
        let fault = found.row == start.checkpoint ? found : beginning ?? found
        return .broken(row: fault.row, fault.fault)
      }
      beginning = found
    }
    first = first ?? row.number
    count += 1
    if row.number == told?.number { heads[row.number] = row.hash }
    return nil
  }

  private mutating func fault(
    _ row: LedgerRow, through: Int64?
  ) -> (row: Int64, fault: ChainFault)? {
    let before = previous
    previous = (row.number, row.hash)
    // Without traps: somebody may have put in any number.
    let expected = before.number &+ 1
    if row.number > expected { return (expected, .missing) }
    if row.number < expected { return (row.number, .inserted) }
    if row.hash != row.hash(after: before.hash) { return (row.number, .altered) }
    if let through, through > row.number &- rowsKept { return (row.number, .forgedCheckpoint) }
    return nil
  }

  /// What the rows come to, none of which broke the chain.
  package var verdict: ChainVerdict {
    if let beginning { return .broken(row: beginning.row, beginning.fault) }
    let head = LedgerHead(previous.number, previous.hash)
    if let told {
      if told.number > head.number {
        return .broken(row: told.number, .cutOff(newest: head.number))
      }
      guard let hash = heads[told.number] else {
        return .broken(row: told.number, .behindCheckpoint)
      }
      if LedgerHead(told.number, hash) != told { return .broken(row: told.number, .otherHead) }
    }
    return .holds(rows: count, first: first ?? start.number &+ 1, head: head)
  }
}

extension Ledger {
  /// Checks every row, and with `told` also whether that head is in the chain.
  package func verify(against told: LedgerHead? = nil) throws(SQLiteError) -> ChainVerdict {
    // One snapshot for both questions.
    try database.execute("BEGIN")
    defer { try? database.execute("COMMIT") }
    let start =
      try newestCheckpoint().map {
        ChainCheck.Start(number: $0.through, hash: $0.hash, checkpoint: $0.number)
      } ?? .first
    var check = ChainCheck(after: start, against: told, rowsKept: rowsKept)
    var rows = try database.prepare("\(Self.columns) ORDER BY number")
    while try rows.step() {
      let row = Self.row(rows)
      let isCheckpoint = row.kind == Event.checkpoint.rawValue
      if let verdict = check.follow(row, through: isCheckpoint ? rows.integer(5) : nil) {
        return verdict
      }
    }
    return check.verdict
  }

  /// How many rows there are, and the newest as "NUMBER:HASH"; nil when there is no ledger.
  package static func extent(
    _ directory: StateDirectory
  ) throws(RecordingError) -> (rows: Int64, head: String)? {
    guard let ledger = try openForReading(directory) else { return nil }
    do {
      let head = try ledger.head()
      let first = try ledger.database.integer("SELECT min(number) FROM ledger")
      return (first == 0 ? 0 : head.number &- first &+ 1, "\(LedgerHead(head.number, head.hash))")
    } catch { throw .database(error) }
  }

  /// Every row in order, oldest first.
  ///
  /// - Parameters:
  ///   - since: only rows that were written at or after this wall clock, Unix milliseconds.
  ///   - limit: only so many of the newest of them.
  package func forEachRow(
    since: Int64 = .min, limit: Int64 = .max, _ body: (LedgerRow) -> Void
  ) throws(SQLiteError) {
    var rows = try database.prepare(
      """
      \(Self.columns) WHERE at_ms >= ?1 AND number >= (SELECT coalesce(min(number), 0) FROM
        (SELECT number FROM ledger WHERE at_ms >= ?1 ORDER BY number DESC LIMIT ?2)) ORDER BY number
      """)
    rows.bind(since)
    rows.bind(limit)
    while try rows.step() { body(Self.row(rows)) }
  }

  static let zeros = [UInt8](repeating: 0, count: 32)
  private static let columns = """
    SELECT number, at_ms, kind, detail, hash,
      CASE WHEN kind = 'checkpoint' AND json_valid(detail) THEN detail ->> '$.through' END FROM ledger
    """

  private static func row(_ row: borrowing Statement) -> LedgerRow {
    // The bytes, not the text: reading as text would stop at a zero.
    LedgerRow(
      row.integer(0), row.integer(1), String(decoding: row.blob(2), as: UTF8.self),
      String(decoding: row.blob(3), as: UTF8.self), hash: row.blob(4))
  }
}
