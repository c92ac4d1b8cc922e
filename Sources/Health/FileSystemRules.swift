// Full disks, by bytes and by inodes, and disks that the kernel has made read-only.

internal import Telemetry

extension MachineFacts {
  private static let usage = "system.filesystem.usage"
  private static let inodes = "system.filesystem.inodes.usage"
  private static let place = "system.filesystem.mountpoint"
  private static let state = "system.filesystem.state"

  /// - Parameter own: where the agent's own disk is mounted, of which another rule speaks.
  func fileSystemFindings(besides own: String?) -> [HealthFinding] {
    let readOnly = turnedReadOnly.filter { $0 != own }.map { mountPoint in
      HealthFinding.machine(
        .critical, Self.usage, "disk \(mountPoint)",
        "the file system \(mountPoint) was mounted for writing, and the kernel has made it read-only after an error",
        "save what is on it, look for the error with journalctl -k, and have the disk checked or replaced"
      )
    }
    let used = all(Self.usage).filter {
      // A read-only image is full from the day it was made.
      $0[Self.state] == "used" && $0["system.filesystem.mode"] != "ro" && $0[Self.place] != own
    }
    return readOnly
      + used.compactMap { used in
        guard !turnedReadOnly.contains(used[Self.place]) else { return nil }
        return bytesFinding(used) ?? inodesFinding(used)
      }
  }

  /// The other state of the same file system: "free" beside "used".
  private func free(_ signal: String, beside used: Reading) -> Double? {
    all(signal).first { $0[Self.state] == "free" && $0.isBeside(used, except: [Self.state]) }?.value
  }

  private func bytesFinding(_ used: Reading) -> HealthFinding? {
    guard let free = free(Self.usage, beside: used), used.value + free > 0 else { return nil }
    let (mountPoint, ratio) = (used[Self.place], free / (used.value + free))
    let level: HealthLevel
    if ratio < Thresholds.fileSystemFreeCritical, free < Thresholds.fileSystemEnoughBytes {
      level = .critical
    } else if ratio < Thresholds.fileSystemFreeWarning, free < Thresholds.fileSystemPlentyBytes {
      level = .warning
    } else {
      return nil
    }
    return .machine(
      level, Self.usage, "disk \(mountPoint)",
      "the file system \(mountPoint) is \(level == .critical ? "full" : "nearly full"): "
        + "\(Phrase.size(free)) of \(Phrase.size(used.value + free)) are free",
      "find what fills it: du -xh --max-depth=3 \(mountPoint) | sort -h | tail")
  }

  private func inodesFinding(_ used: Reading) -> HealthFinding? {
    guard
      let inodesUsed = all(Self.inodes).first(where: {
        $0[Self.state] == "used" && $0.isBeside(used, except: [])
      })?.value, let free = free(Self.inodes, beside: used), inodesUsed + free > 0,
      free / (inodesUsed + free) < Thresholds.fileSystemFreeWarning
    else { return nil }
    let isFull = free / (inodesUsed + free) < Thresholds.fileSystemFreeCritical
    let mountPoint = used[Self.place]
    return .machine(
      isFull ? .critical : .warning, Self.inodes, "disk \(mountPoint)",
      "the file system \(mountPoint) has \(Phrase.count(free)) of \(Phrase.count(inodesUsed + free)) inodes left, "
        + "whatever space there is: it is full of small files",
      "find where they are: du -x --inodes --max-depth=3 \(mountPoint) | sort -n | tail")
  }
}
