// /proc/self/mountinfo: what is mounted where.
//
//   36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
//   (1)(2)(3)   (4)   (5)      (6)      (7)   (8) (9)   (10)         (11)
//
// 1 and 2 are the numbers of the mount and of the one it is mounted in, 3 is the device, 4 the folder of the file system
// that is mounted, 5 where, 7 any number of optional fields up to the hyphen, 9 the type, 10 what was mounted, 11 the
// options of the file system itself: those of the mount (6) say "ro" inside a sandbox, those of the file system only
// when the disk really is. Space, tab, line break and backslash are written in octal. proc_pid_mountinfo(5)

/// One line of /proc/self/mountinfo.
package struct Mount: Equatable, Sendable {
  package static let path = "/proc/self/mountinfo"

  package let id: String
  /// The `id` of the mount that this one is mounted in.
  package let parent: String
  /// Major and minor number: "8:1".
  package let device: String
  package let isWholeFileSystem: Bool
  package let mountPoint: String
  package let type: String
  package let source: String
  /// Whether the file system is, and not just this mount of it.
  package let isReadOnly: Bool
  /// Of this mount alone, separated by commas.
  package private(set) var options: String
  /// Of the file system, separated by commas.
  package private(set) var fileSystemOptions: String

  /// Nil when the line has not ten fields and a hyphen before the last three.
  package init?(_ line: Substring) {
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
    (options, fileSystemOptions) = (String(fields[5]), String(fields[hyphen + 3]))
  }

  /// What is mounted, as far as it can be read.
  ///
  /// - Parameter root: what stands before /proc: nothing, or the folder of a captured tree.
  package static func all(below root: String = "") -> [Mount] {
    guard let file = try? FileDescriptor.open(root + path, .readOnly),
      let bytes = try? file.readAll(limitBytes: 1 << 20)
    else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { Mount($0) }
  }

  /// For who keeps it: the options of an overlay name hundreds of folders.
  package var withoutOptions: Mount {
    var mount = self
    (mount.options, mount.fileSystemOptions) = ("", "")
    return mount
  }

  /// The name of the device, for people. A server and what it exports are nobody's business, and neither is the
  /// name of a disk by its serial number: these are called by their type.
  package var deviceName: String {
    source.hasPrefix("/dev/") && !source.hasPrefix("/dev/disk/") ? source : type
  }

  /// Whether the kernel made it for itself: nobody stores files there.
  package var isOfKernel: Bool { Self.kernelTypes.contains(type) }

  private static let kernelTypes: Set<String> = [
    "proc", "sysfs", "devpts", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs", "configfs",
    "pstore", "efivarfs", "bpf", "mqueue", "hugetlbfs", "binfmt_misc", "fusectl", "rpc_pipefs",
    "nsfs", "selinuxfs", "binder", "nfsd", "autofs",
  ]

  /// Whether the kernel answers without asking another machine or another program.
  fileprivate var isLocal: Bool { Self.localTypes.contains(type) }

  private static let localTypes: Set<String> = [
    "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "bcachefs", "zfs", "jfs", "nilfs2", "reiserfs",
    "vfat", "msdos", "exfat", "ntfs3", "hfsplus", "ubifs", "jffs2", "yaffs2", "squashfs", "erofs",
    "cramfs", "iso9660", "udf", "tmpfs", "ramfs", "rootfs", "devtmpfs", "overlay",
  ]
}

extension [Mount] {
  /// Whether something else is mounted at a folder that one passes on the way to the mount, so that it cannot be seen.
  package func isCovered(_ mount: Mount) -> Bool {
    let way = way(to: mount)
    return contains { other in
      !way.contains(other) && way.contains { $0.id == other.parent }
        && mount.isAtOrBelow(other.mountPoint)
    }
  }

  /// Whether statvfs(3) of the mount asks no other machine or program: what lies inside a network's file system is as
  /// slow as that. An automounter's own folder answers at once when something is mounted there.
  package func answersAtOnce(_ mount: Mount) -> Bool {
    mount.isLocal && way(to: mount).dropFirst().allSatisfy { $0.isLocal || $0.isOfKernel }
  }

  /// The mount, the one it is mounted in, and so on up to the root.
  private func way(to mount: Mount) -> [Mount] {
    var way = [mount]
    while let next = first(where: { $0.id == way.last!.parent }), !way.contains(next) {
      way.append(next)
    }
    return way
  }
}

extension Mount {
  fileprivate func isAtOrBelow(_ folder: String) -> Bool {
    folder == "/" || mountPoint == folder || mountPoint.hasPrefix(folder + "/")
  }
}
