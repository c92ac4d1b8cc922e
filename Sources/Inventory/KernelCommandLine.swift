// /proc/cmdline, of which only what is known to be harmless is shown.
//
//   BOOT_IMAGE=/vmlinuz root=UUID=… ro quiet console=ttyS0,115200 panic=10 ip=192.0.2.7 -- --token abc
//
// People put addresses, tokens and passwords there (an installer's preseed, a network root). Of a key that is not on
// the list only the name is shown, of a word without a value nothing; what stands behind `--` is for another program
// and left out. https://docs.kernel.org/admin-guide/kernel-parameters.html

struct KernelCommandLine: Equatable {
  struct Parameter: Equatable {
    let key: String
    let value: String
  }

  /// In the order of the line; a word without a value has an empty one.
  private(set) var shown: [Parameter] = []
  /// Keys whose values are left out.
  private(set) var namedOnly: [String] = []
  /// Words of which nothing is shown.
  private(set) var leftOut = 0

  init(_ text: String) {
    let words = Self.words(text)
    let own = words.prefix { $0 != "--" }
    leftOut = words.count - own.count
    for word in own { take(word) }
  }

  private mutating func take(_ word: String) {
    guard let equals = word.firstIndex(of: "=") else {
      if Self.isSafe(word) {
        shown.append(Parameter(key: word, value: ""))
      } else {
        leftOut += 1
      }
      return
    }
    let (key, value) = (String(word[..<equals]), String(word[equals...].dropFirst()))
    if key == "root" {
      shown.append(Parameter(key: key, value: Self.place(value)))
    } else if Self.isSafe(key), Self.isPlain(value) {
      shown.append(Parameter(key: key, value: value))
    } else if Self.isPlain(key), key.count <= 40 {
      if !namedOnly.contains(key) { namedOnly.append(key) }
    } else {
      leftOut += 1
    }
  }

  /// Blanks separate words, except between double quotes.
  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    var word = ""
    var isQuoted = false
    for character in text {
      if character == "\"" {
        isQuoted.toggle()
      } else if character.isWhitespace, !isQuoted {
        if !word.isEmpty { words.append(word) }
        word = ""
      } else {
        word.append(character)
      }
    }
    if !word.isEmpty { words.append(word) }
    return words
  }

  /// Where the root file system is, without the number by which a disk is known: "/dev/sda2", "UUID".
  private static func place(_ value: String) -> String {
    if value.hasPrefix("/dev/"), !value.hasPrefix("/dev/disk/"), isPlain(value) { return value }
    let kind = value.prefix { $0 != "=" && $0 != "/" && $0 != ":" }
    return ["UUID", "PARTUUID", "LABEL", "PARTLABEL"].contains(kind) ? "by \(kind)" : "left out"
  }

  private static func isPlain(_ value: String) -> Bool {
    value.utf8.count <= 80
      && value.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "_-.,:/+".utf8.contains(byte)
        }
      }
  }

  private static func isSafe(_ key: String) -> Bool {
    safe.contains(key) || safePrefixes.contains { key.hasPrefix($0) }
  }

  /// Parameters of these drivers and subsystems, all of them switches and numbers.
  private static let safePrefixes = [
    "acpi_", "amd_", "amdgpu.", "ata_", "cpufreq.", "cpuidle.", "drm.", "hpet", "i915.", "intel_",
    "iommu",
    "libata.", "loop.", "mitigations", "mmc_core.", "nvme_core.", "pcie_", "printk.", "processor.",
    "rcu_", "scsi_mod.", "spec_", "usb-storage.", "usbcore.", "zswap.",
  ]
  private static let safe: Set<String> = [
    "acpi", "apparmor", "audit", "biosdevname", "clocksource", "cgroup_disable", "cgroup_enable",
    "cgroup_memory", "cgroup_no_v1", "consoleblank", "console", "coherent_pool", "crashkernel",
    "cma",
    "debug", "default_hugepagesz", "earlyprintk", "elevator", "fastboot", "fsck.mode",
    "fsck.repair",
    "hugepages", "hugepagesz", "idle", "ignore_loglevel", "init_on_alloc", "init_on_free",
    "ipv6.disable",
    "isolcpus", "irqaffinity", "kpti", "lockdown", "log_buf_len", "loglevel", "lsm", "max_loop",
    "maxcpus", "mem", "module.sig_enforce", "net.ifnames", "nmi_watchdog", "noapic", "nohz",
    "nohz_full", "nolapic", "nomodeset", "nomodule", "nopti", "noresume", "nosmt", "nosplash",
    "nowatchdog", "nr_cpus", "numa", "oops", "panic", "pci", "preempt", "psi", "pti", "quiet",
    "random.trust_cpu", "rcupdate.rcu_expedited", "reboot", "ro", "rootdelay", "rootfstype",
    "rootwait",
    "rw", "security", "selinux", "skew_tick", "smsc95xx.turbo_mode", "softlockup_panic", "splash",
    "swapaccount", "swiotlb", "systemd.show_status", "systemd.unified_cgroup_hierarchy",
    "threadirqs", "transparent_hugepage", "tsc", "tsx", "vmalloc", "watchdog",
  ]
}
