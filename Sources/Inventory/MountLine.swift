// /proc/self/mountinfo, without what names a server, a share or a person's credentials.
//
//   36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - cifs //server/share rw,username=bob,vers=3.0
//
// Of the options only those on a list are shown: what a mount helper was given (user names, passwords, paths of
// credentials, addresses) may all stand there. proc_pid_mountinfo(5)

internal import Linux

/// One line of /proc/self/mountinfo.
struct MountLine: Equatable {
  let type: String
  /// "/dev/sda1", or the type where the source is no device: a server and what it exports are nobody's business, and
  /// neither is the name of a disk by its serial number.
  let device: String
  let point: String
  /// "rw" or "ro", and "ro here" where only this mount is read-only: a sandbox, while the disk itself is well.
  let mode: String
  /// The harmless ones of the mount and of the file system.
  let options: String

  init?(_ line: Substring) {
    let fields = line.split(separator: " ", omittingEmptySubsequences: false)
    guard fields.count >= 10, let hyphen = fields[6...].firstIndex(of: "-"),
      hyphen + 3 < fields.count
    else { return nil }
    type = String(fields[hyphen + 1])
    let source = OctalEscapes.decoded(fields[hyphen + 2])
    device = source.hasPrefix("/dev/") && !source.hasPrefix("/dev/disk/") ? source : type
    point = OctalEscapes.decoded(fields[4])
    let all = (fields[5].split(separator: ",") + fields[hyphen + 3].split(separator: ","))
    let isReadOnly = fields[hyphen + 3].split(separator: ",").contains("ro")
    mode = isReadOnly ? "ro" : all.contains("ro") ? "ro here" : "rw"
    var met: Set<Substring> = []
    let safe = all.filter { $0 != "rw" && $0 != "ro" && Self.isSafe($0) && met.insert($0).inserted }
    let leftOut = Set(all.filter { !Self.isSafe($0) }).count
    options = (safe + (leftOut > 0 ? ["and \(leftOut) left out"] : [])).joined(separator: ",")
  }

  /// Whether the kernel made it for itself: nobody stores files there.
  var isOfKernel: Bool { Self.kernelTypes.contains(type) }

  /// Whether the kernel answers for it without asking another machine or another program.
  private var isLocal: Bool { Self.localTypes.contains(type) || isOfKernel }

  /// Whether the same holds for the whole way to it: what lies inside a server's file system, or is covered by it,
  /// is as slow as that.
  func answersAtOnce(among mounts: [MountLine]) -> Bool {
    isLocal
      && !mounts.contains { other in
        !other.isLocal
          && (other.point == "/" || point == other.point || point.hasPrefix(other.point + "/"))
      }
  }

  private static func isSafe(_ option: Substring) -> Bool {
    guard let equals = option.firstIndex(of: "=") else { return flags.contains(String(option)) }
    let value = option[equals...].dropFirst()
    return keys.contains(String(option[..<equals])) && value.utf8.count <= 24
      && value.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
          UInt8(ascii: ":"), UInt8(ascii: "%"):
          true
        default: false
        }
      }
  }

  private static let flags: Set<String> = [
    "rw", "ro", "relatime", "noatime", "nodiratime", "strictatime", "lazytime", "nosuid", "nodev",
    "noexec", "sync", "dirsync", "async", "discard", "nodiscard", "nobarrier", "barrier", "noquota",
    "usrquota",
    "grpquota", "prjquota", "attr2", "inode64", "inode32", "ssd", "autodefrag", "degraded",
    "nodatacow",
    "nodatasum", "hard", "soft", "intr", "nolock", "nointr", "noac", "fsc", "seal", "nodelalloc",
    "delalloc", "journal_checksum", "noload", "norecovery", "nouuid", "flush", "quiet", "utf8",
    "shared",
    "nsdelegate", "memory_recursiveprot", "nojournal_checksum", "compress", "compress-force",
    "index_off",
    "dax", "wsync", "swalloc", "filestreams", "sysvgroups", "grpid", "nogrpid", "debug",
    "block_validity",
  ]
  private static let keys: Set<String> = [
    "errors", "data", "commit", "barrier", "size", "nr_inodes", "mode", "compress",
    "compress-force",
    "space_cache", "vers", "nfsvers", "proto", "timeo", "retrans", "rsize", "wsize", "sec", "cache",
    "acregmin",
    "acregmax", "acdirmin", "acdirmax", "local_lock", "namlen", "logbufs", "logbsize", "sunit",
    "swidth",
    "stripe", "codepage", "iocharset", "shortname", "fmask", "dmask", "discard", "thread_pool",
    "max_batch_time",
    "background_gc", "fsync_mode", "nconnect", "max_read", "blksize", "allocsize", "redirect_dir",
    "xino",
  ]

  private static let localTypes: Set<String> = [
    "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "bcachefs", "zfs", "jfs", "nilfs2", "reiserfs",
    "vfat", "msdos", "exfat", "ntfs3", "hfsplus", "ubifs", "jffs2", "yaffs2", "squashfs", "erofs",
    "cramfs", "iso9660", "udf", "tmpfs", "ramfs", "rootfs", "devtmpfs", "overlay",
  ]
  private static let kernelTypes: Set<String> = [
    "proc", "sysfs", "devpts", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs", "configfs",
    "pstore", "efivarfs", "bpf", "mqueue", "hugetlbfs", "binfmt_misc", "fusectl", "rpc_pipefs",
    "nsfs",
    "selinuxfs", "binder", "nfsd", "autofs",
  ]
}
