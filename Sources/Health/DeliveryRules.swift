// The way to the supplier: a receiver that is not reached, a timer that does not run, and what waits for too long.

package struct DeliveryFacts: Sendable {
  package struct Failure: Sendable {
    /// Where the way ends: "DNS", "TLS".
    package let layer: String
    /// The reason, with what to look at.
    package let reason: String
    /// How long it has been so; nil when that is not known.
    package let forMilliseconds: Int64?
    /// When something was last accepted, as people write it; nil for never.
    package let lastAccepted: String?

    package init(layer: String, reason: String, forMilliseconds: Int64?, lastAccepted: String?) {
      self.layer = layer
      self.reason = reason
      self.forMilliseconds = forMilliseconds
      self.lastAccepted = lastAccepted
    }
  }

  /// What may be sent and was not.
  package struct Backlog: Sendable {
    package let batches: Int64
    package let bytes: Int64
    package let quotaBytes: Int64
    /// How old the oldest of it is, by a clock that is trusted; nil when it is not.
    package let ageMilliseconds: Int64?
    package let oldest: String
    /// Whose batches give way first.
    package let firstEvicted: String

    package init(
      batches: Int64, bytes: Int64, quotaBytes: Int64, ageMilliseconds: Int64?, oldest: String,
      firstEvicted: String
    ) {
      self.batches = batches
      self.bytes = bytes
      self.quotaBytes = quotaBytes
      self.ageMilliseconds = ageMilliseconds
      self.oldest = oldest
      self.firstEvicted = firstEvicted
    }

    var quotaUse: Double { quotaBytes > 0 ? Double(bytes) / Double(quotaBytes) : 0 }

    /// "1 batch waits"
    var waitText: String {
      "\(Phrase.count(batches, "batch")) \(batches == 1 ? "waits" : "wait")"
    }

    /// What happens next, and when it goes on at the pace at which it has filled so far.
    var eviction: String {
      let gives = "the oldest of \(firstEvicted) give way"
      guard let age = ageMilliseconds, age > 0, bytes > 0 else {
        return "when it is full, \(gives)"
      }
      let left = Double(quotaBytes - bytes) / (Double(bytes) / Double(age))
      if left <= 0 { return "\(gives) now" }
      return "\(gives) in about \(Phrase.duration(seconds: left / 1000))"
    }
  }

  /// The unit of systemd because of which nothing is uploaded.
  package struct Obstacle: Equatable, Sendable {
    let unit: String
    let isMasked: Bool

    package init(unit: String, isMasked: Bool) {
      self.unit = unit
      self.isMasked = isMasked
    }
  }

  /// Whether anything is shared at all; without that nothing is amiss here.
  package var isSharing = false
  package var failure: Failure?
  package var backlog: Backlog?
  package var obstacle: Obstacle?
  /// Batches that the receiver refused for good.
  package var refusedBatches: Int64 = 0
  /// Readings of the deliveries that are remembered and were accepted, and how many of them the receiver threw away.
  package var acceptedReadings: Int64 = 0
  package var rejectedReadings: Int64 = 0

  package init() {}

  var findings: [HealthFinding] {
    [obstacleFinding, failureFinding, backlogFinding, refusedFinding, rejectedFinding].compactMap(
      \.self)
  }

  private var obstacleFinding: HealthFinding? {
    guard isSharing, let obstacle else { return nil }
    if obstacle.isMasked {
      return .agent(
        .critical, "delivery", "somebody has masked \(obstacle.unit), so nothing is uploaded",
        "if that is over: systemctl unmask \(obstacle.unit) && systemctl restart accordd")
    }
    return .agent(
      .critical, "delivery", "the unit \(obstacle.unit) is not active, so nothing is uploaded",
      "start it with the agent: systemctl restart accordd")
  }

  private var failureFinding: HealthFinding? {
    guard isSharing, let failure else { return nil }
    let isLong =
      failure.forMilliseconds.map { $0 >= Thresholds.failingMillisecondsWarning } ?? false
    // A run that has only just failed says nothing about how long.
    let since =
      failure.forMilliseconds.flatMap {
        $0 >= 60_000 ? " for \(Phrase.duration(milliseconds: $0))" : nil
      } ?? ""
    let last =
      failure.lastAccepted.map { "something was last accepted at \($0)" }
      ?? "nothing was ever accepted"
    let waits = backlog.map { "; \($0.waitText)" } ?? ""
    return .agent(
      isLong ? .critical : .warning, "delivery",
      "uploads fail\(since) at the layer \(failure.layer): \(failure.reason); \(last)\(waits)",
      "go the way layer by layer: accord doctor")
  }

  private var backlogFinding: HealthFinding? {
    guard isSharing, let backlog else { return nil }
    let age = backlog.ageMilliseconds ?? 0
    let isOld = age >= Thresholds.backlogMillisecondsWarning
    guard isOld || backlog.quotaUse >= Thresholds.quotaUseWarning else { return nil }
    let level: HealthLevel =
      age >= Thresholds.backlogMillisecondsCritical
        || backlog.quotaUse >= Thresholds.quotaUseWarning ? .critical : .warning
    let old =
      isOld
      ? "\(Phrase.duration(milliseconds: age)) old (\(backlog.oldest))" : "from \(backlog.oldest)"
    return .agent(
      level, "backlog",
      "\(backlog.waitText) to be sent, the oldest \(old): "
        + "\(Phrase.percent(backlog.quotaUse)) of the quota of \(Phrase.size(Double(backlog.quotaBytes))), \(backlog.eviction)",
      failure == nil
        ? "send it now: accord upload" : "mend the delivery first: accord doctor")
  }

  private var rejectedFinding: HealthFinding? {
    guard isSharing, rejectedReadings > 0 else { return nil }
    return .agent(
      .warning, "delivery",
      "the receiver took what was sent and did not keep \(Phrase.count(rejectedReadings)) of "
        + "\(Phrase.count(acceptedReadings, "reading")); they are not sent again",
      "tell the supplier, with what the receiver said: accord sent")
  }

  private var refusedFinding: HealthFinding? {
    guard isSharing, refusedBatches > 0 else { return nil }
    return .agent(
      .warning, "delivery",
      "the receiver refused \(Phrase.count(refusedBatches, "batch")) as bad data; they are set aside and never sent",
      "tell the supplier, with the ids that this shows: accord outbox")
  }
}
