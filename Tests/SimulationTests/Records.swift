// What stands in the files of the appliance, looked at after every tick and every step, by the model's measure:
//
//  1 every reading in the spool was shared, and every reading in the history at least local, when it was taken;
//  2 what a seal writes is still allowed by the customer's word at that moment: a doubt holds, so readings that were
//    taken before it may be written, and must not leave (see Wire); a word, a withholding and a redaction drop them;
//  3 a batch lies within one grant of the model, and no two grants of the model meet in one of the product;
//  4 thirty seconds after the agent first saw a word that says less, no reader is shown what it covers, and a few
//    ticks later the files do not hold it;
//  5 nothing else removes a batch;
//  6 no reading and no canary stands in the status file or the ledger.

import Compression
import Glibc
import Linux
import Recording
import SQLite
import Telemetry

final class Records {
  /// A series as a dictionary of a database names it.
  struct Series {
    let signal: String
    let attributes: [Attribute]
  }

  /// A batch of the spool, with what the model says of each reading.
  struct SealedBatch {
    let grant: String
    /// Which series of the machine may leave as this.
    var points: [Point: Set<Int>] = [:]
  }

  struct Point: Hashable {
    let metric: String
    /// Without the decimal places.
    let value: Int64
  }

  private let state: StateDirectory
  private var files: [String: File] = [:]
  private(set) var sealed: [Int64: SealedBatch] = [:]
  /// Which grant of the model stands behind a grant of the product.
  private(set) var grants: [String: Model.Grant] = [:]
  var counters = CounterModel()
  private(set) var readings = 0
  var deletions = 0
  var newestLedgerRow: Int64 = 0

  /// What is known of one database.
  struct File {
    var inode: UInt64
    var newest: Int64 = 0
    var series: [Int64: Series] = [:]
    var factsNewest: Int64 = 0
    /// Batches by grant or, in the history, by source.
    var counts: [String: Int64] = [:]
    /// How many of them may go.
    var deletable: [String: Int64] = [:]
  }

  init(_ state: StateDirectory) { self.state = state }

  /// The newest batch of the spool.
  var newestBatch: Int64 { files[state.spool]?.newest ?? 0 }

  /// Forgets what was known of a file that is gone or was put back.
  func forget(_ path: String) {
    files[path] = nil
    if path == state.spool { sealed = [:] }
  }

  func look(_ appliance: SimulatedAppliance) throws {
    try lookAtPlainFiles(appliance)
    for path in [state.history, state.spool] {
      guard let inode = try FileState.of(path)?.inode else { continue }
      var file = files[path] ?? File(inode: inode)
      if file.inode != inode {
        (file.inode, file.series) = (inode, [:])
      }
      let database = try Database(path, .readOnly, busyTimeoutMilliseconds: 1_000)
      guard try database.integer("PRAGMA user_version") > 0 else { continue }
      try lookAtNewBatches(database, &file, path == state.spool, appliance)
      try lookForDeletions(database, &file, path == state.spool, appliance)
      files[path] = file
    }
  }
}

