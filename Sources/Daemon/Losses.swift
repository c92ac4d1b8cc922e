// What the ledger is told at each seal: what was lost since the last, and how the clock was set. And of deletions.

internal import Handshake
internal import JSON
internal import Linux
internal import Recording
internal import SQLite
internal import Telemetry

extension Agent {
  /// What cannot be written now is written with the next seal.
  mutating func recordLosses() throws(SQLiteError) {
    let time = clock.wallTimeMilliseconds
    let step = wallOffset.stepMilliseconds
    if step != 0 {
      try ledger.append(.clockStep, atMilliseconds: time) { $0.member("by_ms", step) }
      wallOffset.stepMilliseconds = 0
    }
    let lost = (history: history.readingsLost, spool: spool.readingsLost)
    if lost != toldReadingsLost {
      let told = toldReadingsLost
      try ledger.append(.readingsLost, atMilliseconds: time) { detail in
        detail.member("history", lost.history - told.history)
        detail.member("spool", lost.spool - told.spool)
      }
      toldReadingsLost = lost
    }
    try ledger.recordGaps(of: history, atMilliseconds: time)
    try ledger.recordGaps(of: spool, atMilliseconds: time)
    try ledger.finishErasing()
  }

  /// The names of an agreement as the ledger's chain holds them.
  func nameDigests(_ agreement: Agreement) throws(SQLiteError) -> [(key: String, digest: String)] {
    let recipient = agreement.offer?.recipient
    let names = [
      ("supplier", recipient?.supplier), ("endpoint", recipient?.endpoint),
      ("accepted_by", agreement.consent?.acceptedBy),
    ]
    var digests: [(key: String, digest: String)] = []
    for case (let key, let name?) in names {
      digests.append((key, try ledger.digest(ofName: name)))
    }
    return digests
  }

  /// The ledger is another database and may be busy: what it could not be told is told with the next try.
  mutating func tellDeletions(_ time: Int64) throws(SQLiteError) {
    while let (deletion, database) = revocation.untold.first {
      try ledger.noteRevocation(consentModifiedNanoseconds: watch.consentModifiedNanoseconds)
      try append(deletion, database, time)
      revocation.untold.removeFirst()
    }
  }

  private func append(
    _ deletion: Deletion, _ database: String, _ time: Int64
  ) throws(SQLiteError) {
    try ledger.append(.deletionRecorded, atMilliseconds: time) { detail in
      detail.member("source", deletion.source.name)
      detail.member("database", database)
      // "consent.toml:9": the folder may be somebody's home.
      detail.member("because", String(deletion.reason.split(separator: "/").last ?? ""))
      if deletion.isPartial {
        detail.member("series", deletion.series)
        detail.member("redacted", deletion.redacted)
      } else {
        detail.member("batches", deletion.batches)
        detail.member("readings", deletion.readings)
      }
    }
  }
}
