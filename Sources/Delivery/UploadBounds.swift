// What the customer allows of the line: a window for the timer's runs, and a quota for every run, because that is the
// customer's money. The days of the quota are counted by the latest time that somebody vouched for.

internal import Configuration
internal import Linux
internal import Recording
internal import SQLite
internal import Telemetry

extension Uploader {
  /// When the window opens, nil while it is open.
  var opensMilliseconds: Int64? {
    guard let window = settings.window, !isByHand else { return nil }
    let now = latestTime
    let wait = window.minutesUntilOpen(at: CalendarTime.localMinuteOfDay(milliseconds: now))
    return wait == 0 ? nil : (now / 60_000 + Int64(wait)) * 60_000
  }

  /// The quota of this day, nil when there is none.
  func quota() throws(SQLiteError) -> DailyQuota? {
    guard let bytesMax = settings.dailyQuotaBytes else { return nil }
    return DailyQuota(
      bytesMax: bytesMax, day: try outbox.uploadState("quota_day"),
      bytes: try outbox.uploadState("quota_bytes"), nowMilliseconds: latestTime)
  }

  func save(_ quota: DailyQuota) throws(SQLiteError) {
    try outbox.setUploadState("quota_day", quota.day)
    try outbox.setUploadState("quota_bytes", quota.bytes)
  }
}
