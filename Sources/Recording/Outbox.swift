// The spool as the other program sees it: what waits, what left, and the way back of answers.

internal import Digest
package import Handshake
internal import Linux
package import SQLite
package import Telemetry

/// A batch without its readings.
package struct BatchSummary: Equatable, Sendable {
  package let number: Int64
  /// For people: the beginning of the grant's id and the sequence number in it ("3f9a1c2e-17").
  package let id: String
  package let source: DataSource
  package let grant: Int64
  /// The id of the grant, unique in the world.
  package let grantID: String
  package let sequence: Int64
  package let state: BatchState
  /// Whether the grant is still open. What a closed grant left is never sent.
  package let isOpen: Bool
  /// Unix milliseconds, as far as the clock can be trusted.
  package let firstMilliseconds: Int64
  package let lastMilliseconds: Int64
  package let isTimeTrusted: Bool
  package let resolutionMilliseconds: Int64
  package let readings: Int64
  /// As it is kept: columns, deflated.
  package let bytes: Int64
  /// 64 hexadecimal digits.
  package let agreement: String
  package let delivery: Int64?
  let boot: Int64
  let offsetMilliseconds: Int64
  /// The row of the facts that go with it.
  package let facts: Int64?

  /// "pending", "sent", …; "closed" for what waits but will never be sent.
  package var stateName: String { state == .pending && !isOpen ? "closed" : state.name }
}

/// A series as the spool's dictionary knows it.
package struct RecordedSeries: Sendable {
  package let signal: String
  package let source: DataSource
  package let instrument: Instrument
  package let unit: String
  package let decimals: Int
  package let attributes: [Attribute]
}

package struct Outbox: ~Copyable {
  let database: Database

  /// Opens the spool for looking at, or returns nil when nothing was ever recorded.
  package static func open(_ directory: StateDirectory) throws(RecordingError) -> Outbox? {
    guard let database = try Store.openForReading(directory.spool, .spool, in: directory) else {
      return nil
    }
    return Outbox(database: database)
  }

  /// Opens the spool for delivering from it. The caller holds the upload lock, which also keeps the file
  /// from being swapped meanwhile.
  package static func openForDelivery(
    _ directory: StateDirectory
  ) throws(RecordingError) -> Outbox? {
    do {
      guard try FileState.of(directory.spool) != nil else { return nil }
    } catch { throw .file(error) }
    return Outbox(
      database: try Store.openForWriting(
        directory.spool, .spool, in: directory, busyMilliseconds: Limits.commandBusyMilliseconds))
  }

  private init(database: consuming Database) { self.database = database }

  private static let summary = """
    SELECT b.number, g.id, b.source, b."grant", b.sequence, b.state, b.is_open, b.first_ms, b.last_ms,
      CASE WHEN b.is_synchronised THEN b.offset_ms ELSE coalesce(o.trusted_offset_ms, b.offset_ms) END,
      b.is_synchronised OR o.trusted_offset_ms IS NOT NULL, b.resolution_ms, b.readings,
      length(b.columns), a.fingerprint, b.delivery, b.boot, b.facts
    FROM live AS b JOIN grants AS g ON g.number = b."grant" JOIN boots AS o ON o.number = b.boot
      JOIN agreements AS a ON a.number = b.agreement
    """

  private static func summary(_ row: borrowing Statement) -> BatchSummary? {
    guard let source = DataSource(rawValue: UInt8(clamping: row.integer(2))),
      let state = BatchState(rawValue: row.integer(5))
    else { return nil }
    let (grantID, offset) = (row.text(1), row.integer(9))
    return BatchSummary(
      number: row.integer(0), id: "\(grantID.prefix(8))-\(row.integer(4))", source: source,
      grant: row.integer(3), grantID: grantID, sequence: row.integer(4), state: state,
      isOpen: row.integer(6) != 0, firstMilliseconds: row.integer(7) + offset,
      lastMilliseconds: row.integer(8) + offset, isTimeTrusted: row.integer(10) != 0,
      resolutionMilliseconds: row.integer(11), readings: row.integer(12), bytes: row.integer(13),
      agreement: Hexadecimal.text(row.blob(14)), delivery: row.optionalInteger(15),
      boot: row.integer(16), offsetMilliseconds: offset, facts: row.optionalInteger(17))
  }

  /// What is in one of the states, oldest first.
  package func batches(in states: Set<BatchState>) throws(SQLiteError) -> [BatchSummary] {
    let list = states.map { String($0.rawValue) }.sorted().joined(separator: ", ")
    return try summaries("WHERE b.state IN (\(list)) ORDER BY b.number")
  }

  /// Every pending batch of one source in an open grant, oldest first, beyond `number`.
  ///
  /// - Parameter recipient: with whom and where the grant must be; nil for any.
  package func pending(
    _ source: DataSource, for recipient: Grant.Recipient? = nil, after number: Int64, limit: Int
  ) throws(SQLiteError) -> [BatchSummary] {
    let isTheirs = recipient == nil ? "" : "AND g.supplier = ?1 AND g.endpoint = ?2"
    return try summaries(
      """
      WHERE b.source = \(source.rawValue) AND b.state = 0 AND b.is_open AND b.number > \(number) \(isTheirs)
      ORDER BY b.number LIMIT \(limit)
      """, for: recipient)
  }

  package func batches(of delivery: Delivery) throws(SQLiteError) -> [BatchSummary] {
    try summaries("WHERE b.\(Self.isOf(delivery)) ORDER BY b.number")
  }

  private func summaries(
    _ condition: String, for recipient: Grant.Recipient? = nil
  ) throws(SQLiteError) -> [BatchSummary] {
    var rows = try database.prepare("\(Self.summary) \(condition)")
    if let recipient {
      rows.bind(recipient.supplier)
      rows.bind(recipient.endpoint)
    }
    var summaries: [BatchSummary] = []
    while try rows.step() {
      if let summary = Self.summary(rows) { summaries.append(summary) }
    }
    return summaries
  }

  /// The readings of a batch, nil when they are damaged.
  package func content(of batch: BatchSummary) throws(SQLiteError) -> BatchContent? {
    var query = try database.prepare("SELECT columns FROM batches WHERE number = ?")
    query.bind(batch.number)
    guard try query.step() else { return nil }
    return SealedBatch.content(query.blob(0))
  }

  /// The slow facts that go with a batch.
  package func facts(of batch: BatchSummary) throws(SQLiteError) -> [Fact] {
    guard let number = batch.facts else { return [] }
    var query = try database.prepare("SELECT content FROM facts WHERE number = ?")
    query.bind(number)
    guard try query.step(), let attributes = AttributeText.decode(query.text(0)) else { return [] }
    return attributes.map { Fact(name: $0.key, value: $0.value) }
  }

  /// The dictionary of the series, by number.
  package func series() throws(SQLiteError) -> [Int64: RecordedSeries] {
    try SeriesDictionary.all(database)
  }
}
