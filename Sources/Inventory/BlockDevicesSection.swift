// Disks: what they are, what the kernel makes of them, and what they have done and refused.
// Serial numbers and world-wide names lie beside these files and are not read. Documentation/ABI/stable/sysfs-block,
// Documentation/admin-guide/iostats.rst, Documentation/ABI/testing/sysfs-bus-mmc

enum BlockDevicesSection {
  static func collect(_ reader: inout TreeReader) {
    let disks = self.disks(&reader)
    reader.add(
      "Disks",
      columns: [
        "device", "size", "kind", "removable", "read-only", "state", "scheduler", "queue", "sector",
        "write cache", "maker", "model", "firmware",
      ], rows: disks.map { row($0, &reader) })
    reader.add(
      "What they did since the start",
      columns: [
        "device", "reads", "read", "ms a read", "writes", "written", "ms a write", "busy",
        "in flight",
        "discards", "flushes",
      ], rows: statistics(of: disks, &reader))
    reader.add(
      "Faults and wear", columns: ["device", "what", "value"],
      rows: disks.flatMap { faults($0, &reader) })
    reader.add(
      "Joined disks", columns: ["device", "name", "level", "state", "made of"],
      rows: disks.compactMap { joined($0, &reader) })
    reader.add(
      "Partitions", columns: ["device", "size", "read-only"],
      rows: disks.flatMap { partitions($0, &reader) })
  }

  /// A disk by the kernel's name, and by what the agreement makes of it.
  private struct Disk {
    let name: String
    let shown: String
    var folder: String { "/sys/block/\(name)" }
  }

  /// Those with something in them, and whose names the agreement shows; a drive without a medium counts.
  private static func disks(_ reader: inout TreeReader) -> [Disk] {
    var disks: [Disk] = []
    for name in reader.names("/sys/block")
    where !name.hasPrefix("loop") && !name.hasPrefix("ram") {
      guard let shown = reader.shown("system.device", name),
        let size = reader.number("/sys/block/\(name)/size"), size > 0 || name.hasPrefix("s")
      else { continue }
      disks.append(Disk(name: name, shown: shown))
    }
    return disks
  }

  private static func row(_ disk: Disk, _ reader: inout TreeReader) -> [String] {
    let folder = disk.folder + "/"
    func flag(_ file: String) -> String {
      reader.number(folder + file).map { $0 == 0 ? "no" : "yes" } ?? "-"
    }
    let rotational = reader.number(folder + "queue/rotational")
    let scheduler = reader.line(folder + "queue/scheduler")
    let (logical, physical) = (
      reader.line(folder + "queue/logical_block_size"),
      reader.line(folder + "queue/physical_block_size")
    )
    return [
      disk.shown, size(reader.number(folder + "size")),
      rotational.map { $0 == 0 ? "flash" : "rotating" } ?? "-", flag("removable"), flag("ro"),
      reader.line(folder + "device/state") ?? "-", scheduler.map(chosen) ?? "-",
      reader.line(folder + "queue/nr_requests") ?? "-",
      logical.map { physical == nil ? $0 : "\($0)/\(physical!)" } ?? "-",
      reader.line(folder + "queue/write_cache") ?? "-",
      reader.line(folder + "device/vendor") ?? "-",
      reader.line(folder + "device/model") ?? reader.line(folder + "device/name") ?? "-",
      reader.line(folder + "device/firmware_rev") ?? reader.line(folder + "device/rev") ?? "-",
    ]
  }

  /// sysfs counts in sectors of 512 bytes, whatever the disk's own are.
  private static func size(_ sectors: Int64?) -> String {
    sectors.map { Amount.bytes($0.multiplied(by: 512)) } ?? "-"
  }

  /// "none [mq-deadline] kyber bfq"
  private static func chosen(_ schedulers: String) -> String {
    guard let open = schedulers.firstIndex(of: "["), let close = schedulers.firstIndex(of: "]"),
      open < close
    else { return schedulers }
    return String(schedulers[schedulers.index(after: open)..<close])
  }

