// One pass over the history: every batch is read and decoded once, and what a chart needs of it goes into traces, whose
// size depends on the width of the page and not on how much was recorded.

package import Recording
package import Telemetry

/// What a pass over the history came to.
package struct HistoryTraces: Sendable {
  package private(set) var watch = TickWatch()
  /// The ticks that were recorded in each bucket, each as the milliseconds that it stands for: the pace may change.
  package private(set) var ticks: Trace
  /// Series that hold in clear what is redacted by now: accordd has not rewritten the history yet.
  package let unredactedSeries: Int
  /// Batches that cannot be read.
  package private(set) var damagedBatches = 0
  /// The newest batch of each source that has facts.
  package private(set) var newestFacts: [DataSource: HistoryBatch] = [:]

  let window: ReportWindow
  var plan: TracePlan
  /// Of this one's ticks the watch is kept.
  private let watched: DataSource?
  /// Reused from batch to batch: a row for each input, a place for each tick.
  private var numbers: [Double] = []
  private var seconds: [Double] = []
  private var buckets: [Int] = []
  private var times: [Int64] = []
  /// A counter was read, and how much it grew is not known. It takes a sum that it is part of with it: shares of what
  /// is left would be too large. A series that was not read at all is NaN.
  private static let unknownGrowth = -Double.infinity

  init(_ series: [Int64: RecordedSeries], _ scope: ReportScope, _ window: ReportWindow) {
    self.window = window
    ticks = Trace(bucketCount: window.bucketCount)
    let shown = series.filter { scope.shows($0.value.signal, of: $0.value.source) }
    let redacted = shown.filter { $0.value.attributes.allSatisfy(scope.passes) }
    unredactedSeries = shown.count - redacted.count
    plan = TracePlan(redacted, window)
    let recorded = Set(series.values.map(\.source)).intersection(scope.sources)
    // The environment is read at each tick; the product's one signal tells as much where there is nothing else.
    watched =
      recorded.contains(.environment) ? .environment : recorded.min { $0.rawValue < $1.rawValue }
  }

  /// Reads what `scope` allows. What was read before a damage was met stays; `problem` says what was the matter.
  package static func gather(
    _ reader: borrowing HistoryReader, _ scope: ReportScope, _ window: ReportWindow
  ) -> (traces: HistoryTraces, problem: RecordingError?) {
    var traces = HistoryTraces(reader.series, scope, window)
    let isWanted = { (source: DataSource) in
      traces.plan.sources.contains(source) || source == traces.watched
    }
    do {
      // A boot whose clock was not set lies anywhere: all batches are looked at, and those outside are not decoded.
      let readSources = Set(DataSource.allCases.filter(isWanted))
      try reader.forEachBatch(
        of: scope.sources, sinceMilliseconds: window.sinceMilliseconds,
        withReadings: readSources.contains
      ) { batch, readings in traces.take(batch, readings) }
    } catch { return (traces, error) }
    return (traces, nil)
  }

  mutating func take(_ batch: HistoryBatch, _ content: BatchReadings) {
    if batch.hasFacts { newestFacts[batch.source] = batch }
    guard batch.firstMilliseconds <= window.untilMilliseconds else { return }
    switch content {
    case .notRead: break
    case .damaged: damagedBatches += 1
    case .content(let content): take(content, of: batch)
    }
  }

  private mutating func take(_ content: BatchContent, of batch: HistoryBatch) {
    let count = content.ticks.count
    guard count > 0 else { return }
    times.removeAll(keepingCapacity: true)
    buckets.removeAll(keepingCapacity: true)
    for tick in content.ticks {
      times.append(tick + batch.offsetMilliseconds)
      buckets.append(window.bucket(of: tick + batch.offsetMilliseconds) ?? -1)
    }
    if batch.source == watched {
      watch.note(content.ticks, boot: batch.boot, offsetMilliseconds: batch.offsetMilliseconds)
      let step = Double(watch.stepMilliseconds ?? 0)
      for (bucket, time) in zip(buckets, times) where bucket >= 0 {
        ticks.add(step, in: bucket, atMilliseconds: time)
      }
    }
    guard plan.sources.contains(batch.source) else { return }
    readColumns(content, boot: batch.boot, source: batch.source)
    for index in plan.traces.indices where plan.sourceOfTrace[index] == batch.source {
      derive(index, count)
    }
  }

  private mutating func readColumns(_ content: BatchContent, boot: Int64, source: DataSource) {
    let count = content.ticks.count
    let size = plan.inputs.count * count
    numbers.removeAll(keepingCapacity: true)
    numbers.append(contentsOf: repeatElement(.nan, count: size))
    if seconds.count < size { seconds = [Double](repeating: 1, count: size) }
    let gap = watch.gapMilliseconds
    for column in content.columns {
      guard let input = plan.input(of: column.series), column.values.count == count else {
        continue
      }
      let (row, scale) = (input * count, plan.inputs[input].scale)
      guard plan.inputs[input].isCounter else {
        for position in 0..<count {
          if let value = column.values[position] { numbers[row + position] = Double(value) * scale }
        }
        continue
      }
      for position in 0..<count {
        guard let value = column.values[position] else { continue }
        guard
          let growth = plan.inputs[input].counter.growth(
            to: value, atTick: content.ticks[position], boot: boot, gapMilliseconds: gap)
        else {
          numbers[row + position] = Self.unknownGrowth
          continue
        }
        numbers[row + position] = Double(growth.amount) * scale
        seconds[row + position] = Double(growth.milliseconds) / 1000
      }
    }
  }

  /// Adds to one trace what this batch has for it.
  private mutating func derive(_ index: Int, _ count: Int) {
    let source = plan.derivations[index]
    for derivation in source {
      for position in 0..<count where buckets[position] >= 0 {
        let value = derived(derivation, position, count)
        guard value.isFinite else { continue }
        plan.traces[index].add(
          value * derivation.factor, in: buckets[position], atMilliseconds: times[position])
      }
    }
  }

  private func derived(_ derivation: TracePlan.Derivation, _ position: Int, _ count: Int) -> Double
  {
    let number = numbers[derivation.input * count + position]
    guard number.isFinite else { return .nan }
    switch derivation.form {
    case .value: return number
    case .rate: return number / seconds[derivation.input * count + position]
    case .shareOf(let group):
      let sum = plan.groups[group].reduce(0.0) { sum, input in
        let part = numbers[input * count + position]
        return part.isNaN ? sum : sum + part
      }
      return sum > 0 ? number / sum : .nan
    case .quotient(let divisor):
      let other = numbers[divisor * count + position]
      return other > 0 ? number / other : .nan
    case .fraction(let rest):
      let whole = number + numbers[rest * count + position]
      return whole > 0 ? number / whole : .nan
    }
  }
}
