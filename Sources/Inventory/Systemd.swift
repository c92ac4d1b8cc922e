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

extension Systemd {
  /// What stands in the name of a unit for a path or another text (systemd-escape(1)): "srv-a\\x2db" is "srv/a-b".
  static func unescaped(_ text: Substring) -> String {
    var (bytes, rest): ([UInt8], Substring.UTF8View) = ([], text.utf8)
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"), rest.count >= 3,
        let code = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
      {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte == UInt8(ascii: "-") ? UInt8(ascii: "/") : byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension TreeReader {
  /// The name of a unit as it may be shown: that of a mount, a swap or a device is the path of one, and behind an @ may
  /// stand one as well, or an interface (systemd.unit(5)).
  mutating func shownUnit(_ unit: String) -> String {
    guard let dot = unit.lastIndex(of: ".") else { return unit }
    let (stem, type) = (unit[..<dot], unit[dot...])
    switch type {
    case ".mount", ".automount": return shownPath(stem, "system.filesystem.mountpoint") + type
    case ".swap", ".device": return shownPath(stem, "system.device") + type
    default:
      guard let at = stem.firstIndex(of: "@") else { return unit }
      let instance = stem[at...].dropFirst()
      let interface = shown("network.interface.name", String(instance))
      let shown =
        interface != String(instance)
        ? interface ?? "(left out)"
        : shownPath(
          instance, instance.hasPrefix("dev-") ? "system.device" : "system.filesystem.mountpoint")
      return stem[...at] + shown + type
    }
  }

  private mutating func shownPath(_ escaped: Substring, _ key: String) -> String {
    let path = "/" + Systemd.unescaped(escaped)
    let shown = shown(key, path)
    return shown == path ? String(escaped) : shown ?? "(left out)"
  }

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
