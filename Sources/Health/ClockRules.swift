// A clock in 1970, one that was set, and one that nobody keeps.

package struct ClockFacts: Sendable {
  /// Unix time and the same as people write it.
  package var wallMilliseconds: Int64 = Thresholds.earliestUnixMilliseconds
  package var wallText = ""
  package var isSynchronised = true
  /// Whether a receiver's answer has told the time.
  package var isTrusted = true
  /// Whether batches wait for the right time: something is shared.
  package var isWaitedFor = true
  /// The latest time that somebody vouched for; nil when nobody did.
  package var vouchedMilliseconds: Int64?
  package var vouchedText = ""
  /// By how much the clock was set in the last day: forward is positive. The largest step, 0 when there was none.
  package var stepMilliseconds: Int64 = 0
  package var stepTime = ""

  package init() {}

  var findings: [HealthFinding] { [state, step].compactMap(\.self) }

  private static let set =
    "set the clock, and switch time synchronisation on: timedatectl set-ntp true"

  private var state: HealthFinding? {
    if wallMilliseconds < Thresholds.earliestUnixMilliseconds {
      return .agent(
        .critical, "clock",
        "the clock says \(wallText), which cannot be: it lost its battery or was never set"
          + (isTrusted || !isWaitedFor ? "" : ", and what is recorded waits for the right time"),
        Self.set)
    }
    if let vouched = vouchedMilliseconds,
      wallMilliseconds < vouched - Thresholds.clockBehindMilliseconds
    {
      return .agent(
        .critical, "clock",
        "the clock says \(wallText), and the time was already \(vouchedText) when it was last vouched for",
        Self.set)
    }
    if isSynchronised { return nil }
    let remedy = "switch time synchronisation on: timedatectl set-ntp true"
    if isTrusted {
      return .agent(
        .notice, "clock",
        "nobody keeps the clock right; the time was taken from the receiver's answer over TLS",
        remedy)
    }
    guard isWaitedFor else {
      return .agent(.notice, "clock", "nobody keeps the clock right", remedy)
    }
    return .agent(
      .warning, "clock",
      "nobody keeps the clock right, so batches wait until the receiver's answer tells the time",
      remedy)
  }

  private var step: HealthFinding? {
    guard stepMilliseconds.magnitude >= UInt64(Thresholds.clockStepMilliseconds) else { return nil }
    let way = stepMilliseconds > 0 ? "forward" : "back"
    let by = Phrase.duration(milliseconds: Int64(clamping: stepMilliseconds.magnitude))
    return .agent(
      .notice, "clock", "the clock was set \(way) by \(by) at \(stepTime)",
      "if nobody did that, look at the machine's battery and at time synchronisation")
  }
}
