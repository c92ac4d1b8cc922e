internal import Configuration
internal import Delivery
internal import Linux
internal import Recording
internal import Telemetry

/// What is read from the spool in one opening.
struct SpoolReading {
  let summary: RecordSummary
  /// The oldest pending batch that may be sent.
  let oldest: BatchSummary?
  let lastDelivery: Delivery?
  /// Of all deliveries that are kept and were accepted.
  let acceptedReadings: (sent: Int64, rejected: Int64)
  /// Why the last run ended before everything was delivered, nil when nothing went wrong.
  let lastFailure: String?
  /// Since when every run has ended so.
  let failingSinceMilliseconds: Int64?
  /// Until when the schedule pauses after failures, nil when it does not.
  let pausedUntilMilliseconds: Int64?
  /// Nil when the settings have no daily quota, or nothing was ever recorded.
  let quota: DailyQuota?
  let isTimeTrusted: Bool

  init?(_ directory: StateDirectory, _ settings: UploadSettings, _ clock: SystemClock) throws {
    guard let outbox = try Outbox.open(directory) else { return nil }
    summary = try RecordSummary.ofSpool(outbox)
    lastDelivery = try outbox.latestDelivery()
    acceptedReadings = try outbox.acceptedReadings()
    lastFailure = try outbox.lastFailure()
    failingSinceMilliseconds = try outbox.failingSinceMilliseconds()
    isTimeTrusted = try outbox.isTimeTrusted(boot: try clock.bootID())
    let pause = try outbox.uploadState("not_before_ms") ?? 0
    pausedUntilMilliseconds = pause > clock.wallTimeMilliseconds ? pause : nil
    quota = try settings.dailyQuotaBytes.map {
      DailyQuota(
        bytesMax: $0, day: try outbox.uploadState("quota_day"),
        bytes: try outbox.uploadState("quota_bytes"),
        nowMilliseconds: clock.wallTimeMilliseconds)
    }
    var oldest: BatchSummary?
    for source in DataSource.allCases {
      guard let first = try outbox.pending(source, after: 0, limit: 1).first else { continue }
      if first.firstMilliseconds < oldest?.firstMilliseconds ?? .max { oldest = first }
    }
    self.oldest = oldest
  }
}
