// The file systems of /proc/self/mountinfo and how full they are, by statvfs(3).
//
// The list is read again when the kernel says that it changed, before a mount point is asked about: the folder
// of a disk that was unmounted would answer for the disk below it.

package import Linux
package import Telemetry

final class FileSystemsProbe: Probe {
  let file = Mount.path
  private let root: KernelRoot
  private let filter: DeviceFilter
  private var mountinfo: KernelFile
  private var fileSystems: [FileSystem] = []
  private var places: [SeriesKey: SeriesIndex] = [:]
  private var outcome = ProbeOutcome.absent
  private(set) var leftOut = 0

  init(below root: KernelRoot, _ patterns: DevicePatterns) {
    self.root = root
    filter = DeviceFilter(patterns)
    mountinfo = KernelFile(
      root.path(Mount.path), limitBytes: Limits.kernelFileBytesMax)
  }

  func lookForDevices(_ sample: inout Sample) {
    // The kernel says when its list is another one; of a captured tree nobody does.
    if root.isRunningKernel, outcome == .readings, !mountinfo.hasChanged() { return }
    let text: String??
    do throws(SystemError) {
      text = try mountinfo.withContents { text in
        String(validating: text.copy(0..<text.byteCount), as: UTF8.self)
      }
    } catch {
      (outcome, fileSystems) = (.failed(ProbeFailure(description: error.description)), [])
      return
    }
    switch text {
    case .none: (outcome, fileSystems) = (.absent, [])
    case .some(let text):
      guard let text, let mounts = [Mount](text) else {
        let expected = "ten fields or more and a hyphen in each line"
        (outcome, fileSystems) = (.failed(.malformed(file, expected)), [])
        return
      }
      outcome = .readings
      follow(mounts, &sample)
    }
  }

  private func follow(_ mounts: [Mount], _ sample: inout Sample) {
    let sampled = mounts.sampled(by: filter)
    leftOut = max(0, sampled.count - Limits.devicesPerProbeMax)
    let captured = root.isRunningKernel ? [:] : capturedUsages()
    // What stays keeps its process, if it has one: a new one would hang as well.
    fileSystems = sampled.prefix(Limits.devicesPerProbeMax).map { mount in
      let kept = mount.withoutOptions
      if root.isRunningKernel, let known = fileSystems.first(where: { $0.mount == kept }) {
        return known
      }
      return FileSystem(
        kept, isSlow: !mounts.answersAtOnce(mount),
        captured: root.isRunningKernel ? nil : .some(captured[mount.mountPoint]),
        places: places(of: mount, &sample))
    }
  }

  private func capturedUsages() -> [String: FileSystemUsage] {
    guard let file = try? FileDescriptor.open(root.path("/statvfs"), .readOnly),
      let bytes = try? file.readAll(limitBytes: Limits.kernelFileBytesMax)
    else { return [:] }
    return FileSystemUsage.captured(String(decoding: bytes, as: UTF8.self).split(separator: "\n"))
  }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    if root.isRunningKernel { lookForDevices(&sample) }
    for fileSystem in fileSystems { fileSystem.read(into: &sample) }
    return outcome
  }

  private func places(of mount: Mount, _ sample: inout Sample) -> FileSystem.Places {
    func place(_ signal: Signal, _ state: String?) -> SeriesIndex {
      let attributes =
        [
          Attribute("system.device", .string(mount.deviceName)),
          Attribute("system.filesystem.mode", .string(mount.isReadOnly ? "ro" : "rw")),
          Attribute("system.filesystem.mountpoint", .string(mount.mountPoint)),
        ] + (state.map { [Attribute("system.filesystem.state", .string($0))] } ?? [])
        + [Attribute("system.filesystem.type", .string(mount.type))]
      let key = SeriesKey(signal.name, attributes)
      let place = places[key] ?? sample.add(signal, attributes)
      places[key] = place
      return place
    }
    return FileSystem.Places(
      used: place(Catalog.fileSystemUsage, "used"), free: place(Catalog.fileSystemUsage, "free"),
      reserved: place(Catalog.fileSystemUsage, "reserved"),
      limit: place(Catalog.fileSystemLimit, nil),
      inodesUsed: place(Catalog.fileSystemInodes, "used"),
      inodesFree: place(Catalog.fileSystemInodes, "free"))
  }
}

/// A mounted file system and the places of its series.
private final class FileSystem {
  struct Places {
    let used, free, reserved, limit, inodesUsed, inodesFree: SeriesIndex
  }

  let mount: Mount
  private let isSlow: Bool
  /// The answer of a captured tree, where there is a tree.
  private let captured: FileSystemUsage??
  private let places: Places
  private var patient: PatientFileSystem?

  init(_ mount: Mount, isSlow: Bool, captured: FileSystemUsage??, places: Places) {
    self.mount = mount
    self.isSlow = isSlow
    self.captured = captured
    self.places = places
    patient = captured == nil && isSlow ? try? PatientFileSystem.start(mount.mountPoint) : nil
  }

  func read(into sample: inout Sample) {
    guard let usage = usage() else { return }
    sample.set(places.used, usage.usedBytes)
    sample.set(places.free, usage.freeBytes)
    sample.set(places.reserved, usage.reservedBytes)
    sample.set(places.limit, usage.sizeBytes)
    // Some file systems make inodes as they need them and say that they have none.
    guard usage.inodes > 0, usage.inodesFree <= usage.inodes else { return }
    sample.set(places.inodesUsed, usage.inodes - usage.inodesFree)
    sample.set(places.inodesFree, usage.inodesFree)
  }

  private func usage() -> FileSystemUsage? {
    if let captured { return captured }
    return isSlow ? patient?.usage() : FileSystemUsage.of(mount.mountPoint)
  }
}

extension [Mount] {
  /// All lines, or nil when one is not as it should be.
  init?(_ text: String) {
    self = []
    for line in text.split(separator: "\n") {
      guard let mount = Mount(line) else { return nil }
      append(mount)
    }
  }

  /// Those whose type and place the administrator lets be sampled.
  package func permitted(by patterns: DevicePatterns) -> [Mount] {
    let rules = DeviceFilter(patterns)
    return filter { rules.permits(fileSystem: $0.type, at: $0.mountPoint) }
  }

  /// The file systems to sample: each once, where it is mounted as a whole, and under the shortest name. What
  /// another mount covers cannot be seen.
  func sampled(by rules: DeviceFilter) -> [Mount] {
    var chosen: [String: Mount] = [:]
    for mount in self
    where rules.permits(fileSystem: mount.type, at: mount.mountPoint) && !isCovered(mount) {
      if let other = chosen[mount.device], !mount.isBetter(than: other) { continue }
      chosen[mount.device] = mount
    }
    return compactMap { mount in chosen[mount.device].flatMap { $0.id == mount.id ? $0 : nil } }
  }
}

extension Mount {
  fileprivate func isBetter(than other: Mount) -> Bool {
    if isWholeFileSystem != other.isWholeFileSystem { return isWholeFileSystem }
    return mountPoint.utf8.count < other.mountPoint.utf8.count
  }
}