  private static func statistics(
    of disks: [Disk], _ reader: inout TreeReader
  ) -> [[String]] {
    reader.lines("/proc/diskstats").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count >= 14, let disk = disks.first(where: { $0.name == words[2] })
      else { return nil }
      let numbers = words.dropFirst(3).map { Int64($0) ?? 0 }
      func each(_ milliseconds: Int64, _ count: Int64) -> String {
        count > 0 ? Amount.decimal(milliseconds.multiplied(by: 10) / count, places: 1) : "-"
      }
      return [
        disk.shown, String(numbers[0]), size(numbers[2]), each(numbers[3], numbers[0]),
        String(numbers[4]), size(numbers[6]), each(numbers[7], numbers[4]),
        Amount.duration(seconds: numbers[9] / 1000), String(numbers[8]),
        numbers.count > 11 ? String(numbers[11]) : "-",
        numbers.count > 15 ? String(numbers[15]) : "-",
      ]
    }
  }

  /// Files in which a disk or its driver counts what went wrong. SCSI counts in hexadecimal; an MMC card estimates
  /// the part of its life that is over in steps of 10 %, of both kinds of its memory.
  private static let faultFiles = [
    ("device/ioerr_cnt", "requests that failed"), ("device/iotmo_cnt", "requests that timed out"),
    ("device/life_time", "life used, in steps of 10 %"),
    ("device/pre_eol_info", "spare blocks: 1 enough, 2 80 % used, 3 90 %"),
  ]

  private static func faults(_ disk: Disk, _ reader: inout TreeReader) -> [[String]] {
    var rows: [[String]] = []
    for (file, meaning) in faultFiles {
      guard let value = reader.line("\(disk.folder)/\(file)") else { continue }
      let number = value.hasPrefix("0x") ? Int64(value.dropFirst(2), radix: 16) : nil
      rows.append([disk.shown, meaning, number.map(String.init) ?? value])
    }
    return rows
  }

  /// A software RAID, or a device of the device mapper (LVM, LUKS). The mapper's UUID is not read.
  private static func joined(_ disk: Disk, _ reader: inout TreeReader) -> [String]? {
    let folder = disk.folder + "/"
    let parts = reader.names(folder + "slaves")
      .compactMap { reader.shown("system.device", $0) }.joined(separator: " ")
    if let level = reader.line(folder + "md/level") {
      let state = [
        reader.line(folder + "md/array_state"),
        reader.number(folder + "md/degraded").map { "\($0) missing" },
        reader.line(folder + "md/sync_action"),
        reader.number(folder + "md/mismatch_cnt").map { "\($0) mismatches" },
      ].compactMap(\.self).joined(separator: ", ")
      let disks = reader.line(folder + "md/raid_disks") ?? "-"
      return [disk.shown, "-", "\(level) of \(disks)", state, parts]
    }
    guard let mapped = reader.line(folder + "dm/name") else { return nil }
    let shown = reader.shown("system.device", "/dev/mapper/" + mapped)
    let isSuspended = reader.number(folder + "dm/suspended") == 1
    return [disk.shown, shown ?? "-", "-", isSuspended ? "suspended" : "active", parts]
  }

  private static func partitions(_ disk: Disk, _ reader: inout TreeReader) -> [[String]] {
    let folder = disk.folder
    var rows: [[String]] = []
    for part in reader.names(folder) where part.hasPrefix(disk.name) {
      guard let sectors = reader.number("\(folder)/\(part)/size"),
        let shown = reader.shown("system.device", part)
      else { continue }
      let isReadOnly = reader.number("\(folder)/\(part)/ro").map { $0 == 0 ? "no" : "yes" }
      rows.append([shown, size(sectors), isReadOnly ?? "-"])
    }
    return rows
  }
}
