// The daemon itself: whether it runs, whether its ticks come, and what it cannot read.

package struct AgentFacts: Sendable {
  package enum State: Sendable {
    case running
    /// It is there, and no tick came for so many milliseconds.
    case late(byMilliseconds: Int64)
    /// It was stopped, at a time as people write it.
    case stopped(at: String)
    /// It is gone without having stopped.
    case died(lastTick: String)
    /// There is no word of it since the machine started, and there is something of before.
    case notSinceStart
    case neverRan
  }

  package var state = State.running
  /// Why it could not start, in its own words; nil where it left none.
  package var startFailure: String?
  package var intervalMilliseconds: Int64 = 0
  package var ticks: Int64 = 0
  package var missedTicks: Int64 = 0
  /// Kernel files that it cannot read or understand.
  package var failedProbes: [String] = []
  /// Whether this is the installed system, with systemd.
  package var isService = false
  /// Whether somebody has masked its unit, so that systemd starts it for nobody.
  package var isMasked = false
  /// Where the files of one that is not installed are.
  package var prefix = ""
  /// The agent's own units that have failed.
  package var failedUnits: [String] = []

  package init() {}

  package static let unmasking = "systemctl unmask accordd && systemctl enable --now accordd"

  private var start: String {
    isService ? "systemctl restart accordd" : "accordd --prefix \(prefix)"
  }

  /// For one that systemd may have been told to leave alone.
  private var firstStart: String { isService ? "systemctl enable --now accordd" : start }

  private func unlessMasked(_ remedy: String) -> String {
    isMasked ? "somebody has masked it, so: \(Self.unmasking)" : remedy
  }

  var findings: [HealthFinding] {
    [standstill, missed].compactMap(\.self)
      + failedProbes.map {
        .agent(
          .warning, "sampling", "\($0) cannot be read or understood, so its readings are missing",
          "see the journal for the reason: journalctl -u accordd")
      }
      + failedUnits.filter { $0 != "accordd.service" || isRunning }.map {
        .agent(
          .critical, "agent", "the unit \($0) has failed", "see why: systemctl status \($0)")
      }
  }

  private var isRunning: Bool {
    if case .running = state { return true }
    return false
  }

  private var standstill: HealthFinding? {
    if let startFailure, !isRunning {
      return .agent(
        .critical, "agent", "accordd cannot start: \(startFailure)",
        isMasked
          ? "mend that; somebody has masked it as well, so: \(Self.unmasking)"
          : "mend that; accordd tries again by itself, and at once with: \(start)")
    }
    switch state {
    case .running: return nil
    case .late(let late):
      return .agent(
        .critical, "agent",
        "accordd runs, but its last tick was \(Phrase.duration(milliseconds: late)) ago, and one is due every "
          + Phrase.duration(milliseconds: intervalMilliseconds),
        "see what it waits for: journalctl -u accordd; then \(start)")
    case .stopped(let time):
      return .agent(
        .critical, "agent",
        "accordd does not run, so nothing is sampled or sent: it was stopped at \(time)",
        unlessMasked("start it: \(start)"))
    case .died(let time):
      return .agent(
        .critical, "agent",
        "accordd does not run, so nothing is sampled or sent: it did not stop cleanly, its last tick was at \(time)",
        unlessMasked("see why: journalctl -u accordd; then \(start)"))
    case .notSinceStart:
      return .agent(
        .critical, "agent",
        "accordd does not run and has not since this machine started, so nothing is sampled or sent",
        unlessMasked(
          isService
            ? "see why: journalctl -b -u accordd; then \(firstStart)" : "start it: \(start)"))
    case .neverRan:
      return .agent(
        .critical, "agent",
        "accordd does not run and never did here, so nothing is sampled or sent",
        unlessMasked("start it: \(firstStart)"))
    }
  }

  private var missed: HealthFinding? {
    guard missedTicks >= Thresholds.missedTicksMin,
      Double(missedTicks) >= Thresholds.missedTicksRatio * Double(ticks + missedTicks)
    else { return nil }
    return .agent(
      .warning, "agent",
      "accordd comes too late for \(Phrase.count(missedTicks)) of \(Phrase.count(ticks + missedTicks)) ticks",
      "give [sampling] interval in accord.toml more time than \(Phrase.duration(milliseconds: intervalMilliseconds)), or find "
        + "what keeps the machine busy")
  }
}