extension Records {
  private func lookAtNewBatches(
    _ database: borrowing Database, _ file: inout File, _ isSpool: Bool,
    _ appliance: SimulatedAppliance
  ) throws {
    var rows = try database.prepare(
      isSpool
        ? """
        SELECT b.number, b.source, o.id, b.columns, b.facts, g.id, b.resolution_ms FROM batches AS b
        JOIN boots AS o ON o.number = b.boot JOIN grants AS g ON g.number = b."grant"
        WHERE b.number > ? ORDER BY b.number
        """
        : """
        SELECT b.number, b.source, o.id, b.columns, b.facts FROM batches AS b
        JOIN boots AS o ON o.number = b.boot WHERE b.number > ? ORDER BY b.number
        """)
    rows.bind(file.newest)
    while try rows.step() {
      file.newest = rows.integer(0)
      guard let source = DataSource(rawValue: UInt8(rows.integer(1))),
        let bytes = try? Decompressor.decompress(rows.blob(3), .batch, limitBytes: 1 << 24),
        let content = BatchCodec.decode(bytes)
      else { throw Leak("batch \(file.newest) cannot be read") }
      file.counts[isSpool ? rows.text(5) : source.name, default: 0] += 1
      let batch = BatchUnderTest(
        source: source, boot: rows.text(2), content: content,
        grant: isSpool ? rows.text(5) : nil,
        resolutionSeconds: isSpool ? rows.integer(6) / 1_000 : 0)
      if !content.columns.allSatisfy({ file.series[$0.series] != nil }) {
        file.series = try Self.series(database)
      }
      try check(batch, file.newest, file.series, appliance)
      if let facts = rows.optionalInteger(4), facts > file.factsNewest {
        file.factsNewest = facts
        try checkFacts(database, facts, isSpool, appliance)
      }
    }
  }

  static func series(_ database: borrowing Database) throws -> [Int64: Series] {
    var rows = try database.prepare("SELECT number, signal, attributes FROM series")
    var series: [Int64: Series] = [:]
    while try rows.step() {
      guard let attributes = AttributeText.decode(rows.text(2)) else {
        throw Leak("the attributes \(rows.text(2)) cannot be read")
      }
      series[rows.integer(0)] = Series(signal: rows.text(1), attributes: attributes)
    }
    return series
  }

  /// Facts are of the moment of the seal.
  private func checkFacts(
    _ database: borrowing Database, _ number: Int64, _ isSpool: Bool,
    _ appliance: SimulatedAppliance
  ) throws {
    var row = try database.prepare("SELECT content FROM facts WHERE number = ?")
    row.bind(number)
    guard try row.step(), let judgement = appliance.lastJudgement else { return }
    for fact in AttributeText.decode(row.text(0)) ?? [] {
      guard judgement.mode(fact.key) >= (isSpool ? .share : .local) else {
        throw Leak("the fact \(fact.key) was written though it is \(judgement.mode(fact.key))")
      }
      if Self.clear([fact], judgement) != nil { throw Leak("\(fact.key) was written in clear") }
    }
  }
}

/// A batch as a database has it.
struct BatchUnderTest {
  let source: DataSource
  let boot: String
  let content: BatchContent
  /// The id of the grant; nil for a batch of the history.
  let grant: String?
  let resolutionSeconds: Int64
}

extension Records {
  private func check(
    _ batch: BatchUnderTest, _ number: Int64, _ names: [Int64: Series],
    _ appliance: SimulatedAppliance
  ) throws {
    var sealed = SealedBatch(grant: batch.grant ?? "")
    for column in batch.content.columns {
      guard let series = names[column.series] else { throw Leak("a series without a name") }
      try checkSeal(series, batch, appliance)
      for (tick, value) in zip(batch.content.ticks, column.values) {
        guard let value else { continue }
        readings += 1
        let key = MomentKey(boot: batch.boot, milliseconds: tick)
        let (place, ticks) = try find(value, series, key, batch, appliance)
        for tick in ticks { try checkTaken(series, tick, batch, appliance) }
        guard let grant = batch.grant else { continue }
        let leaving =
          Machine.series[place].kind == .counter
          ? counters.leaving(
            value, grant, place, Self.text(series.signal, series.attributes), key) : [value]
        for value in leaving {
          sealed.points[Point(metric: series.signal, value: value), default: []].insert(place)
        }
      }
    }
    if batch.grant != nil { self.sealed[number] = sealed }
  }

  static func text(_ signal: String, _ attributes: [Attribute]) -> String {
    let pairs = attributes.map { attribute in
      switch attribute.value {
      case .string(let text), .hash(let text): "\(attribute.key)=\(text)"
      case .integer(let number): "\(attribute.key)=\(number)"
      }
    }
    return signal + " " + pairs.sorted().joined(separator: " ")
  }

