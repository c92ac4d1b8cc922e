internal import Linux
internal import Sampling
internal import Telemetry

/// One look at the machine, through the same code as accordd; nothing of it is stored.
enum LiveSample {
  /// - Parameters:
  ///   - root: where proc and sys are found.
  ///   - unread: the kernel's files that are not read.
  static func taken(
    root: String, devices: DeviceRules, unread: Set<String> = []
  ) -> Sampler {
    var sampler = Sampler(root: KernelRoot(root), devices: devices)
    let wanted = Set(Catalog.signals.flatMap(\.origins)).subtracting(unread)
    sampler.takeSample(
      atBootTimeMilliseconds: SystemClock().bootTimeMilliseconds, wanted: wanted
    ) { _ in }
    sampler.refresh(wanted: wanted)
    return sampler
  }
}
