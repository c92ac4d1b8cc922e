// What runs: how many processes in each state, which of them wait for a device and where in the kernel, and which
// take the processor. Names are those of programs; command lines are never read.

internal import Linux

enum ProcessesSection {
  static func collect(_ reader: inout TreeReader) {
    let first = ProcessList.read(&reader)
    guard !first.isEmpty else { return }
    reader.add("Processes", fields: counts(first, &reader))
    waiting(first, &reader)
    let defunct = Dictionary(grouping: first.filter { $0.state == "Z" }, by: \.name)
    reader.add(
      "Ended and not fetched by their parents", columns: ["program", "processes"],
      rows: ranked(defunct.mapValues { Int64($0.count) }).map { [$0.key, String($0.value)] })
    let sinceStart = totals(first) { $0.ticks }
    reader.add(
      "Processor time, by program, of those that run", columns: ["program", "time", "processes"],
      rows: ranked(sinceStart.ticks).map { name, ticks in
        [
          name, Amount.duration(seconds: ticks / ticksPerSecond),
          String(sinceStart.processes[name] ?? 0),
        ]
      })
    busy(&reader, since: first)
  }

  private static let ticksPerSecond = max(1, Process.clockTicksPerSecond)

  private static func counts(
    _ processes: [ProcessLine], _ reader: inout TreeReader
  ) -> [SectionContent.Field?] {
    let states = Dictionary(grouping: processes, by: \.state).mapValues(\.count)
    let names: [(Character, String)] = [
      ("R", "running"), ("S", "sleeping"), ("D", "waiting for a device"), ("T", "stopped"),
      ("t", "traced"),
      ("Z", "ended and not fetched"), ("I", "idle in the kernel"),
    ]
    let load = reader.line("/proc/loadavg")?.split(separator: " ") ?? []
    var created: String?
    var blocked: String?
    for line in reader.lines("/proc/stat") {
      if line.hasPrefix("processes ") { created = line.dropFirst(10).trimmed }
      if line.hasPrefix("procs_blocked ") { blocked = line.dropFirst(14).trimmed }
    }
    return [
      .init(
        "load, 1, 5 and 15 min", ifAny: load.count >= 3 ? load[..<3].joined(separator: " ") : nil),
      .init("threads ready and in all", ifAny: load.count >= 4 ? String(load[3]) : nil),
      .init("processes", String(processes.count)),
    ] + names.map { state, name in .init(name, ifAny: states[state].map(String.init)) } + [
      .init("threads", String(processes.reduce(0) { $0 &+ $1.threads })),
      .init("waiting for a disk, by the kernel's count", ifAny: blocked),
      .init("created since the start", ifAny: created),
      .init("at most", ifAny: reader.line("/proc/sys/kernel/pid_max")),
      .init("threads at most", ifAny: reader.line("/proc/sys/kernel/threads-max")),
    ]
  }

  /// In which function of the kernel it waits: the name of a driver or a file system, as a rule the guilty one.
  private static func waiting(_ processes: [ProcessLine], _ reader: inout TreeReader) {
    var rows: [[String]] = []
    for process in processes where process.state == "D" {
      guard rows.count < InventoryLimits.waitingProcessesMax else { break }
      let place = reader.processLines(process.identifier, "wchan").first.map(String.init) ?? "-"
      rows.append([process.name, process.identifier, place == "0" ? "-" : place])
    }
    reader.add("Waiting for a device", columns: ["program", "process", "in"], rows: rows)
  }

  /// What took the processor while one looked.
  private static func busy(_ reader: inout TreeReader, since first: [ProcessLine]) {
    guard reader.isRunningMachine else { return }
    let before = Dictionary(first.map { ("\($0.identifier) \($0.startTicks)", $0.ticks) }) { a, _ in
      a
    }
    let start = SystemClock().bootTimeMilliseconds
    Process.pause(milliseconds: InventoryLimits.busyMilliseconds)
    let second = totals(ProcessList.read(&reader)) { process in
      process.ticks &- (before["\(process.identifier) \(process.startTicks)"] ?? 0)
    }
    let passed = max(1, SystemClock().bootTimeMilliseconds - start)
    reader.add(
      "Processor time during \(Amount.decimal(passed, places: 3)) s",
      columns: ["program", "of one processor", "processes"],
      rows: ranked(second.ticks).compactMap { name, ticks in
        Amount.share(ticks.multiplied(by: 1000) / ticksPerSecond, of: passed)
          .map { [name, $0, String(second.processes[name] ?? 0)] }
      })
  }

  private static func totals(
    _ processes: [ProcessLine], _ ticks: (ProcessLine) -> Int64
  ) -> (ticks: [String: Int64], processes: [String: Int]) {
    var (sums, counts): ([String: Int64], [String: Int]) = ([:], [:])
    for process in processes {
      sums[process.name, default: 0] &+= ticks(process)
      counts[process.name, default: 0] += 1
    }
    return (sums, counts)
  }

  private static func ranked(_ sums: [String: Int64]) -> [(key: String, value: Int64)] {
    Array(
      sums.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .prefix(InventoryLimits.namedProcessesMax))
  }
}
