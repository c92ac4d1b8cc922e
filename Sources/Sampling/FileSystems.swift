// The file systems of /proc/self/mountinfo and how full they are, by statvfs(3).
//
// The list is read again when the kernel says that it changed, before a mount point is asked about: the folder
// of a disk that was unmounted would answer for the disk below it.
//
// A captured tree holds no answers of system calls, so it may have a file `statvfs` at its top with a line for
// each mount point: f_frsize f_blocks f_bfree f_bavail f_files f_ffree and the mount point.

internal import Linux
internal import Telemetry

final class FileSystemsProbe: Probe {
  let file = "/proc/self/mountinfo"
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
      root.path("/proc/self/mountinfo"), limitBytes: Limits.kernelFileBytesMax)
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
      guard let text, let mounts = Mount.parse(text) else {
        let expected = "ten fields or more and a hyphen in each line"
        (outcome, fileSystems) = (.failed(.malformed(file, expected)), [])
        return
      }
      outcome = .readings
      follow(mounts.sampled(by: filter), &sample)
    }
  }

  private func follow(_ mounts: [Mount], _ sample: inout Sample) {
    leftOut = max(0, mounts.count - Limits.devicesPerProbeMax)
    let captured = root.isRunningKernel ? [:] : capturedUsages()
    // What stays keeps its process, if it has one: a new one would hang as well.
    fileSystems = mounts.prefix(Limits.devicesPerProbeMax).map { mount in
      fileSystems.first { $0.mount == mount && root.isRunningKernel }
        ?? FileSystem(
          mount, root.isRunningKernel ? nil : .some(captured[mount.mountPoint]),
          places: places(of: mount, &sample))
    }
  }

  private func capturedUsages() -> [String: FileSystemUsage] {
    guard let file = try? FileDescriptor.open(root.path("/statvfs"), .readOnly),
      let bytes = try? file.readAll(limitBytes: Limits.kernelFileBytesMax)
    else { return [:] }
    var usages: [String: FileSystemUsage] = [:]
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let fields = line.split(separator: " ", maxSplits: 6)
      let numbers = fields.prefix(6).compactMap { UInt64($0) }
      guard fields.count == 7, numbers.count == 6 else { continue }
      usages[String(fields[6])] = FileSystemUsage(
        fragmentBytes: numbers[0], blocks: numbers[1], blocksFree: numbers[2],
        blocksAvailable: numbers[3], inodes: numbers[4], inodesFree: numbers[5])
    }
    return usages
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
  private let places: Places
  /// The answer of a captured tree, where there is a tree.
  private let captured: FileSystemUsage??
  private var patient: PatientFileSystem?

  init(_ mount: Mount, _ captured: FileSystemUsage??, places: Places) {
    self.mount = mount
    self.captured = captured
    self.places = places
    patient =
      captured == nil && !mount.isLocal ? try? PatientFileSystem.start(mount.mountPoint) : nil
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
    if mount.isLocal { return FileSystemUsage.of(mount.mountPoint) }
    return patient?.usage()
  }
}
