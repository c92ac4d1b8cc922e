internal import Linux

/// The time that a report shows, cut into buckets: however much was recorded, a line has so many points.
package struct ReportWindow: Equatable, Sendable {
  /// Half an hour each in a week. Four points to three pixels on a desktop; more would only make the page larger.
  package static let bucketsMax = 336
  /// The ordinary tick: a bucket that is shorter would be empty now and then.
  private static let bucketMillisecondsMin: Int64 = 10_000
  /// A clock that was set back a little leaves readings that are a little ahead of it.
  private static let aheadMilliseconds: Int64 = 600_000
  /// Before this no clock was right.
  package static let firstCredibleMilliseconds = CalendarTime.startOfDay(
    year: 2001, month: 1, day: 1)

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

  /// What begins later has a time that is still to come. Nil while the clock itself is wrong: then nobody knows what is
  /// to come.
  package static func lastCredibleMilliseconds(nowMilliseconds: Int64) -> Int64? {
    nowMilliseconds < firstCredibleMilliseconds ? nil : nowMilliseconds + aheadMilliseconds
  }

  /// As many days before the end as the reader asked for, or the newest of what is kept when that is older: an
  /// appliance whose clock stands in 1970, or that was switched off a month ago, has a week to show as well.
  ///
  /// Readings of a clock that was ahead for a while do not take the present from the page: as long as there is
  /// something in it, it is what is shown.
  ///
  /// - Parameters:
  ///   - kept: from the oldest reading to the newest; nil when there is none.
  ///   - credible: the same without the batches that begin after `lastCredibleMilliseconds`.
  package static func fitting(
    sinceMilliseconds: Int64, nowMilliseconds: Int64, kept: ClosedRange<Int64>?,
    credible: ClosedRange<Int64>?
  ) -> ReportWindow {
    let length = max(1_000, nowMilliseconds - sinceMilliseconds)
    guard let kept else {
      return ReportWindow(
        sinceMilliseconds: nowMilliseconds - length, untilMilliseconds: nowMilliseconds)
    }
    let until =
      if let credible, credible.upperBound >= nowMilliseconds - length {
        max(credible.upperBound, nowMilliseconds)
      } else { kept.upperBound }
    // What is younger than the window fills it: three hours of readings are no thin stripe at the edge of a week.
    let since = max(until - length, min(kept.lowerBound, until - 600_000))
    return ReportWindow(sinceMilliseconds: since, untilMilliseconds: until)
  }
}
