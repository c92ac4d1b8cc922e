// Units of the service manager that failed, and when the agent's timers ran. Descriptions are free text and are not
// shown.

enum UnitsSection {
  static func collect(_ reader: inout TreeReader) {
    guard reader.hasServiceManager else {
      if reader.isRunningMachine {
        reader.problem("systemd is not the service manager of this machine")
      }
      return
    }
    let manager = Systemd.units(managerProperties.map(\.property), [], &reader).first ?? [:]
    reader.add(
      "Service manager",
      fields: managerProperties.map { .init($0.name, ifAny: manager[$0.property]) })
    failed(&reader)
    let timers = Systemd.units(
      ["Id", "ActiveState", "LastTriggerUSec", "NextElapseUSecRealtime", "Result"],
      ["--", "accord-upload.timer"], &reader)
    reader.add(
      "The agent's timers", columns: ["timer", "state", "last", "next", "result"],
      rows: timers.map { timer in
        ["Id", "ActiveState", "LastTriggerUSec", "NextElapseUSecRealtime", "Result"]
          .map { timer[$0].flatMap { $0.isEmpty ? nil : $0 } ?? "-" }
      })
  }

  private static let managerProperties: [(name: String, property: String)] = [
    ("version", "Version"), ("state", "SystemState"), ("failed units", "NFailedUnits"),
    ("jobs waiting", "NJobs"), ("virtual", "Virtualization"), ("tainted", "Tainted"),
    ("start finished", "FinishTimestamp"), ("start of services", "UserspaceTimestamp"),
  ]

  private static func failed(_ reader: inout TreeReader) {
    let list = [
      "list-units", "--state=failed", "--all", "--plain", "--no-legend", "--no-pager", "--full",
    ]
    guard let text = reader.output(of: .systemctl, list) else { return }
    let names = Self.names(text)
    guard !names.isEmpty else {
      reader.add("Failed units", fields: [.init("failed units", "none")])
      return
    }
    if names.count > InventoryLimits.unitsMax {
      reader.problem("\(names.count) units failed, of which \(InventoryLimits.unitsMax) are shown")
    }
    let properties = [
      "Id", "Result", "ExecMainCode", "ExecMainStatus", "NRestarts", "InactiveEnterTimestamp",
      "UnitFileState",
    ]
    let units = Systemd.units(
      properties, ["--"] + names.prefix(InventoryLimits.unitsMax), &reader)
    reader.add(
      "Failed units", columns: ["unit", "result", "exit", "restarts", "failed at", "enabled"],
      rows: units.map { unit in
        func text(_ name: String) -> String { unit[name].flatMap { $0.isEmpty ? nil : $0 } ?? "-" }
        return [
          reader.shownUnit(text("Id")), text("Result"), ServicesSection.exit(unit),
          text("NRestarts"),
          text("InactiveEnterTimestamp"), text("UnitFileState"),
        ]
      })
  }

  /// The first column of `systemctl list-units --plain`.
  static func names(_ text: String) -> [String] {
    text.lines.compactMap { line in
      line.split(separator: " ").first.map(String.init).flatMap {
        Systemd.isName($0) ? $0 : nil
      }
    }
  }
}
