internal import CLinux

/// What the kernel says about whoever keeps its clock right. The corresponding C function is `adjtimex`.
package struct ClockDiscipline: Equatable, Sendable {
  /// Whether something keeps the clock right: STA_UNSYNC is not set.
  package let isSynchronised: Bool
  /// What is still being corrected; positive when the clock is behind.
  package let offsetNanoseconds: Int64
  /// How wrong the clock may be at most, as the program that keeps it believes.
  package let errorBoundMicroseconds: Int64

  package static func current() -> ClockDiscipline? {
    var state = timex()
    guard unsafe adjtimex(&state) != -1 else { return nil }
    let isNano = state.status & STA_NANO != 0
    return ClockDiscipline(
      isSynchronised: linux_clock_is_synchronised() != 0,
      offsetNanoseconds: Int64(state.offset) * (isNano ? 1 : 1000),
      errorBoundMicroseconds: Int64(state.maxerror))
  }
}

extension KernelRoot {
  /// The processor's architecture as the kernel calls it ("x86_64"): /proc/sys/kernel/arch where there is one
  /// (Linux 6.1), else `uname`, which knows only the kernel that runs here.
  package var machine: String? {
    if let text = KernelAttribute.text(path("/proc/sys/kernel/arch")) { return text }
    guard isRunningKernel else { return nil }
    let text = unsafe String(cString: linux_machine())
    return text.isEmpty ? nil : text
  }
}
