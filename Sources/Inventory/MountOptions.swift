// What is shown of the options of a mount.
//
//   36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - cifs //server/share rw,username=bob,vers=3.0
//
// Only those on a list: what a mount helper was given (user names, passwords, paths of credentials, addresses) may all
// stand there. proc_pid_mountinfo(5)

internal import Linux

extension Mount {
  private var allOptions: [Substring] {
    options.split(separator: ",") + fileSystemOptions.split(separator: ",")
  }

  /// "rw" or "ro", and "ro here" where only this mount is read-only: a sandbox, while the disk itself is well.
  var mode: String { isReadOnly ? "ro" : allOptions.contains("ro") ? "ro here" : "rw" }

  /// Those of the mount and of the file system.
  var harmlessOptions: String {
    var met: Set<Substring> = []
    let safe = allOptions.filter {
      $0 != "rw" && $0 != "ro" && Self.isSafe($0) && met.insert($0).inserted
    }
    let leftOut = Set(allOptions.filter { !Self.isSafe($0) }).count
    return (safe + (leftOut > 0 ? ["and \(leftOut) left out"] : [])).joined(separator: ",")
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
}
