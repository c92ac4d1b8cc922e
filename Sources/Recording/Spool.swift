// spool.db: what may leave the appliance and waits for it.
//
// - Only readings of shared sources enter, at the resolution that was agreed, already without what is
//   withheld. What is not in here cannot be sent: the program that delivers opens nothing else.
// - Every batch belongs to one grant, one agreement, one boot and one resolution, and has a sequence number
//   within its grant, so that the supplier can count what is missing.
// - A batch leaves the spool by being accepted (kept for a while to be looked at), evicted (a counted gap),
//   refused as bad data (set aside), or revoked. Nothing else removes one.
// - Never more than the quota; the write-ahead log is bounded beside it.
//
// What if the power goes out here?
//  1 before a seal: at most one seal interval and one open down-sampling interval are lost.
//  2 during a seal: SQLite undoes the transaction; as 1.
//  3 after an answer, before the mark: the same bytes go again under the same ids.
//  4 after the mark, before the ledger row: the row is written at the next upload.
//  5 after a deletion was recorded: it stays owed, and `live` hides what it covers.
//  6 during a rewrite: the new file is not in place yet; it is removed and begun again.

package import Handshake
internal import Linux
package import SQLite
package import Telemetry

package struct Spool: ~Copyable {
  var store: RecordStore
  private let tickMilliseconds: Int64
  private var sharings: [DataSource: Sharing] = [:]
  var baselines: Baselines
  private var series: [PermittedSeries] = []
  package private(set) var readingsLost: Int64 = 0

  /// One source that is shared at this moment. A class, so that a tick changes it in place: changing a value
  /// inside a dictionary allocates.
  private final class Sharing {
    let grant: Grant
    var downsampler: Downsampler

    init(grant: Grant, downsampler: Downsampler) {
      self.grant = grant
      self.downsampler = downsampler
    }
  }

  package static func open(
    _ directory: StateDirectory, quotaBytes: Int64, tickMilliseconds: Int64
  ) throws(RecordingError) -> Spool {
    let store = try RecordStore.open(
      directory.spool, .spool, in: directory, quotaBytes: quotaBytes)
    do {
      let baselines = try Baselines(store.database)
      return Spool(store: store, baselines: baselines, tickMilliseconds: tickMilliseconds)
    } catch { throw .database(error) }
  }

  private init(
    store: consuming RecordStore, baselines: Baselines, tickMilliseconds: Int64
  ) {
    self.store = store
    self.baselines = baselines
    self.tickMilliseconds = tickMilliseconds
  }

  /// Whether the file is still where it was opened.
  package var isInPlace: Bool { store.isInPlace }

  /// Forgets what only a seal needs.
  package mutating func releaseUnusedMemory() { store.releaseUnusedMemory() }

  /// Begins a new file after the old one was set aside or removed. Its grants and baselines are not in it.
  package mutating func reopen() throws(RecordingError) {
    try store.reopen()
    do { baselines = try Baselines(store.database) } catch { throw .database(error) }
  }

  /// Begins a new agreement: what was gathered under the old one must have been sealed or is dropped.
  package mutating func begin(_ agreement: Agreement, grants: [Grant]) {
    for source in sharings.keys {
      readingsLost += Int64(sharings[source]?.downsampler.keepNewest(0) ?? 0)
    }
    series = []
    sharings = [:]
    for grant in grants {
      guard let resolution = agreement.terms(of: grant.source).resolutionMilliseconds else {
        continue
      }
      sharings[grant.source] = Sharing(
        grant: grant,
        downsampler: Downsampler(
          resolutionMilliseconds: resolution, tickMilliseconds: tickMilliseconds))
    }
  }

  /// Adds the shared readings of one tick. Allocates nothing while no new device appears.
  package mutating func append(
    _ sample: borrowing PermittedSample, asksForExtremes: (Signal) -> Bool
  ) {
    if series.count != sample.series.count { addColumns(for: sample, asksForExtremes) }
    for source in DataSource.allCases where sharings[source] != nil {
      sharings[source]?.downsampler.add(sample)
    }
  }

  private mutating func addColumns(
    for sample: borrowing PermittedSample, _ asksForExtremes: (Signal) -> Bool
  ) {
    for position in series.count..<sample.series.count {
      let new = sample.series[position]
      guard new.verdict == .share else { continue }
      let mean = new.signal.downsampling == .mean
      var statistics: [SpoolColumn.Statistic] = [mean ? .mean : .last]
      if asksForExtremes(new.signal) { statistics += [.minimum, .maximum] }
      for statistic in statistics {
        sharings[new.signal.source]?.downsampler.add(
          SpoolColumn(position: position, statistic: statistic))
      }
    }
    for sharing in sharings.values { sharing.downsampler.reserveRoom() }
    series = sample.series
  }

  /// Whether closed intervals in memory wait for the next seal.
  package var hasUnsealedReadings: Bool {
    sharings.values.contains { !$0.downsampler.closed.isEmpty }
  }

  /// Writes the intervals that are closed as one batch for each shared source.
  ///
  /// - Parameters:
  ///   - facts: the slow facts that are shared, by source.
  ///   - mayShare: what the agreement says at this moment: what it no longer shares is dropped.
  package mutating func seal(
    _ context: BatchContext, facts: [DataSource: [Fact]], mayShare: (PermittedSeries) -> Bool
  ) throws(SQLiteError) {
    guard hasUnsealedReadings else { return }
    do {
      try write(context, facts, mayShare)
      for source in sharings.keys { sharings[source]?.downsampler.removeClosed() }
    } catch {
      for source in sharings.keys {
        let lost = sharings[source]?.downsampler.keepNewest(Limits.unsealedTicksMax) ?? 0
        readingsLost += Int64(lost)
      }
      throw error
    }
  }

  private mutating func write(
    _ context: BatchContext, _ facts: [DataSource: [Fact]], _ mayShare: (PermittedSeries) -> Bool
  ) throws(SQLiteError) {
    let (sharings, series) = (sharings, series)
    var baselines = baselines
    try store.transaction { store throws(SQLiteError) in
      for source in DataSource.allCases {
        guard let sharing = sharings[source], !sharing.downsampler.closed.isEmpty else { continue }
        let content = try sharing.downsampler.content(series, &store, context, mayShare)
        let boot = try Reference.boot(context.boot, in: store.database)
        guard !content.batch.columns.isEmpty else { continue }
        try baselines.observe(
          content.counters, grant: sharing.grant.number, boot: boot, in: store.database)
        try store.insert(
          content.batch, of: source, context, facts: facts[source] ?? [],
          sharing: SharedBatch(
            grant: sharing.grant.number, sequence: try store.takeSequence(of: sharing.grant),
            resolutionMilliseconds: sharing.downsampler.resolutionMilliseconds))
      }
      try store.evict(states: [.sent, .refused, .timeUnknown, .pending])
    }
    self.baselines = baselines
  }
}

