// How many batches a narrower agreement would cut: for a person who asks before it is put in place. It reads every
// batch of the sources concerned, and changes nothing.

package import Handshake
internal import SQLite
package import Telemetry

package enum RecutEstimate {
  /// Batches of `source` that hold a series which `agreement` withdraws, in the spool and in the history.
  package static func batches(
    of source: DataSource, under agreement: Agreement, _ directory: StateDirectory
  ) throws(RecordingError) -> Int64 {
    var count: Int64 = 0
    for (path, form) in [(directory.spool, StoreForm.spool), (directory.history, .history)] {
      // Of a closed grant everything goes.
      if path == directory.spool, agreement.grantIntent(for: source) == .close { continue }
      guard let database = try Store.openForReading(path, form, in: directory) else { continue }
      do { count += try batches(of: source, agreement, database) } catch {
        throw .database(error)
      }
    }
    return count
  }

  private static func batches(
    of source: DataSource, _ agreement: Agreement, _ database: borrowing Database
  ) throws(SQLiteError) -> Int64 {
    let kept = try KeptSeries.all(database, fingerprint: []).filter { $0.source == source }
    let withdrawn = agreement.tightening(of: kept, hashing: nil).filter {
      $0.value.change == .removed
    }
    if withdrawn.isEmpty { return 0 }
    var count: Int64 = 0
    var rows = try database.prepare("SELECT columns FROM live WHERE source = ?")
    rows.bind(Int64(source.rawValue))
    while try rows.step() {
      let columns = SealedBatch.content(rows.blob(0))?.columns ?? []
      if columns.contains(where: { withdrawn[$0.series] != nil }) { count += 1 }
    }
    return count
  }
}
