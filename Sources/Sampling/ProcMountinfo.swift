// /proc/self/mountinfo: what is mounted where.
//
//   36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
//   (1)(2)(3)   (4)   (5)      (6)      (7)   (8) (9)   (10)         (11)
//
// 1 and 2 are the numbers of the mount and of the one it is mounted in, 3 is the device, 4 the folder of the file system that is mounted, 5 where, 7 any number of optional fields up
// to the hyphen, 9 the type, 10 what was mounted, 11 the options of the file system itself: those of the mount
// (6) say "ro" inside a sandbox, those of the file system only when the disk really is. Space, tab, line break
// and backslash are written in octal. proc_pid_mountinfo(5)

internal import Linux

/// One line of /proc/self/mountinfo.
struct Mount: Equatable {
  let id: String
  let parent: String
  let device: String
  let isWholeFileSystem: Bool
  let mountPoint: String
  let type: String
  let source: String
  let isReadOnly: Bool
  /// Whether the kernel answers without asking another machine or another program.
  fileprivate(set) var isLocal: Bool

  /// All lines, or nil when one is not as it should be.
  static func parse(_ text: String) -> [Mount]? {
    var mounts: [Mount] = []
    for line in text.split(separator: "\n") {
      guard let mount = Mount(line: line) else { return nil }
      mounts.append(mount)
    }
    return mounts
  }

  private init?(line: Substring) {
    let fields = line.split(separator: " ", omittingEmptySubsequences: false)
    guard fields.count >= 10, let hyphen = fields[6...].firstIndex(of: "-"),
      hyphen + 3 < fields.count
    else { return nil }
    (id, parent, device) = (String(fields[0]), String(fields[1]), String(fields[2]))
    isWholeFileSystem = fields[3] == "/"
    mountPoint = OctalEscapes.decoded(fields[4])
    type = String(fields[hyphen + 1])
    source = OctalEscapes.decoded(fields[hyphen + 2])
    isReadOnly = fields[hyphen + 3].split(separator: ",").contains("ro")
    isLocal = Self.localTypes.contains(type)
  }

  /// The name of the device, for people. A server and what it exports are nobody's business, and neither is the
  /// name of a disk by its serial number: these are called by their type.
  var deviceName: String {
    source.hasPrefix("/dev/") && !source.hasPrefix("/dev/disk/") ? source : type
  }

  private static let localTypes: Set<String> = [
    "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "bcachefs", "zfs", "jfs", "nilfs2", "reiserfs",
    "vfat", "msdos", "exfat", "ntfs3", "hfsplus", "ubifs", "jffs2", "yaffs2", "squashfs", "erofs",
    "cramfs", "iso9660", "udf", "tmpfs", "ramfs", "rootfs", "devtmpfs", "overlay",
  ]
}

extension [Mount] {
  /// The file systems to sample: each once, where it is mounted as a whole, and under the shortest name. What
  /// another mount covers cannot be seen, and what lies inside a network's file system is as slow as that.
  func sampled(by rules: DeviceFilter) -> [Mount] {
    var chosen: [String: Mount] = [:]
    for var mount in self where rules.permits(fileSystem: mount.type, at: mount.mountPoint) {
      let way = way(to: mount)
      if isCovered(mount, way) { continue }
      // An automounter's own folder answers at once when something is mounted there.
      mount.isLocal =
        mount.isLocal && way.dropFirst().allSatisfy { $0.isLocal || $0.type == "autofs" }
      if let other = chosen[mount.device], !mount.isBetter(than: other) { continue }
      chosen[mount.device] = mount
    }
    return compactMap { mount in chosen[mount.device].flatMap { $0.id == mount.id ? $0 : nil } }
  }

  /// The mount, the one it is mounted in, and so on up to the root.
  private func way(to mount: Mount) -> [Mount] {
    var way = [mount]
    while let next = first(where: { $0.id == way.last!.parent }), !way.contains(next) {
      way.append(next)
    }
    return way
  }

  /// Whether something else is mounted at a folder that one passes on the way to the mount.
  private func isCovered(_ mount: Mount, _ way: [Mount]) -> Bool {
    contains { other in
      !way.contains(other) && way.contains { $0.id == other.parent }
        && mount.isAtOrBelow(other.mountPoint)
    }
  }
}

extension Mount {
  fileprivate func isAtOrBelow(_ folder: String) -> Bool {
    folder == "/" || mountPoint == folder || mountPoint.hasPrefix(folder + "/")
  }

  fileprivate func isBetter(than other: Mount) -> Bool {
    if isWholeFileSystem != other.isWholeFileSystem { return isWholeFileSystem }
    return mountPoint.utf8.count < other.mountPoint.utf8.count
  }
}
