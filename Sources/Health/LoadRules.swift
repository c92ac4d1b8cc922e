// Programs that wait: for the disk, for a processor; and the kernel's tables that run full. Failed units too.

internal import Telemetry

extension MachineFacts {
  private static let ioPressure = "system.io.linux.pressure.5m"
  private static let cpuPressure = "system.cpu.linux.pressure.5m"
  private static let cpuTime = "system.cpu.time"

  var loadFindings: [HealthFinding] {
    [
      ioFinding, cpuFinding,
      tableFinding(
        all("accord.file_handle.usage").reduce(0) { $0 + $1.value },
        of: value("accord.file_handle.limit"),
        ["accord.file_handle.usage", "accord.file_handle.limit"], "open files",
        "find who keeps them open: lsof | awk '{print $1}' | sort | uniq -c | sort -n | tail"),
      // Each thread is one of them, and has a number of its own.
      tableFinding(
        tasks, of: tasksMax, ["system.process.count", "system.process.limit"], "threads",
        "find who starts them: ps -eLo comm | sort | uniq -c | sort -n | tail"),
    ].compactMap(\.self)
  }

  private func pressure(_ signal: String) -> Double? {
    value(signal, "system.pressure.stall_type", "some")
  }

  private var ioFinding: HealthFinding? {
    let remedy =
      "find who keeps it busy: iotop -obn1; a disk that answers slowly may be failing: journalctl -k"
    if let share = pressure(Self.ioPressure) {
      guard share >= Thresholds.ioPressureWarning else { return nil }
      return .machine(
        .warning, Self.ioPressure, "disk load",
        "the disks are too slow for what is asked of them: programs waited for them \(Phrase.percent(share)) of the last "
          + "5 minutes", remedy)
    }
    guard let all = increase(Self.cpuTime), all > 0,
      let waited = increase(Self.cpuTime, where: { $0["cpu.mode"] == "iowait" }),
      waited / all >= Thresholds.ioWaitWarning
    else { return nil }
    return .machine(
      .warning, Self.cpuTime, "disk load",
      "the disks are too slow for what is asked of them: the processors waited for them \(Phrase.percent(waited / all)) of "
        + "their time \(sinceEarlier)", remedy)
  }

  private var cpuFinding: HealthFinding? {
    guard let share = pressure(Self.cpuPressure), share >= Thresholds.cpuPressureWarning else {
      return nil
    }
    return .machine(
      .warning, Self.cpuPressure, "processors",
      "the processors are overloaded: programs waited for one \(Phrase.percent(share)) of the last 5 minutes",
      "find who keeps them busy: top -bn1 | head -15")
  }

  private func tableFinding(
    _ count: Double, of most: Double?, _ signals: [String], _ what: String, _ remedy: String
  ) -> HealthFinding? {
    guard let most, most > 0, count / most >= Thresholds.tableUseWarning else { return nil }
    return .machine(
      count / most >= Thresholds.tableUseCritical ? .critical : .warning, signals[0], what,
      "the kernel allows \(Phrase.count(most)) \(what), and \(Phrase.count(count)) are there: the next may be refused",
      remedy, also: Array(signals.dropFirst()))
  }

  var unitFindings: [HealthFinding] {
    let services = failedUnits.filter { Self.signals(namedBy: $0).isEmpty }
    let others = failedUnits.filter { !Self.signals(namedBy: $0).isEmpty }
    return [
      unitFinding(services, "the service", "services"),
      unitFinding(others, "the unit", "units", signals: others.flatMap(Self.signals)),
    ].compactMap { $0 }
  }

  private func unitFinding(
    _ units: [String], _ one: String, _ many: String, signals: [String] = []
  ) -> HealthFinding? {
    guard let first = units.first else { return nil }
    let names = units.prefix(3).joined(separator: ", ")
    let more = units.count > 3 ? " and \(units.count - 3) more" : ""
    return HealthFinding(
      .critical, source: .product, signals: Set(signals).sorted(), subject: "services",
      sentence: units.count == 1
        ? "\(one) \(names) has failed" : "\(units.count) \(many) have failed: \(names)\(more)",
      remedy: "see why: systemctl status \(first)")
  }

  /// What the name of a unit may name beside the unit, by a signal that has it as an attribute: a mount point, a device,
  /// and behind an @ also an interface (systemd.unit(5)).
  private static func signals(namedBy unit: String) -> [String] {
    let paths = ["system.filesystem.usage", "system.disk.io"]
    if unit.contains("@") { return paths + ["system.network.io"] }
    let types = [".mount", ".automount", ".swap", ".device"]
    return types.contains(where: unit.hasSuffix) ? paths : []
  }
}
