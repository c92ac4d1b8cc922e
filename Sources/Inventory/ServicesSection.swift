// The services that the appliance is for, and the agent's own: what the service manager says of them, and what they
// take by the account of their control groups.

enum ServicesSection {
  /// The agent's own units are shown with the product's: whoever reads a dump wants to know what the agent costs.
  static let ownUnits = ["accordd.service", "accord-upload.service", "accord-upload.timer"]

  static func collect(_ reader: inout TreeReader) {
    let products = reader.productUnits()
    let units = products + ownUnits.filter { !products.contains($0) }
    let states = Systemd.units(properties, ["--"] + units, &reader)
    reader.add(
      "State",
      columns: [
        "unit", "loaded", "state", "result", "restarts", "exit", "started", "ended", "enabled",
        "limits",
      ], rows: states.map(state))
    for state in states where state["LoadState"] == "not-found" {
      guard let name = state["Id"], products.contains(name) else { continue }
      reader.problem("there is no unit \(name); systemctl list-units has their names")
    }
    let members = ControlGroup.members(of: units, &reader)
    reader.add(
      "What they take",
      columns: [
        "unit", "memory", "at most", "swapped", "limit", "processes", "processor time", "throttled",
        "read", "written",
      ],
      rows: members.map { usage($0, &reader) })
    reader.add(
      "Memory they ran out of", columns: ["unit", "event", "times"],
      rows: members.flatMap { events($0, &reader) })
    if reader.isRunningMachine, !reader.hasServiceManager {
      reader.problem("systemd is not the service manager of this machine")
    }
  }

  private static let properties = [
    "Id", "LoadState", "ActiveState", "SubState", "Result", "NRestarts", "ExecMainCode",
    "ExecMainStatus",
    "ExecMainStartTimestamp", "ExecMainExitTimestamp", "ActiveEnterTimestamp",
    "InactiveEnterTimestamp",
    "UnitFileState", "MemoryMax", "MemoryHigh", "TasksMax", "CPUQuotaPerSecUSec", "Restart", "Type",
  ]

  private static func state(_ unit: [String: String]) -> [String] {
    func text(_ names: String...) -> String {
      names.lazy.compactMap { unit[$0] }.first { !$0.isEmpty && $0 != "n/a" } ?? "-"
    }
    let active = [unit["ActiveState"], unit["SubState"]].compactMap(\.self).joined(separator: ", ")
    let limits = ["MemoryMax", "MemoryHigh", "TasksMax", "CPUQuotaPerSecUSec"].compactMap { name in
      unit[name].flatMap { $0 == "infinity" || $0.isEmpty ? nil : "\(name)=\($0)" }
    }
    return [
      text("Id"), text("LoadState"), active, text("Result"), text("NRestarts"), exit(unit),
      text("ExecMainStartTimestamp", "ActiveEnterTimestamp"),
      text("ExecMainExitTimestamp", "InactiveEnterTimestamp"), text("UnitFileState"),
      limits.joined(separator: " "),
    ]
  }

  /// ExecMainCode is si_code of <signal.h>: 1 exited with this code, 2 ended by this signal, 3 the same with an image.
  static func exit(_ unit: [String: String]) -> String {
    guard let status = unit["ExecMainStatus"], Int(status) != nil else { return "-" }
    switch unit["ExecMainCode"] {
    case "1", "exited": return "code \(status)"
    case "2", "3", "killed", "dumped": return "signal \(status)"
    default: return "-"
    }
  }

  private static func usage(
    _ member: ControlGroup.Member, _ reader: inout TreeReader
  ) -> [String] {
    let folder = member.folder
    func bytes(_ file: String) -> String {
      guard let text = reader.line("\(folder)/\(file)") else { return "-" }
      return Int64(text).map(Amount.bytes) ?? (text == "max" ? "none" : "-")
    }
    let (now, peak) = (bytes("memory.current"), bytes("memory.peak"))
    let (swap, limit) = (bytes("memory.swap.current"), bytes("memory.max"))
    let time = Dictionary(
      ControlGroup.keyed("\(folder)/cpu.stat", ["usage_usec", "throttled_usec"], &reader)
        .map { ($0.key, Amount.decimal($0.value / 1000, places: 3) + " s") }
    ) { first, _ in first }
    let (read, written) = io(reader.lines("\(folder)/io.stat"))
    return [
      member.unit, now, peak, swap, limit, reader.line("\(folder)/pids.current") ?? "-",
      time["usage_usec"] ?? "-", time["throttled_usec"] ?? "-", read, written,
    ]
  }

  /// "8:0 rbytes=1459200 wbytes=314773504 rios=192 wios=353 …", a line for each disk.
  static func io(_ lines: [Substring]) -> (read: String, written: String) {
    var sums: [Substring: Int64] = [:]
    for word in lines.flatMap({ $0.split(separator: " ") }) {
      let pair = word.split(separator: "=")
      guard pair.count == 2, let number = Int64(pair[1]) else { continue }
      sums[pair[0], default: 0] &+= number
    }
    return (sums["rbytes"].map(Amount.bytes) ?? "-", sums["wbytes"].map(Amount.bytes) ?? "-")
  }

  private static func events(
    _ member: ControlGroup.Member, _ reader: inout TreeReader
  ) -> [[String]] {
    let keys = ["low", "high", "max", "oom", "oom_kill", "oom_group_kill"]
    return ControlGroup.keyed("\(member.folder)/memory.events", keys, &reader)
      .filter { $0.value > 0 }.map { [member.unit, $0.key, String($0.value)] }
  }
}
