// Swapping, want of memory, and programs that the kernel ended for it. Swap that is merely in use is no finding: the
// kernel puts away what nobody needs.

extension MachineFacts {
  private static let operations = "system.paging.operations"
  private static let kills = "accord.oom_kill.count"
  private static let pressure = "system.memory.linux.pressure.1m"
  private static let whose =
    "find who takes it: ps -eo rss,comm --sort=-rss | head; then mend that program, or add memory"

  var memoryFindings: [HealthFinding] {
    [killFinding, swapFinding ?? pressureFinding ?? availableFinding].compactMap(\.self)
  }

  private var killFinding: HealthFinding? {
    let recent = increase(Self.kills).map { ($0, sinceEarlier) }
    let sinceStart = value("system.uptime").flatMap { uptime in
      uptime < Thresholds.recentStartSeconds
        ? value(Self.kills).map { ($0, "since the start \(Phrase.duration(seconds: uptime)) ago") }
        : nil
    }
    guard let (count, when) = [recent, sinceStart].compactMap(\.self).first(where: { $0.0 > 0 })
    else { return nil }
    return .machine(
      .critical, Self.kills, "memory",
      "memory ran out, and the kernel ended \(Phrase.count(Int64(count), "program")) \(when)",
      "see which: journalctl -k --grep='Out of memory'; then mend that program, or add memory",
      also: recent.map { $0.0 > 0 } ?? false ? [] : ["system.uptime"])
  }

  private var swapUsedBytes: Double {
    all("system.paging.usage").filter { $0["system.paging.state"] == "used" }
      .reduce(0) { $0 + $1.value }
  }

  private var swappedPagesPerSecond: Double? {
    guard let earlier, earlier.secondsAgo > 0, let pages = increase(Self.operations) else {
      return nil
    }
    return pages / earlier.secondsAgo
  }

  private var standsStill: Double {
    value(Self.pressure, "system.pressure.stall_type", "some") ?? 0
  }

  /// Swap in use, and either its pages move or programs wait for memory.
  private var swapFinding: HealthFinding? {
    let used = swapUsedBytes
    let moved = swappedPagesPerSecond ?? 0
    let moves = moved >= Thresholds.swappedPagesPerSecond
    guard used > 0, moves || standsStill >= Thresholds.memoryPressureWarning else { return nil }
    var signs = ["\(Phrase.size(used)) of swap are in use"]
    if moves {
      signs.append(
        "\(Phrase.size(moved * Thresholds.pageBytes)) a second moved to and from it \(sinceEarlier)"
      )
    }
    if standsStill >= Thresholds.memoryPressureWarning { signs.append(waiting) }
    return .machine(
      standsStill >= Thresholds.memoryPressureCritical ? .critical : .warning, Self.operations,
      "memory", "the appliance is swapping: \(signs.joined(separator: ", "))", Self.whose,
      also: ["system.paging.usage", Self.pressure])
  }

  private var waiting: String {
    "programs stood still for want of memory \(Phrase.percent(standsStill)) of the last minute"
  }

  private var pressureFinding: HealthFinding? {
    guard standsStill >= Thresholds.memoryPressureWarning else { return nil }
    return .machine(
      standsStill >= Thresholds.memoryPressureCritical ? .critical : .warning, Self.pressure,
      "memory", "memory is short: \(waiting)", Self.whose)
  }

  private var availableFinding: HealthFinding? {
    let signal = "system.memory.linux.available"
    guard let available = value(signal), let limit = value("system.memory.limit"), limit > 0,
      available / limit < Thresholds.memoryAvailableWarning
    else { return nil }
    return .machine(
      .warning, signal, "memory",
      "memory is nearly used up: \(Phrase.size(available)) of \(Phrase.size(limit)) are available",
      Self.whose, also: ["system.memory.limit"])
  }
}
