// What systemd says of units, by an allow-list of properties: never their environment, command lines or texts.

enum Systemd {
  /// The named properties of units, each as one dictionary; without units those of the manager itself, and on another
  /// machine's tree none.
  static func units(
    _ names: [String], _ arguments: [String], _ reader: inout TreeReader
  ) -> [[String: String]] {
    let fixed = ["show", "--no-pager", "--property=" + names.joined(separator: ",")]
    guard let text = reader.output(of: .systemctl, fixed + arguments) else { return [] }
    return parse(text, names)
  }

  /// Lines of "Name=value", with a blank one between units. What was not asked for is not taken.
  static func parse(_ text: String, _ names: [String]) -> [[String: String]] {
    var (units, unit): ([[String: String]], [String: String]) = ([], [:])
    for line in text.lines {
      if line.isEmpty {
        if !unit.isEmpty { units.append(unit) }
        unit = [:]
      } else if let equals = line.firstIndex(of: "="), names.contains(String(line[..<equals])) {
        unit[String(line[..<equals])] = String(line[equals...].dropFirst())
      }
    }
    if !unit.isEmpty { units.append(unit) }
    return units
  }

  /// Whether a text can be the name of a unit (systemd.unit(5)): nothing that a program might take for an option.
  static func isName(_ text: String) -> Bool {
    guard text.utf8.count <= 255, let first = text.first, first != "-", first != "."
    else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: ":-_.\\@".utf8.contains(byte)
      }
    }
  }
}

extension TreeReader {
  /// The product's units by their whole names; what cannot be one is a problem.
  mutating func productUnits() -> [String] {
    var units: [String] = []
    for name in context.productUnits {
      let unit = name.contains(".") ? name : name + ".service"
      if !Systemd.isName(unit) {
        problem("a name that no unit can have is left out")
      } else if units.count == InventoryLimits.unitsMax {
        problem("of the product's units only \(InventoryLimits.unitsMax) are looked at")
        break
      } else if !units.contains(unit) {
        units.append(unit)
      }
    }
    return units
  }
}
