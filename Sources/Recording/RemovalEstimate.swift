// What a narrower agreement would remove: for a person who asks before it is put in place, or while it is owed. It reads
// what the deletions of this module would go by, in their order, and changes nothing.

package import Handshake
internal import Linux
internal import SQLite
package import Telemetry

/// Of one source, in one database.
package struct RemovalEstimate: Equatable, Sendable {
  /// Batches that go whole.
  package private(set) var batches: Int64 = 0
  /// Batches that stay, without the columns that are withdrawn.
  package private(set) var recut: Int64 = 0
  /// Readings of both.
  package private(set) var readings: Int64 = 0

  package var isNothing: Bool { batches + recut == 0 }

  package static func spool(
    of source: DataSource, under agreement: Agreement, _ directory: StateDirectory
  ) throws(RecordingError) -> RemovalEstimate {
    guard let database = try Store.openForReading(directory.spool, .spool, in: directory) else {
      return RemovalEstimate()
    }
    let intent = agreement.grantIntent(for: source)
    var recipient: Grant.Recipient?
    if case .open(let theirs) = intent { recipient = theirs }
    let isHeld = agreement.terms(of: source).isHeld
    let limit = intent == .close ? nil : agreement.ownResolution(of: source)?.milliseconds
    var estimate = RemovalEstimate()
    do throws(SQLiteError) {
      // Of a source that is held only what the customer's own words take back.
      var query = try database.prepare(
        """
        SELECT b.columns, b.readings,
          NOT ?2 AND NOT (b.is_open AND ?3 AND (?4 = '' OR g.supplier = ?4 AND g.endpoint = ?5))
          OR (b.state = 0 AND b.resolution_ms < ?6)
        FROM live AS b JOIN grants AS g ON g.number = b."grant" WHERE b.source = ?1
        """)
      query.bind(Int64(source.rawValue))
      query.bind(isHeld ? 1 : 0)
      query.bind(intent == .close ? 0 : 1)
      query.bind(recipient?.supplier ?? "")
      query.bind(recipient?.endpoint ?? "")
      query.bind(limit ?? 0)
      let withdrawn = try withdrawn(of: source, agreement, database, directory)
      while try query.step() {
        estimate.add(query, isRemoved: query.integer(2) != 0, withdrawn)
      }
    } catch { throw .database(error) }
    return estimate
  }

  package static func history(
    of source: DataSource, under agreement: Agreement, _ directory: StateDirectory
  ) throws(RecordingError) -> RemovalEstimate {
    guard let database = try Store.openForReading(directory.history, .history, in: directory) else {
      return RemovalEstimate()
    }
    let terms = agreement.terms(of: source)
    let isDenied = !terms.isHeld && terms.decision.verdict == .deny
    var estimate = RemovalEstimate()
    do throws(SQLiteError) {
      let withdrawn = try withdrawn(of: source, agreement, database, directory)
      if !isDenied, withdrawn.isEmpty { return estimate }
      var query = try database.prepare("SELECT columns, readings FROM live WHERE source = ?")
      query.bind(Int64(source.rawValue))
      while try query.step() { estimate.add(query, isRemoved: isDenied, withdrawn) }
    } catch { throw .database(error) }
    return estimate
  }

  private mutating func add(
    _ row: borrowing Statement, isRemoved: Bool, _ withdrawn: Set<Int64>
  ) {
    let all = row.integer(1)
    if !isRemoved {
      if withdrawn.isEmpty { return }
      if let content = SealedBatch.content(row.blob(0)) {
        let left = content.columns.filter { !withdrawn.contains($0.series) }
        if left.count == content.columns.count { return }
        if !left.isEmpty {
          recut += 1
          readings += all - Int64(BatchContent(ticks: content.ticks, columns: left).readings)
          return
        }
      }
    }
    batches += 1
    readings += all
  }

  private static func withdrawn(
    of source: DataSource, _ agreement: Agreement, _ database: borrowing Database,
    _ directory: StateDirectory
  ) throws(SQLiteError) -> Set<Int64> {
    let kept = try KeptSeries.all(database, fingerprint: []).filter { $0.source == source }
    let changes = agreement.tightening(of: kept, hashing: key(for: agreement, directory))
    return Set(changes.filter { $0.value.change == .removed }.keys)
  }

  /// The appliance's own, or one for the occasion, under which as many series are equal.
  private static func key(for agreement: Agreement, _ directory: StateDirectory) -> HashKey? {
    guard agreement.needsHashKey else { return nil }
    return ((try? HashKeyFile.read(directory)) ?? nil) ?? HashKey(Random.bytes(HashKey.byteCount))
  }
}
