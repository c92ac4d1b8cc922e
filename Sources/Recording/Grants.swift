// Opening and closing grants, and what is owed when one is closed.

internal import Digest
package import Handshake
internal import Linux
package import SQLite
package import Telemetry

/// What became of the grants when the agreement changed.
package enum GrantChange: Equatable, Sendable {
  case opened(Grant)
  case closed(Grant)
}

extension Spool {
  /// The grants that are open, in the order of their sources.
  package func openGrants() throws(SQLiteError) -> [Grant] {
    var rows = try store.database.prepare(
      "SELECT number, id, source, supplier, endpoint FROM grants WHERE closed_ms IS NULL ORDER BY source"
    )
    var grants: [Grant] = []
    while try rows.step() {
      guard let source = DataSource(rawValue: UInt8(clamping: rows.integer(2))) else { continue }
      grants.append(
        Grant(
          number: rows.integer(0), id: rows.text(1), source: source,
          recipient: Grant.Recipient(supplier: rows.text(3), endpoint: rows.text(4))))
    }
    return grants
  }

  /// Rule 7: brings the grants in line with the agreement. A closed grant is closed for good; sharing again
  /// opens another one. Returns what changed.
  package mutating func settleGrants(
    by agreement: Agreement, nowMilliseconds: Int64
  ) throws(SQLiteError) -> [GrantChange] {
    let open = try openGrants()
    return try store.transaction { store throws(SQLiteError) in
      var changes: [GrantChange] = []
      for source in DataSource.allCases {
        let current = open.first { $0.source == source }
        switch (agreement.grantIntent(for: source), current) {
        case (.hold, _), (.close, nil): continue
        case (.open(let recipient), let current?) where current.recipient == recipient: continue
        case (.close, let current?):
          try store.close(current, nowMilliseconds)
          changes.append(.closed(current))
        case (.open(let recipient), let current):
          if let current {
            try store.close(current, nowMilliseconds)
            changes.append(.closed(current))
          }
          changes.append(.opened(try store.openGrant(source, recipient, nowMilliseconds)))
        }
      }
      if !changes.isEmpty { try store.database.raiseEpoch() }
      return changes
    }
  }

  /// Records the deletion of what closed grants left of a source. See `RecordStore.recordDeletion`.
  package func recordDeletion(
    ofClosedGrantsOf source: DataSource, reason: String, nowMilliseconds: Int64
  ) throws(SQLiteError) -> Deletion? {
    try store.recordDeletion(
      of: source, reason: reason, extraCondition: "AND NOT is_open",
      remains: "grants WHERE closed_ms IS NOT NULL", nowMilliseconds: nowMilliseconds)
  }
}

extension History {
  /// Records the deletion of everything of a source.
  package func recordDeletion(
    of source: DataSource, reason: String, nowMilliseconds: Int64
  ) throws(SQLiteError) -> Deletion? {
    try store.recordDeletion(
      of: source, reason: reason, remains: "series WHERE true", nowMilliseconds: nowMilliseconds)
  }
}

extension RecordStore {
  fileprivate func close(_ grant: Grant, _ nowMilliseconds: Int64) throws(SQLiteError) {
    var update = try database.prepare("UPDATE grants SET closed_ms = ? WHERE number = ?")
    update.bind(nowMilliseconds)
    update.bind(grant.number)
    try update.run()
  }

  fileprivate func openGrant(
    _ source: DataSource, _ recipient: Grant.Recipient, _ nowMilliseconds: Int64
  ) throws(SQLiteError) -> Grant {
    let id = Hexadecimal.text(Random.bytes(16))
    var insertion = try database.prepare(
      "INSERT INTO grants (id, source, supplier, endpoint, opened_ms) VALUES (?, ?, ?, ?, ?)")
    insertion.bind(id)
    insertion.bind(Int64(source.rawValue))
    insertion.bind(recipient.supplier)
    insertion.bind(recipient.endpoint)
    insertion.bind(nowMilliseconds)
    try insertion.run()
    return Grant(
      number: database.lastInsertedRow, id: id, source: source, recipient: recipient)
  }
}
