// A withheld signal, a tightened redaction or a coarser [resolution] reaches what is already written. The dictionaries
// change in the transaction that records the deletion; the rewrite does the rest.

package import Handshake
package import SQLite
internal import Telemetry

extension History {
  /// Changes the dictionaries as the agreement asks, and records what the rewrite has to cut.
  ///
  /// - Parameter fingerprint: of the agreement in force.
  package mutating func recordTightening(
    by agreement: Agreement, fingerprint: [UInt8], hashing key: HashKey?, nowMilliseconds: Int64
  ) throws(SQLiteError) -> [Deletion] {
    let sources = DataSource.allCases.filter {
      let terms = agreement.terms(of: $0)
      return terms.isHeld || terms.decision.verdict != .deny
    }
    return try store.transaction { store throws(SQLiteError) in
      try store.tighten(sources, agreement, fingerprint, key, nowMilliseconds)
    }
  }
}

extension Spool {
  /// As in the history; and what is pending and finer than the customer's own [resolution] goes.
  package mutating func recordTightening(
    by agreement: Agreement, fingerprint: [UInt8], hashing key: HashKey?, nowMilliseconds: Int64
  ) throws(SQLiteError) -> [Deletion] {
    let sources = DataSource.allCases.filter { agreement.grantIntent(for: $0) != .close }
    let deletions = try store.transaction { store throws(SQLiteError) in
      var deletions = try store.tighten(sources, agreement, fingerprint, key, nowMilliseconds)
      try store.database.execute(
        "DELETE FROM baselines WHERE series NOT IN (SELECT number FROM series)")
      for source in sources {
        guard let limit = agreement.ownResolution(of: source),
          let deletion = try store.coarsen(
            source, toMilliseconds: limit.milliseconds, reason: "\(limit.rule)", nowMilliseconds)
        else { continue }
        deletions.append(deletion)
      }
      return deletions
    }
    if !deletions.isEmpty { baselines = try Baselines(store.database) }
    return deletions
  }
}

extension RecordStore {
  fileprivate func coarsen(
    _ source: DataSource, toMilliseconds limit: Int64, reason: String, _ time: Int64
  ) throws(SQLiteError) -> Deletion? {
    var query = try database.prepare(
      """
      SELECT count(*), coalesce(sum(readings), 0) FROM live
      WHERE source = ? AND state = 0 AND resolution_ms < ?
      """)
    query.bind(Int64(source.rawValue))
    query.bind(limit)
    guard try query.step(), query.integer(0) > 0 else { return nil }
    let deletion = Deletion(
      source, reason, batches: query.integer(0), readings: query.integer(1), at: time)
    try record(deletion, upTo: try newestBatch, finerThanMilliseconds: limit)
    return deletion
  }

  fileprivate mutating func tighten(
    _ sources: [DataSource], _ agreement: Agreement, _ fingerprint: [UInt8], _ key: HashKey?,
    _ time: Int64
  ) throws(SQLiteError) -> [Deletion] {
    let kept = try KeptSeries.all(database, fingerprint: fingerprint)
    let changes = agreement.tightening(of: kept, hashing: key)
    let facts = try changedFacts(agreement, key)
    var deletions: [Deletion] = []
    for source in sources {
      let own = kept.filter { $0.source == source && changes[$0.number] != nil }
      let ownFacts = facts.filter { $0.source == source }
      guard
        let rule = own.first.flatMap({ changes[$0.number]?.rule }) ?? ownFacts.first?.rule
      else { continue }
      for series in own { try apply(changes[series.number]!.change, to: series.number) }
      for change in ownFacts { try replaceFacts(change.number, with: change.left) }
      let removed = own.count { changes[$0.number]?.change == .removed }
      deletions.append(
        Deletion(
          source, "\(rule)", series: Int64(removed),
          redacted: Int64(own.count - removed + ownFacts.count), isPartial: true, at: time))
      try record(deletions[deletions.count - 1], upTo: try newestBatch)
    }
    if !deletions.isEmpty { forgetSeries() }
    return deletions
  }

  private func apply(_ change: Tightening.Change, to number: Int64) throws(SQLiteError) {
    switch change {
    case .removed: try database.execute("DELETE FROM series WHERE number = \(number)")
    case .redacted(let attributes):
      var update = try database.prepare("UPDATE series SET attributes = ? WHERE number = ?")
      update.bind(AttributeText.encode(attributes))
      update.bind(number)
      try update.run()
    }
  }

  private func replaceFacts(_ number: Int64, with facts: [Attribute]) throws(SQLiteError) {
    var update = try database.prepare("UPDATE facts SET content = ? WHERE number = ?")
    update.bind(AttributeText.encode(facts))
    update.bind(number)
    try update.run()
  }

  private func changedFacts(
    _ agreement: Agreement, _ key: HashKey?
  ) throws(SQLiteError) -> [(number: Int64, source: DataSource, left: [Attribute], rule: FilePlace)]
  {
    var changed: [(number: Int64, source: DataSource, left: [Attribute], rule: FilePlace)] = []
    var rows = try database.prepare("SELECT number, source, content FROM facts")
    while try rows.step() {
      guard let source = DataSource(rawValue: UInt8(clamping: rows.integer(1))),
        let facts = AttributeText.decode(rows.text(2)),
        let change = agreement.tightening(ofFacts: facts, hashing: key)
      else { continue }
      changed.append((rows.integer(0), source, change.left, change.rule))
    }
    return changed
  }
}

extension KeptSeries {
  /// The dictionary of a database.
  ///
  /// - Parameter fingerprint: of the agreement in force.
  static func all(
    _ database: borrowing Database, fingerprint: [UInt8]
  ) throws(SQLiteError) -> [KeptSeries] {
    var rows = try database.prepare(
      """
      SELECT s.number, s.signal, s.source, s.attributes, coalesce(a.fingerprint = ?, 0)
      FROM series AS s LEFT JOIN agreements AS a ON a.number = s.agreement ORDER BY s.number
      """)
    rows.bind(fingerprint)
    var series: [KeptSeries] = []
    while try rows.step() {
      guard let source = DataSource(rawValue: UInt8(clamping: rows.integer(2))),
        let attributes = AttributeText.decode(rows.text(3))
      else { continue }
      series.append(
        KeptSeries(
          number: rows.integer(0), signal: rows.text(1), source: source, attributes: attributes,
          isOfThisAgreement: rows.integer(4) != 0))
    }
    return series
  }
}