extension Downsampler {
  /// The closed intervals, with their series numbered, and which of the columns are counters.
  fileprivate func content(
    _ series: [PermittedSeries], _ store: inout RecordStore, _ context: BatchContext,
    _ mayShare: (PermittedSeries) -> Bool
  ) throws(SQLiteError) -> (batch: BatchContent, counters: BatchContent) {
    var all: [Column] = []
    var counters: [Column] = []
    for index in columns.indices {
      let own = series[columns[index].position]
      guard mayShare(own), let values = closed.column(index) else { continue }
      let number = try store.number(
        of: own, suffix: columns[index].statistic.suffix, under: context)
      all.append(Column(series: number, values: values))
      if own.signal.instrument == .counter { counters.append(all[all.count - 1]) }
    }
    return (
      BatchContent(ticks: closed.ticks, columns: all.sorted { $0.series < $1.series }),
      BatchContent(ticks: closed.ticks, columns: counters)
    )
  }
}

extension SpoolColumn.Statistic {
  /// What is appended to the signal's name.
  fileprivate var suffix: String {
    switch self {
    case .last, .mean: ""
    case .minimum: ".min"
    case .maximum: ".max"
    }
  }
}

extension RecordStore {
  fileprivate func takeSequence(of grant: Grant) throws(SQLiteError) -> Int64 {
    var query = try database.prepare(
      "UPDATE grants SET next_sequence = next_sequence + 1 WHERE number = ? RETURNING next_sequence - 1"
    )
    query.bind(grant.number)
    guard try query.step() else { return 0 }
    let sequence = query.integer(0)
    // RETURNING statements do their work at the first step, but must be run to their end.
    while try query.step() {}
    return sequence
  }
}
