// From the tick to the resolution that was agreed, before anything enters the spool.
//
// Intervals are whole multiples of the resolution on the boot clock. A sum sends its last value, a gauge its
// mean, and its minimum and maximum where the offer asks for extremes. An interval is closed by the last
// tick that belongs to it, or by the first tick after it when ticks went missing; it is stamped with its last
// reading. Only closed intervals are recorded: what a stop or another agreement cuts short is dropped,
// because two halves of an interval would be finer than what was agreed.

internal import Handshake
internal import Telemetry

/// What stands in one column of the spool.
struct SpoolColumn {
  enum Statistic {
    case last
    case mean
    case minimum
    case maximum
  }

  /// The place of the series in the sample.
  let position: Int
  let statistic: Statistic
}

struct Downsampler {
  let resolutionMilliseconds: Int64
  private let tickMilliseconds: Int64
  private(set) var columns: [SpoolColumn] = []
  private(set) var closed = ColumnBuffer()
  private var intervals: [Interval] = []
  /// The number of the open interval, and its last tick.
  private var open: (number: Int64, lastTick: Int64)?
  private var lastClosed: Int64?

  fileprivate struct Interval {
    var count: Int64 = 0
    var sum: Int128 = 0
    var last: Int64 = 0
    var minimum: Int64 = 0
    var maximum: Int64 = 0
  }

  init(resolutionMilliseconds: Int64, tickMilliseconds: Int64) {
    self.resolutionMilliseconds = max(resolutionMilliseconds, tickMilliseconds)
    self.tickMilliseconds = tickMilliseconds
  }

  /// Adds a column. New columns always come behind the ones that are there.
  mutating func add(_ column: SpoolColumn) {
    columns.append(column)
    intervals.append(Interval())
  }

  mutating func add(_ sample: borrowing PermittedSample) {
    let time = sample.bootTimeMilliseconds
    let number = time / resolutionMilliseconds
    if let open, open.number != number { close() }
    // A tick that came late closed it already: a second record of one interval would be finer than agreed.
    if number == lastClosed { return }
    for index in columns.indices {
      guard let value = sample.value(at: columns[index].position) else { continue }
      intervals[index].add(value)
    }
    open = (number, time)
    if (time + tickMilliseconds) / resolutionMilliseconds != number { close() }
  }

  /// Makes room for the intervals of an ordinary seal, so that a tick does not have to.
  mutating func reserveRoom() { closed.reserve(rows: 16, width: columns.count) }

  /// Forgets what was recorded; the open interval goes on.
  mutating func removeClosed() { closed.removeAll() }

  /// Keeps memory bounded while the disk refuses. Returns how many readings were lost.
  mutating func keepNewest(_ limit: Int) -> Int { closed.keepNewest(limit) }

  private mutating func close() {
    guard let open else { return }
    closed.beginRow(atBootTimeMilliseconds: open.lastTick)
    for index in columns.indices {
      closed.append(intervals[index].value(columns[index].statistic))
      intervals[index] = Interval()
    }
    lastClosed = open.number
    self.open = nil
  }
}

extension Downsampler.Interval {
  fileprivate mutating func add(_ value: Int64) {
    minimum = count == 0 ? value : min(minimum, value)
    maximum = count == 0 ? value : max(maximum, value)
    last = value
    sum += Int128(value)
    count += 1
  }

  fileprivate func value(_ statistic: SpoolColumn.Statistic) -> Int64? {
    guard count > 0 else { return nil }
    switch statistic {
    case .last: return last
    case .minimum: return minimum
    case .maximum: return maximum
    case .mean:
      // Half away from zero, as people round. The mean of 64-bit values is one.
      let half = Int128(count) / 2
      return Int64((sum + (sum < 0 ? -half : half)) / Int128(count))
    }
  }
}
