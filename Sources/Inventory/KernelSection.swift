// The kernel: which one, how it was started and set, and what was added to it.

internal import Linux

enum KernelSection {
  static func collect(_ reader: inout TreeReader) {
    reader.add("Kernel", fields: kernel(&reader))
    commandLine(&reader)
    reader.add(
      "Settings", columns: ["name", "value"],
      rows: settings.compactMap { name in
        let path = "/proc/sys/" + String(name.map { $0 == "." ? "/" : $0 })
        return reader.line(path).map {
          [name, $0.split(whereSeparator: \.isWhitespace).joined(separator: " ")]
        }
      })
    let modules = self.modules(&reader)
    reader.add(
      "Modules", columns: ["name", "size", "users", "state", "taints"], rows: modules,
      limit: InventoryLimits.modulesMax)
  }

  private static func kernel(_ reader: inout TreeReader) -> [SectionContent.Field?] {
    let uptime = reader.line("/proc/uptime")?.split(separator: ".").first.flatMap { Int64($0) }
    let boot = reader.lines("/proc/stat").first { $0.hasPrefix("btime ") }
      .flatMap { Int64($0.dropFirst(6)) }
    let taint = reader.number("/proc/sys/kernel/tainted")
    return [
      .init("release", ifAny: reader.line("/proc/sys/kernel/osrelease")),
      .init("version", ifAny: reader.line("/proc/sys/kernel/version")),
      .init("system", ifAny: reader.line("/proc/sys/kernel/ostype")),
      .init("up for", ifAny: uptime.map { "\(Amount.duration(seconds: $0)) (\($0) s)" }),
      .init(
        "started at, by its clock",
        ifAny: boot.map { CalendarTime.rfc3339(milliseconds: $0.multiplied(by: 1000)) }),
      .init("tainted", ifAny: taint.map { $0 == 0 ? "no" : "\($0)" }),
      .init("tainted because", ifAny: taint.flatMap { TaintFlags.sentence($0) }),
      .init(
        "entropy", ifAny: reader.line("/proc/sys/kernel/random/entropy_avail").map { $0 + " bits" }),
      .init("security modules", ifAny: reader.line("/sys/kernel/security/lsm")),
      .init("processor faults", ifAny: faults(&reader)),
    ]
  }

  /// What the kernel knows of faults of this processor that others could use, as long as it is not simply safe.
  private static func faults(_ reader: inout TreeReader) -> String? {
    let folder = "/sys/devices/system/cpu/vulnerabilities"
    var open: [String] = []
    for name in reader.names(folder) {
      if reader.line("\(folder)/\(name)")?.hasPrefix("Vulnerable") == true { open.append(name) }
    }
    return open.isEmpty ? nil : "not mitigated: " + open.joined(separator: ", ")
  }

  private static func commandLine(_ reader: inout TreeReader) {
    let path = "/proc/cmdline"
    guard let text = reader.text(path, limitBytes: InventoryLimits.valueBytesMax) else { return }
    let line = KernelCommandLine(text)
    // The root's device is redacted like every device.
    var fields = line.shown.map { parameter in
      SectionContent.Field(
        parameter.key,
        parameter.value.hasPrefix("/dev/")
          ? reader.shown("system.device", parameter.value) ?? "left out" : parameter.value)
    }
    if !line.namedOnly.isEmpty {
      fields.append(.init("values left out of", line.namedOnly.joined(separator: " ")))
    }
    if line.leftOut > 0 { fields.append(.init("words left out", String(line.leftOut))) }
    reader.add("Command line", fields: fields)
  }

  /// The settings of sysctl(8) that explain how a machine behaves. None of them can hold a name or an address,
  /// and none is a reading of another source.
  private static let settings = [
    "fs.inotify.max_user_instances", "fs.inotify.max_user_watches",
    "fs.nr_open", "kernel.hung_task_timeout_secs", "kernel.nmi_watchdog", "kernel.panic",
    "kernel.panic_on_oops", "kernel.pid_max", "kernel.printk", "kernel.randomize_va_space",
    "kernel.sched_rt_runtime_us", "kernel.softlockup_panic", "kernel.sysrq",
    "kernel.unprivileged_bpf_disabled", "kernel.watchdog_thresh", "net.core.rmem_max",
    "net.core.somaxconn", "net.core.wmem_max", "net.ipv4.ip_forward",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_congestion_control", "net.ipv4.tcp_mem", "net.ipv4.tcp_tw_reuse",
    "net.ipv6.conf.all.disable_ipv6",
    "net.netfilter.nf_conntrack_max", "vm.dirty_background_ratio", "vm.dirty_expire_centisecs",
    "vm.dirty_ratio", "vm.dirty_writeback_centisecs", "vm.max_map_count", "vm.min_free_kbytes",
    "vm.oom_kill_allocating_task", "vm.overcommit_memory", "vm.overcommit_ratio", "vm.panic_on_oom",
    "vm.swappiness", "vm.vfs_cache_pressure", "vm.watermark_scale_factor",
  ]

  /// "snd_hda_intel 61440 0 - Live 0x0000000000000000 (OE)": the address is left out (proc_modules(5)).
  private static func modules(_ reader: inout TreeReader) -> [[String]] {
    reader.lines("/proc/modules").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count >= 5 else { return nil }
      let size = Int64(words[1]).map(Amount.bytes) ?? "-"
      let taints = words.last.flatMap { $0.hasPrefix("(") ? String($0) : nil } ?? ""
      return [String(words[0]), size, String(words[2]), String(words[4]), taints]
    }
    .sorted { $0[0] < $1[0] }
  }
}
