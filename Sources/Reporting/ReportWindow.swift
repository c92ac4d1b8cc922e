/// The time that a report shows, cut into buckets: however much was recorded, a line has so many points.
package struct ReportWindow: Equatable, Sendable {
  /// Half an hour each in a week. Four points to three pixels on a desktop; more would only make the page larger.
  package static let bucketsMax = 336
  /// The ordinary tick: a bucket that is shorter would be empty now and then.
  private static let bucketMillisecondsMin: Int64 = 10_000

  /// Unix milliseconds.
  package let sinceMilliseconds: Int64
  package let untilMilliseconds: Int64
  package let bucketCount: Int

  package init(sinceMilliseconds: Int64, untilMilliseconds: Int64) {
    self.sinceMilliseconds = sinceMilliseconds
    self.untilMilliseconds = max(untilMilliseconds, sinceMilliseconds + 1)
    let length = self.untilMilliseconds - sinceMilliseconds
    bucketCount = Int(
      min(Int64(Self.bucketsMax), max(1, length / Self.bucketMillisecondsMin)))
  }

  package var lengthMilliseconds: Int64 { untilMilliseconds - sinceMilliseconds }

  /// The bucket of a moment, nil outside of the window. The end belongs to the last one.
  package func bucket(of milliseconds: Int64) -> Int? {
    guard milliseconds >= sinceMilliseconds, milliseconds <= untilMilliseconds else { return nil }
    let position = Double(milliseconds - sinceMilliseconds) / Double(lengthMilliseconds)
    return min(bucketCount - 1, Int(position * Double(bucketCount)))
  }

  /// The moment in the middle of a bucket.
  package func middle(of bucket: Int) -> Int64 {
    sinceMilliseconds
      + Int64((Double(bucket) + 0.5) / Double(bucketCount) * Double(lengthMilliseconds))
  }

  package var bucketMilliseconds: Double { Double(lengthMilliseconds) / Double(bucketCount) }

  /// Where a moment lies between the beginning (0) and the end (1), also beyond either.
  package func position(of milliseconds: Int64) -> Double {
    Double(milliseconds - sinceMilliseconds) / Double(lengthMilliseconds)
  }

  /// As many days before the end as the reader asked for, or the newest of what is kept when that is older: an
  /// appliance whose clock stands in 1970, or that was switched off a month ago, has a week to show as well.
  ///
  /// - Parameter kept: from the oldest reading to the newest; nil when there is none.
  package static func fitting(
    sinceMilliseconds: Int64, nowMilliseconds: Int64, kept: ClosedRange<Int64>?
  ) -> ReportWindow {
    let length = max(1_000, nowMilliseconds - sinceMilliseconds)
    guard let kept else {
      return ReportWindow(
        sinceMilliseconds: nowMilliseconds - length, untilMilliseconds: nowMilliseconds)
    }
    let isElsewhere =
      kept.upperBound < nowMilliseconds - length || kept.upperBound > nowMilliseconds
    let until = isElsewhere ? kept.upperBound : nowMilliseconds
    // What is younger than the window fills it: three hours of readings are no thin stripe at the edge of a week.
    let since = max(until - length, min(kept.lowerBound, until - 600_000))
    return ReportWindow(sinceMilliseconds: since, untilMilliseconds: until)
  }
}
