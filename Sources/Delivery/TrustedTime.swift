// Learning the time from the receiver, for a machine whose clock nobody keeps right.

internal import HTTPS
internal import Handshake
internal import Linux
internal import Recording
internal import SQLite
internal import Telemetry

extension Uploader {
  /// Sends an empty request, which every OTLP receiver accepts, for the date of its answer. Returns nil when
  /// the time is known now, or why it is not.
  func askForTime(_ recipient: Grant.Recipient) throws(SQLiteError) -> UploadResult? {
    let result = try post([], to: "/v1/metrics", recipient, watch.agreement)
    switch result {
    case .stopped, .overQuota: return result
    default: break
    }
    if try outbox.isTimeTrusted(boot: boot) {
      report.notes.append(
        "this machine's clock is not synchronised: the receiver was asked for the time first")
      return nil
    }
    // Every other answer ends the run: asking again at once would go on for ever.
    switch result {
    case .retryLater, .notTheSupplier: return result
    case .accepted, .failedThere, .tooLarge, .refused, .stopped, .overQuota:
      return .retryLater(
        reason: "this machine's clock is not synchronised, and the receiver's answer has no date",
        afterMilliseconds: nil)
    }
  }

  /// Takes the date of an answer over verified TLS for the time, when nothing else keeps the clock right. A
  /// clock that agrees with it to a few seconds is believed to the millisecond.
  func learnTime(_ response: Response) {
    guard let seconds = response.dateUnixSeconds else { return }
    let (wall, bootTime) = (clock.wallTimeMilliseconds, clock.bootTimeMilliseconds)
    let isClose = abs(seconds * 1000 - wall) <= Limits.clockDifferenceMillisecondsMax
    let now = clock.isSynchronised || isClose ? wall : seconds * 1000
    try? ledger.remember(
      TrustedMoment(boot: boot, bootTimeMilliseconds: bootTime, unixMilliseconds: now))
    guard !clock.isSynchronised else { return }
    try? outbox.trustTime(boot: boot, offsetMilliseconds: now - bootTime)
  }
}
