// history.db: the appliance's own flight recorder. Everything that is local or shared, at every tick, with the
// kernel's own values. It never leaves.
//
// Readings gather in memory and become one batch a source when they are sealed. What was sealed survives a
// power cut; what was not is lost with it, at most one seal interval. When the disk refuses a seal, the
// readings stay in memory, up to `Limits.unsealedTicksMax` ticks, and the next seal tries again.

package import Handshake
internal import Linux
package import SQLite
package import Telemetry

package struct History: ~Copyable {
  var store: RecordStore
  private var unsealed = ColumnBuffer()
  private let rowsPerSeal: Int
  /// What stands at each place of the rows.
  private var series: [PermittedSeries] = []
  /// Readings that the full memory or a refused disk has cost.
  package private(set) var readingsLost: Int64 = 0

  /// - Parameter rowsPerSeal: how many ticks a seal interval has.
  package static func open(
    _ directory: StateDirectory, quotaBytes: Int64, rowsPerSeal: Int
  ) throws(RecordingError) -> History {
    do { try directory.makePrivateFolder() } catch { throw .file(error) }
    return History(
      store: try RecordStore.open(
        directory.history, .history, in: directory, quotaBytes: quotaBytes),
      rowsPerSeal: rowsPerSeal)
  }

  private init(store: consuming RecordStore, rowsPerSeal: Int) {
    self.store = store
    self.rowsPerSeal = rowsPerSeal
  }

  /// Adds the readings of one tick. Allocates nothing while no new device appears.
  package mutating func append(_ sample: borrowing PermittedSample) {
    if series.count != sample.series.count {
      series = sample.series
      unsealed.reserve(rows: rowsPerSeal + 1, width: series.count)
    }
    unsealed.beginRow(atBootTimeMilliseconds: sample.bootTimeMilliseconds)
    for position in 0..<series.count { unsealed.append(sample.value(at: position)) }
  }

  /// Whether the file is still where it was opened.
  package var isInPlace: Bool { store.isInPlace }

  /// Forgets what only a seal needs.
  package mutating func releaseUnusedMemory() { store.releaseUnusedMemory() }

  /// Begins a new file after the old one was set aside or removed. What is in memory stays.
  package mutating func reopen(_ directory: StateDirectory) throws(RecordingError) {
    do { try directory.makePrivateFolder() } catch { throw .file(error) }
    try store.reopen()
  }

  /// Wall clock minus boot clock as the newest batch has it; nil when that is not of this boot.
  package func latestOffset(boot: String) throws(SQLiteError) -> Int64? {
    var query = try store.database.prepare(
      """
      SELECT offset_ms FROM batches WHERE number = (SELECT max(number) FROM batches)
        AND boot = (SELECT number FROM boots WHERE id = ?)
      """)
    query.bind(boot)
    return try query.step() ? query.integer(0) : nil
  }

  /// Whether readings in memory wait for the next seal.
  package var hasUnsealedReadings: Bool { !unsealed.isEmpty }

  /// Writes what is in memory as one batch for each source.
  ///
  /// - Parameters:
  ///   - facts: the slow facts that may be kept, by source.
  ///   - mayKeep: what the agreement says at this moment: what it no longer allows is dropped.
  package mutating func seal(
    _ context: BatchContext, facts: [DataSource: [Fact]], mayKeep: (PermittedSeries) -> Bool
  ) throws(SQLiteError) {
    guard hasUnsealedReadings else { return }
    do {
      try write(context, facts, mayKeep)
      unsealed.removeAll()
    } catch {
      readingsLost += Int64(unsealed.keepNewest(Limits.unsealedTicksMax))
      throw error
    }
  }

  /// Begins a new agreement: what was not sealed under the old one is dropped, and what stands at each
  /// place is worked out anew.
  package mutating func begin() {
    readingsLost += Int64(unsealed.keepNewest(0))
    series.removeAll()
  }

  private mutating func write(
    _ context: BatchContext, _ facts: [DataSource: [Fact]], _ mayKeep: (PermittedSeries) -> Bool
  ) throws(SQLiteError) {
    var columns: [DataSource: [(series: PermittedSeries, values: [Int64?])]] = [:]
    for position in series.indices {
      guard mayKeep(series[position]), let values = unsealed.column(position) else { continue }
      columns[series[position].signal.source, default: []].append((series[position], values))
    }
    try store.transaction { store throws(SQLiteError) in
      for source in DataSource.allCases {
        guard let columns = columns[source] else { continue }
        var numbered: [Column] = []
        for column in columns {
          let number = try store.number(of: column.series, under: context)
          numbered.append(Column(series: number, values: column.values))
        }
        try store.insert(
          BatchContent(ticks: unsealed.ticks, columns: numbered.sorted { $0.series < $1.series }),
          of: source, context, facts: facts[source] ?? [])
      }
      try store.evict(states: [.pending])
    }
  }
}
