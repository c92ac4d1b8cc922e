// What is mounted, how full it is, and what the file systems themselves say of errors.
//
// A disk's file system answers statvfs(3) at once and is asked; a server's may never answer, so a process of its own
// asks a few of them (`PatientFileSystem`). A captured tree has its answers in a file `statvfs`.

internal import Linux

enum MountsSection {
  static func collect(_ reader: inout TreeReader) {
    let mounts = reader.lines(Mount.path).compactMap { Mount($0) }
    let (ordinary, ofKernel) = (mounts.filter { !$0.isOfKernel }, mounts.filter(\.isOfKernel))
    var rows: [[String]] = []
    var usages = Usages(
      captured: reader.isRunningMachine ? nil : FileSystemUsage.captured(reader.lines("/statvfs")))
    var isDropped = false
    for mount in ordinary.prefix(2 * InventoryLimits.rowsMax) {
      guard let device = reader.shown("system.device", mount.deviceName),
        let point = reader.shown("system.filesystem.mountpoint", mount.mountPoint)
      else {
        isDropped = true
        continue
      }
      let usage = usages.usage(of: mount, among: mounts)
      rows.append([
        device, mount.type, mount.mode,
        usage.map { Amount.bytes($0.sizeBytes) } ?? "-",
        usage.flatMap { Amount.share($0.usedBytes, of: $0.usedBytes + $0.freeBytes) } ?? "-",
        usage.map { Amount.bytes($0.freeBytes) } ?? "-",
        usage.flatMap { Amount.share($0.inodes - $0.inodesFree, of: $0.inodes) } ?? "-", point,
        mount.harmlessOptions,
      ])
    }
    reader.add(
      "File systems",
      columns: [
        "device", "type", "mode", "size", "used", "free", "inodes used", "mounted at", "options",
      ],
      rows: rows)
    if isDropped { reader.problem("file systems whose names may not be shown are left out") }
    for silent in usages.silent { reader.problem(silent) }
    reader.add("File systems of the kernel", fields: [.init("mounted", ifAny: counts(ofKernel))])
    reader.add(
      "Errors that file systems have counted",
      columns: ["file system", "errors", "first at", "last at", "written in all"],
      rows: errors(&reader))
  }

  private static func counts(_ mounts: [Mount]) -> String? {
    var counts: [String: Int] = [:]
    for mount in mounts { counts[mount.type, default: 0] += 1 }
    let words = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }

  private struct Usages {
    /// Those of a captured tree, where there is a tree.
    let captured: [String: FileSystemUsage]?
    /// Network file systems that did not answer.
    private(set) var silent: [String] = []
    private var asked = 0

    init(captured: [String: FileSystemUsage]?) { self.captured = captured }

    mutating func usage(of mount: Mount, among mounts: [Mount]) -> FileSystemUsage? {
      if mounts.isCovered(mount) { return nil }
      if let captured { return captured[mount.mountPoint] }
      if mounts.answersAtOnce(mount) { return FileSystemUsage.of(mount.mountPoint) }
      guard asked < InventoryLimits.networkFileSystemsMax else { return nil }
      asked += 1
      guard var patient = try? PatientFileSystem.start(mount.mountPoint) else { return nil }
      let usage = patient.usage()
      if usage == nil {
        silent.append("a file system of type \(mount.type) did not answer within 50 ms")
      }
      return usage
    }
  }

  /// ext4 counts what it found wrong, and when (Documentation/ABI/testing/sysfs-fs-ext4).
  private static func errors(_ reader: inout TreeReader) -> [[String]] {
    let folder = "/sys/fs/ext4"
    var rows: [[String]] = []
    for name in reader.names(folder) where name != "features" {
      guard let device = reader.shown("system.device", "/dev/" + name),
        let count = reader.number("\(folder)/\(name)/errors_count")
      else { continue }
      func time(_ file: String) -> String {
        guard let seconds = reader.number("\(folder)/\(name)/\(file)"), seconds > 0,
          seconds < 1 << 40
        else { return "-" }
        return CalendarTime.rfc3339(milliseconds: seconds * 1000)
      }
      let (first, last) = (time("first_error_time"), time("last_error_time"))
      let written = reader.number("\(folder)/\(name)/lifetime_write_kbytes")
        .map { Amount.bytes($0.multiplied(by: 1024)) }
      rows.append([
        device, String(count), first, last,
        written ?? "-",
      ])
    }
    return rows
  }
}