  static func base(_ signal: String) -> String {
    signal.hasSuffix(".min") || signal.hasSuffix(".max") ? String(signal.dropLast(4)) : signal
  }

  /// What a seal may write, by the customer's word at that moment.
  private func checkSeal(
    _ series: Series, _ batch: BatchUnderTest, _ appliance: SimulatedAppliance
  ) throws {
    guard let judgement = appliance.lastJudgement else { return }
    let signal = Self.base(series.signal)
    if let word = judgement.words?[batch.source], word < (batch.grant == nil ? .local : .share) {
      throw Leak("\(signal) was sealed though \(batch.source.name) is \(word) by then")
    }
    if judgement.withholds(signal) { throw Leak("\(signal) was sealed though it is withheld") }
    if let key = Self.clear(series.attributes, judgement) {
      throw Leak("\(signal) was sealed with \(key) in clear")
    }
  }

  private func checkTaken(
    _ series: Series, _ key: MomentKey, _ batch: BatchUnderTest, _ appliance: SimulatedAppliance
  ) throws {
    let moment = appliance.moments[key]!
    let signal = Self.base(series.signal)
    let mode = moment.judgement.mode(signal)
    guard mode >= (batch.grant == nil ? .local : .share) else {
      throw Leak("a reading of \(signal) at \(key) was kept though it was \(mode) then")
    }
    if let attribute = Self.clear(series.attributes, moment.judgement) {
      throw Leak("\(attribute) of \(signal) at \(key) was redacted when it was taken")
    }
    guard let id = batch.grant else { return }
    if signal != series.signal, !moment.judgement.extremes.contains(signal) {
      throw Leak("the extremes of \(signal) at \(key) were not agreed")
    }
    guard let grant = moment.grants[batch.source] else {
      throw Leak("a reading of \(signal) at \(key) was taken in no grant")
    }
    if let resolution = moment.judgement.resolutionSeconds[batch.source],
      batch.resolutionSeconds < resolution
    {
      throw Leak("\(signal) was recorded every \(batch.resolutionSeconds) s, not \(resolution) s")
    }
    if let other = grants[id], other !== grant {
      throw Leak("grants \(other.number) and \(grant.number) of the model meet in \(id)")
    }
    grants[id] = grant
  }

  /// Which series of the machine a value is, and which ticks it tells of.
  private func find(
    _ value: Int64, _ series: Series, _ key: MomentKey, _ batch: BatchUnderTest,
    _ appliance: SimulatedAppliance
  ) throws -> (place: Int, ticks: [MomentKey]) {
    let resolution = max(batch.resolutionSeconds * 1_000, SimulatedAppliance.tickMilliseconds)
    let interval = key.milliseconds / resolution
    let isMean = !series.signal.hasSuffix(".min") && !series.signal.hasSuffix(".max")
    var ticks: [MomentKey] = []
    var next: MomentKey? = key
    // Backwards through the interval.
    while let tick = next, tick.milliseconds / resolution == interval,
      let moment = appliance.moments[tick]
    {
      ticks.append(tick)
      next = moment.previous
      for place in Machine.series.indices {
        let simulated = Machine.series[place]
        guard simulated.signal == Self.base(series.signal), Self.fits(simulated, series.attributes)
        else { continue }
        if simulated.kind == .mean, isMean {
          let sum = ticks.reduce(0) { $0 + (appliance.moments[$1]!.values[place] ?? 0) }
          if sum == value * Int64(ticks.count) { return (place, ticks) }
        } else if moment.values[place] == value {
          return (place, [tick])
        }
      }
    }
    throw Leak("\(series.signal) = \(value) at \(key) is no reading of that time")
  }

  private static func fits(_ series: SimulatedSeries, _ attributes: [Attribute]) -> Bool {
    attributes.allSatisfy { attribute in
      guard case .string(let text) = attribute.value, Machine.clearTexts.contains(text) else {
        return true
      }
      return series.attributes[attribute.key] == text
    }
  }
}
