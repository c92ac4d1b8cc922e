/// A series made fit for a chart: the smallest, mean and greatest value of each bucket, so that a spike of one reading
/// is still there when a week of them becomes a line.
package struct Trace: Sendable {
  package private(set) var minima: [Float] = []
  package private(set) var maxima: [Float] = []
  private var sums: [Double] = []
  private var counts: [UInt32] = []
  private let bucketCount: Int

  /// How many values there were, over all.
  package private(set) var count = 0
  private var sum = 0.0
  package private(set) var minimum = Double.infinity
  package private(set) var maximum = -Double.infinity
  package private(set) var last = 0.0
  /// Unix milliseconds of the first and the last value.
  package private(set) var firstMilliseconds: Int64 = 0
  package private(set) var lastMilliseconds: Int64 = 0
  /// The shortest time between two values: how often this series is read. Nil before there were two.
  package private(set) var stepMilliseconds: Int64?

  package init(bucketCount: Int) { self.bucketCount = bucketCount }

  package var isEmpty: Bool { count == 0 }
  package var mean: Double { count == 0 ? 0 : sum / Double(count) }

  /// The mean of a bucket, nil when nothing was read in it.
  package func mean(of bucket: Int) -> Double? {
    guard !counts.isEmpty, counts[bucket] > 0 else { return nil }
    return sums[bucket] / Double(counts[bucket])
  }

  /// The sum of a bucket, nil when nothing was read in it.
  package func sum(of bucket: Int) -> Double? {
    guard !counts.isEmpty, counts[bucket] > 0 else { return nil }
    return sums[bucket]
  }

  package func count(of bucket: Int) -> Int { counts.isEmpty ? 0 : Int(counts[bucket]) }

  /// Of all values together.
  package var total: Double { sum }

  /// Where the greatest value lies.
  package var bucketOfMaximum: Int? {
    counts.indices.filter { counts[$0] > 0 }.max { maxima[$0] < maxima[$1] }
  }

  package mutating func add(_ value: Double, in bucket: Int, atMilliseconds time: Int64) {
    // The room is taken only by series that are read at all.
    if counts.isEmpty { makeRoom() }
    if counts[bucket] == 0 {
      minima[bucket] = Float(value)
      maxima[bucket] = Float(value)
    } else {
      minima[bucket] = min(minima[bucket], Float(value))
      maxima[bucket] = max(maxima[bucket], Float(value))
    }
    sums[bucket] += value
    counts[bucket] += 1
    noteTime(time)
    count += 1
    sum += value
    minimum = min(minimum, value)
    maximum = max(maximum, value)
    // Two boots may overlap when the clock was set back.
    if time >= lastMilliseconds || count == 1 { (last, lastMilliseconds) = (value, time) }
  }

  private mutating func noteTime(_ time: Int64) {
    if count == 0 { firstMilliseconds = time }
    firstMilliseconds = min(firstMilliseconds, time)
    guard count > 0, time > lastMilliseconds else { return }
    stepMilliseconds = min(stepMilliseconds ?? .max, time - lastMilliseconds)
  }

  private mutating func makeRoom() {
    minima = [Float](repeating: 0, count: bucketCount)
    maxima = minima
    sums = [Double](repeating: 0, count: bucketCount)
    counts = [UInt32](repeating: 0, count: bucketCount)
  }

  /// The runs of buckets that belong together, for drawing. A bucket without a value ends a run, unless the series is
  /// read so seldom that empty buckets are nothing unusual: then the run goes on.
  package func runs(bucketMilliseconds: Double) -> [[Int]] {
    guard !counts.isEmpty else { return [] }
    let step = Double(stepMilliseconds ?? 0)
    let emptyMax = max(0, Int((2.5 * step / bucketMilliseconds).rounded(.down)))
    var runs: [[Int]] = []
    var run: [Int] = []
    for bucket in counts.indices where counts[bucket] > 0 {
      if let previous = run.last, bucket - previous - 1 > emptyMax {
        runs.append(run)
        run = []
      }
      run.append(bucket)
    }
    if !run.isEmpty { runs.append(run) }
    return runs
  }
}
