/// /proc/sys/kernel/tainted: what makes a kernel one that its makers give no warranty for.
/// https://docs.kernel.org/admin-guide/tainted-kernels.html
enum TaintFlags {
  /// By the number of the bit.
  private static let meanings = [
    "a proprietary module was loaded", "a module was loaded by force",
    "the processors do not belong together", "a module was unloaded by force",
    "the processor reported a machine check", "a bad page was met",
    "a user program asked for it", "the kernel met an error and went on (oops or BUG)",
    "the ACPI table was overridden", "the kernel warned (WARN)", "a staging driver was loaded",
    "a fault of the firmware is worked around",
    "a module from outside the kernel's tree was loaded",
    "a module without a valid signature was loaded", "a processor was stuck (soft lockup)",
    "the kernel was patched while running", "an auxiliary flag of the distribution",
    "the kernel was built with the randstruct plugin", "an in-kernel test was run",
    "a mutating debug operation of fwctl was used",
  ]

  /// Every flag that is set; nil when there is none.
  static func sentence(_ taint: Int64) -> String? {
    let flags = (0..<63).filter { taint & (1 << Int64($0)) != 0 }
    let words = flags.map { $0 < meanings.count ? meanings[$0] : "flag \($0)" }
    return words.isEmpty ? nil : words.joined(separator: "; ")
  }
}
