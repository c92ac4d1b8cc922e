// Where the memory went: the kernel's own account, and the largest processes by the names of their programs. What a
// process was started with is never read. proc_meminfo(5), proc_vmstat(5)

internal import Linux

enum MemorySection {
  static func collect(_ reader: inout TreeReader) {
    reader.add(
      "Memory",
      fields: reader.lines("/proc/meminfo").compactMap { line in
        guard let colon = line.firstIndex(of: ":"), shown.contains(String(line[..<colon])) else {
          return nil
        }
        let value = line[colon...].dropFirst().trimmed
        if let bytes = Amount.kibibytes(value) {
          return .init(String(line[..<colon]), Amount.bytes(bytes))
        }
        return Int64(value).map { .init(String(line[..<colon]), String($0)) }
      })
    reader.add(
      "Memory, since the start",
      fields: reader.lines("/proc/vmstat").compactMap { line in
        let words = line.split(separator: " ")
        guard words.count == 2, counted.contains(String(words[0])), Int64(words[1]) != nil else {
          return nil
        }
        return .init(String(words[0]), String(words[1]))
      })
    reader.add(
      "Swap", columns: ["device", "kind", "size", "used", "priority"], rows: swaps(&reader))
    compressed(&reader)
    if reader.permits("system.process.*") { processes(&reader) }
  }

  private static let shown: Set<String> = [
    "MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "SwapCached", "Active", "Inactive",
    "Active(anon)", "Inactive(anon)", "Active(file)", "Inactive(file)", "Unevictable", "Mlocked",
    "SwapTotal", "SwapFree", "Zswap", "Zswapped", "Dirty", "Writeback", "AnonPages", "Mapped",
    "Shmem",
    "KReclaimable", "Slab", "SReclaimable", "SUnreclaim", "KernelStack", "PageTables", "Bounce",
    "CommitLimit", "Committed_AS", "VmallocUsed", "Percpu", "HardwareCorrupted", "AnonHugePages",
    "CmaTotal", "CmaFree", "HugePages_Total", "HugePages_Free", "HugePages_Rsvd", "Hugepagesize",
    "DirectMap4k", "DirectMap2M", "DirectMap1G",
  ]
  private static let counted: Set<String> = [
    "pgpgin", "pgpgout", "pswpin", "pswpout", "pgfault", "pgmajfault", "pgscan_kswapd",
    "pgscan_direct", "pgsteal_kswapd", "pgsteal_direct", "allocstall", "allocstall_normal",
    "allocstall_dma32", "allocstall_movable", "oom_kill", "compact_stall", "compact_fail",
    "thp_fault_fallback", "workingset_refault_anon", "workingset_refault_file", "drop_pagecache",
    "drop_slab", "kswapd_low_wmark_hit_quickly", "nr_dirty", "nr_writeback", "nr_isolated_file",
    "swap_ra", "swap_ra_hit", "zswpin", "zswpout",
  ]

  private static func swaps(_ reader: inout TreeReader) -> [[String]] {
    reader.lines("/proc/swaps").dropFirst().compactMap { line in
      let words = line.split(whereSeparator: \.isWhitespace)
      guard words.count >= 5, let size = Int64(words[2]), let used = Int64(words[3]),
        let shown = reader.shown("system.device", OctalEscapes.decoded(words[0]))
      else { return nil }
      return [
        shown, String(words[1]), Amount.bytes(size.multiplied(by: 1024)),
        Amount.bytes(used.multiplied(by: 1024)), String(words[4]),
      ]
    }
  }

  /// Swap in memory: what was stored, as what, and in how much (Documentation/admin-guide/blockdev/zram.rst).
  private static func compressed(_ reader: inout TreeReader) {
    var rows: [[String]] = []
    for name in reader.numbered("zram", in: "/sys/block") {
      guard let shown = reader.shown("system.device", name),
        let line = reader.line("/sys/block/\(name)/mm_stat")
      else { continue }
      let numbers = line.split(separator: " ").compactMap { Int64($0) }
      guard numbers.count >= 3, numbers[0] > 0 else { continue }
      rows.append([shown] + numbers[..<3].map(Amount.bytes))
    }
    reader.add(
      "Compressed memory", columns: ["device", "stored", "compressed", "memory"], rows: rows)
  }

  private static func processes(_ reader: inout TreeReader) {
    let largest = ProcessList.read(&reader).sorted { $0.residentPages > $1.residentPages }
      .prefix(InventoryLimits.namedProcessesMax)
    var rows: [[String]] = []
    for process in largest where process.residentPages > 0 {
      // Pages have another size on every second board; `status` counts in kB.
      var (resident, swapped, peak): (String, String, String) = ("-", "-", "-")
      for line in reader.processLines(process.identifier, "status") {
        let value = line.drop { $0 != ":" }.dropFirst()
        if line.hasPrefix("VmRSS:") { resident = Amount.kibibytes(value).map(Amount.bytes) ?? "-" }
        if line.hasPrefix("VmSwap:") { swapped = Amount.kibibytes(value).map(Amount.bytes) ?? "-" }
        if line.hasPrefix("VmHWM:") { peak = Amount.kibibytes(value).map(Amount.bytes) ?? "-" }
      }
      if resident == "-" { resident = "\(process.residentPages) pages" }
      rows.append([
        process.name, process.identifier, resident, peak, swapped, String(process.threads),
      ])
    }
    reader.add(
      "Largest processes",
      columns: ["program", "process", "in memory", "at most", "swapped out", "threads"],
      rows: rows)
  }
}
