// What is in the appliance and plugged into it: processors, memory, and the devices of the PCI and USB buses by the
// numbers of their makers, which any list of hardware ids names. A USB device's own words (product, serial) are not
// read: a person may have plugged it in.

enum ComponentsSection {
  static func collect(_ reader: inout TreeReader) {
    reader.add("Processors and memory", fields: counts(&reader))
    reader.add(
      "Frequencies", columns: ["policy", "processors", "governor", "driver", "now", "range"],
      rows: frequencies(&reader))
    reader.add(
      "Memory errors", columns: ["controller", "kind", "corrected", "uncorrected"],
      rows: memoryErrors(&reader))
    reader.add(
      "PCI devices", columns: ["slot", "maker:device", "class", "revision", "driver", "link"],
      rows: pci(&reader), limit: InventoryLimits.busDevicesMax)
    reader.add(
      "USB devices", columns: ["port", "maker:product", "class", "speed", "version", "drivers"],
      rows: usb(&reader), limit: InventoryLimits.busDevicesMax)
  }

  private static func counts(_ reader: inout TreeReader) -> [SectionContent.Field?] {
    let folder = "/sys/devices/system/cpu/"
    var cores: Set<String> = []
    var packages: Set<String> = []
    for name in reader.numbered("cpu", in: String(folder.dropLast())) {
      let topology = folder + name + "/topology/"
      guard let core = reader.line(topology + "core_id") else { continue }
      let package = reader.line(topology + "physical_package_id") ?? "-"
      cores.insert(package + "/" + core)
      packages.insert(package)
    }
    let counted = reader.lines("/proc/stat").count { line in
      line.hasPrefix("cpu") && line.dropFirst(3).first?.isNumber == true
    }
    let memory = reader.lines("/proc/meminfo").first { $0.hasPrefix("MemTotal:") }
      .flatMap { Amount.kibibytes($0.dropFirst(9)) }
    return [
      .init("processors running", ifAny: counted == 0 ? nil : String(counted)),
      .init("processors online", ifAny: reader.line(folder + "online")),
      .init("processors offline", ifAny: reader.line(folder + "offline")),
      .init("cores", ifAny: cores.isEmpty ? nil : String(cores.count)),
      .init("sockets", ifAny: packages.isEmpty ? nil : String(packages.count)),
      .init("simultaneous threads", ifAny: reader.line(folder + "smt/control")),
      .init("memory", ifAny: memory.map(Amount.bytes)),
    ]
  }

  private static func frequencies(_ reader: inout TreeReader) -> [[String]] {
    let folder = "/sys/devices/system/cpu/cpufreq"
    var rows: [[String]] = []
    for policy in reader.numbered("policy", in: folder) {
      func megahertz(_ file: String) -> String? {
        reader.number("\(folder)/\(policy)/\(file)").map { "\($0 / 1000) MHz" }
      }
      let (low, high) = (megahertz("scaling_min_freq"), megahertz("scaling_max_freq"))
      rows.append([
        policy, reader.line("\(folder)/\(policy)/affected_cpus") ?? "-",
        reader.line("\(folder)/\(policy)/scaling_governor") ?? "-",
        reader.line("\(folder)/\(policy)/scaling_driver") ?? "-",
        megahertz("scaling_cur_freq") ?? "-",
        low.flatMap { a in high.map { "\(a) - \($0)" } } ?? "-",
      ])
    }
    return rows
  }

  /// What the memory controllers have counted (Documentation/driver-api/edac.rst).
  private static func memoryErrors(_ reader: inout TreeReader) -> [[String]] {
    let folder = "/sys/devices/system/edac/mc"
    var rows: [[String]] = []
    for name in reader.numbered("mc", in: folder) {
      rows.append([
        name, reader.line("\(folder)/\(name)/mc_name") ?? "-",
        reader.line("\(folder)/\(name)/ce_count") ?? "-",
        reader.line("\(folder)/\(name)/ue_count") ?? "-",
      ])
    }
    return rows
  }

  private static func pci(_ reader: inout TreeReader) -> [[String]] {
    let folder = "/sys/bus/pci/devices"
    var rows: [[String]] = []
    for slot in reader.names(folder, max: InventoryLimits.busDevicesMax) {
      let device = "\(folder)/\(slot)/"
      guard let maker = identifier(reader.line(device + "vendor")),
        let number = identifier(reader.line(device + "device"))
      else { continue }
      let width = reader.line(device + "current_link_width").map { "x" + $0 }
      let speed = reader.line(device + "current_link_speed")
      rows.append([
        slot, "\(maker):\(number)", identifier(reader.line(device + "class")) ?? "-",
        identifier(reader.line(device + "revision")) ?? "-", reader.link(device + "driver") ?? "-",
        [speed, width].compactMap(\.self).joined(separator: " "),
      ])
    }
    return rows
  }

  private static func usb(_ reader: inout TreeReader) -> [[String]] {
    let folder = "/sys/bus/usb/devices"
    let entries = reader.names(folder, max: 2 * InventoryLimits.busDevicesMax)
    var rows: [[String]] = []
    for port in entries where !port.contains(":") {
      let device = "\(folder)/\(port)/"
      guard let maker = identifier(reader.line(device + "idVendor")),
        let product = identifier(reader.line(device + "idProduct"))
      else { continue }
      var drivers: [String] = []
      for interface in entries where interface.hasPrefix(port + ":") {
        if let driver = reader.link("\(folder)/\(interface)/driver") { drivers.append(driver) }
      }
      rows.append([
        port, "\(maker):\(product)", identifier(reader.line(device + "bDeviceClass")) ?? "-",
        reader.line(device + "speed").map { $0 + " Mbit/s" } ?? "-",
        reader.line(device + "bcdDevice") ?? "-",
        Set(drivers).sorted().joined(separator: " "),
      ])
    }
    return rows
  }

  /// A number in hexadecimal digits, and nothing else that a device might say in its place.
  private static func identifier(_ text: String?) -> String? {
    guard let text else { return nil }
    let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
    return digits.allSatisfy(\.isHexDigit) && digits.count <= 8 ? String(digits) : nil
  }
}
