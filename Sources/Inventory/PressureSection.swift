// Who waits for what: PSI of the machine and of the product's own services.
// https://docs.kernel.org/accounting/psi.html

enum PressureSection {
  static func collect(_ reader: inout TreeReader) {
    reader.add(
      "Machine", columns: ["waiting for", "who", "10 s", "1 min", "5 min", "in all"],
      rows: ["cpu", "memory", "io", "irq"].flatMap { resource in
        PressureLine.all(reader.lines("/proc/pressure/\(resource)")).map { [resource] + $0.cells }
      })
    var rows: [[String]] = []
    for member in ControlGroup.members(of: reader.productUnits(), &reader) {
      for resource in ["cpu", "memory", "io"] {
        let lines = PressureLine.all(reader.lines("\(member.folder)/\(resource).pressure"))
        rows += lines.map { [member.unit, resource] + $0.cells }
      }
    }
    reader.add(
      "Services", columns: ["service", "waiting for", "who", "10 s", "1 min", "5 min", "in all"],
      rows: rows)
    if !reader.exists("/proc/pressure"), reader.exists("/proc/stat") {
      reader.problem("this kernel does not count pressure (CONFIG_PSI, psi=1)")
    }
  }
}

/// "some avg10=0.00 avg60=0.12 avg300=0.04 total=8123456"
struct PressureLine {
  let cells: [String]

  static func all(_ lines: [Substring]) -> [PressureLine] {
    lines.compactMap { PressureLine($0) }
  }

  private init?(_ line: Substring) {
    let words = line.split(separator: " ")
    guard words.count >= 5, ["some", "full"].contains(words[0]) else { return nil }
    let values = words.dropFirst().map { $0.drop { $0 != "=" }.dropFirst() }
    guard values.allSatisfy({ $0.allSatisfy { $0.isNumber || $0 == "." } && !$0.isEmpty }),
      let microseconds = Int64(values[3])
    else { return nil }
    cells =
      [String(words[0])] + values[..<3].map { "\($0) %" }
      + ["\(Amount.decimal(microseconds / 1000, places: 3)) s"]
  }
}
