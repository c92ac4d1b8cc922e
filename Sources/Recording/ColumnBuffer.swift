/// Readings in memory that are not sealed yet: a row for each tick, in one flat run of integers.
///
/// Rows may grow longer while the buffer fills (a device was plugged in), never shorter. Room for a whole
/// seal interval is made once and kept, so that adding a row does not allocate.
struct ColumnBuffer {
  private(set) var ticks: [Int64] = []
  private var rowStarts: [Int] = []
  private var values: [Int64] = []
  private var isPresent: [Bool] = []

  var isEmpty: Bool { ticks.isEmpty }
  var rowCount: Int { ticks.count }

  /// Makes room for `rows` rows of `width` readings.
  mutating func reserve(rows: Int, width: Int) {
    ticks.reserveCapacity(rows)
    rowStarts.reserveCapacity(rows)
    values.reserveCapacity(rows * width)
    isPresent.reserveCapacity(rows * width)
  }

  /// Adds a row; the readings follow by `append`.
  mutating func beginRow(atBootTimeMilliseconds tick: Int64) {
    ticks.append(tick)
    rowStarts.append(values.count)
  }

  mutating func append(_ value: Int64?) {
    values.append(value ?? 0)
    isPresent.append(value != nil)
  }

  /// Forgets all rows and keeps the room.
  mutating func removeAll() {
    ticks.removeAll(keepingCapacity: true)
    rowStarts.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
    isPresent.removeAll(keepingCapacity: true)
  }

  /// Forgets the oldest rows beyond `limit` and returns how many readings that were.
  mutating func keepNewest(_ limit: Int) -> Int {
    let surplus = rowCount - limit
    guard surplus > 0 else { return 0 }
    let cut = limit > 0 ? rowStarts[surplus] : values.count
    let lost = isPresent[..<cut].count { $0 }
    ticks.removeFirst(surplus)
    rowStarts.removeFirst(surplus)
    values.removeFirst(cut)
    isPresent.removeFirst(cut)
    for row in rowStarts.indices { rowStarts[row] -= cut }
    return lost
  }

  /// One position of every row, or nil when no row has a reading there.
  func column(_ position: Int) -> [Int64?]? {
    var column: [Int64?] = []
    var hasReading = false
    for row in ticks.indices {
      let end = row + 1 < rowStarts.count ? rowStarts[row + 1] : values.count
      let place = rowStarts[row] + position
      let value = place < end && isPresent[place] ? values[place] : nil
      hasReading = hasReading || value != nil
      column.append(value)
    }
    return hasReading ? column : nil
  }
}
