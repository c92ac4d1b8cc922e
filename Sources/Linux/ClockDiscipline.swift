internal import CLinux

/// What the kernel says about whoever keeps its clock right. The corresponding C function is `adjtimex`.
package struct ClockDiscipline: Equatable, Sendable {
  /// Whether something keeps the clock right: STA_UNSYNC is not set.
  package let isSynchronised: Bool
  /// What is still being corrected; positive when the clock is behind.
  package let offsetNanoseconds: Int64
  /// How wrong the clock may be at most, as the program that keeps it believes.
  package let errorBoundMicroseconds: Int64
  /// How wrong it is, as that program believes.
  package let estimatedErrorMicroseconds: Int64
  /// By how much the oscillator is corrected, in parts per billion.
  package let frequencyPartsPerBillion: Int64
  /// How far TAI is ahead of UTC; 0 when nobody has told the kernel.
  package let taiOffsetSeconds: Int64
  /// The status bits that are set, by the names that adjtimex(2) has for them, without STA_.
  package var statusWords: [String] {
    Self.statusBits.filter { status & $0.bit != 0 }.map(\.word)
  }
  /// As bits: words would cost every tick an allocation.
  private let status: Int32

  package static func current() -> ClockDiscipline? {
    var state = timex()
    guard unsafe adjtimex(&state) != -1 else { return nil }
    let isNano = state.status & STA_NANO != 0
    return ClockDiscipline(
      isSynchronised: linux_clock_is_synchronised() != 0,
      offsetNanoseconds: Int64(state.offset) * (isNano ? 1 : 1000),
      errorBoundMicroseconds: Int64(state.maxerror),
      estimatedErrorMicroseconds: Int64(state.esterror),
      // The kernel counts in parts per million with 16 binary places.
      frequencyPartsPerBillion: Int64(state.freq) * 1000 / 65_536,
      taiOffsetSeconds: Int64(state.tai),
      status: state.status)
  }

  private static let statusBits: [(bit: Int32, word: String)] = [
    (STA_PLL, "PLL"), (STA_PPSFREQ, "PPSFREQ"), (STA_PPSTIME, "PPSTIME"), (STA_FLL, "FLL"),
    (STA_INS, "INS"), (STA_DEL, "DEL"), (STA_UNSYNC, "UNSYNC"), (STA_FREQHOLD, "FREQHOLD"),
    (STA_PPSSIGNAL, "PPSSIGNAL"), (STA_PPSJITTER, "PPSJITTER"), (STA_PPSWANDER, "PPSWANDER"),
    (STA_PPSERROR, "PPSERROR"), (STA_CLOCKERR, "CLOCKERR"), (STA_NANO, "NANO"),
    (STA_MODE, "MODE"), (STA_CLK, "CLK"),
  ]
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
