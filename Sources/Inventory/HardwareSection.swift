// What the appliance is: the words of its firmware, and its processor. Serial numbers and UUIDs lie beside these files
// and are not read. Documentation/ABI/testing/sysfs-class-dmi, proc_cpuinfo(5)

internal import Linux

enum HardwareSection {
  /// The named files of /sys/class/dmi/id that are shown; `*_serial`, `product_uuid` and `*_asset_tag` are not.
  private static let firmware = [
    ("maker", "sys_vendor"), ("product", "product_name"), ("product family", "product_family"),
    ("product version", "product_version"), ("board maker", "board_vendor"),
    ("board", "board_name"), ("board version", "board_version"),
    ("firmware maker", "bios_vendor"), ("firmware version", "bios_version"),
    ("firmware date", "bios_date"), ("firmware release", "bios_release"),
    ("controller firmware", "ec_firmware_release"),
  ]

  static func collect(_ reader: inout TreeReader) {
    var fields: [SectionContent.Field?] = []
    for (name, file) in firmware {
      let text = reader.line("/sys/class/dmi/id/" + file)
      fields.append(.init(name, ifAny: text.flatMap { FirmwareText.isFiller($0) ? nil : $0 }))
    }
    fields.append(.init("model", ifAny: reader.line("/proc/device-tree/model")))
    fields.append(.init("compatible", ifAny: compatible(&reader)))
    fields.append(.init("architecture", ifAny: machine(&reader)))
    fields.append(
      .init("firmware interface", ifAny: reader.exists("/sys/firmware/efi") ? "UEFI" : nil))
    reader.add("Appliance", fields: fields)
    reader.add("Processor", fields: processor(&reader))
  }

  /// All names of the board, from the most exact to the chip's.
  private static func compatible(_ reader: inout TreeReader) -> String? {
    let path = "/proc/device-tree/compatible"
    guard let bytes = reader.bytes(path, limitBytes: InventoryLimits.valueBytesMax) else {
      return nil
    }
    let names = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self).trimmed }
    return names.isEmpty ? nil : names.joined(separator: " ")
  }

  private static func machine(_ reader: inout TreeReader) -> String? {
    reader.line("/proc/sys/kernel/arch")
      ?? KernelRoot(reader.isRunningMachine ? "/" : reader.context.kernelRoot).machine
  }

  /// The lines of /proc/cpuinfo that name a processor, each of the first processor that has one: x86, then ARM and
  /// RISC-V. `Serial`, which old ARM kernels print, is not among them.
  private static let processorLines = [
    "vendor_id": "maker", "model name": "model", "cpu family": "family", "model": "model number",
    "stepping": "stepping", "microcode": "microcode", "CPU implementer": "implementer",
    "CPU architecture": "architecture", "CPU variant": "variant", "CPU part": "part",
    "CPU revision": "revision", "Hardware": "chip", "isa": "instruction set", "uarch": "design",
  ]

  private static func processor(_ reader: inout TreeReader) -> [SectionContent.Field?] {
    var met: Set<Substring> = []
    var fields: [SectionContent.Field?] = []
    for line in reader.lines("/proc/cpuinfo") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let key = line[..<colon].trimmed
      guard let name = processorLines[key], met.insert(Substring(key)).inserted else { continue }
      fields.append(.init(name, line[colon...].dropFirst().trimmed))
      if met.count == processorLines.count { break }
    }
    return fields
  }
}
