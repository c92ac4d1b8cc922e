// On what kind of file system a path lies, where that is mounted, and whether it can be written.

internal import CLinux

package struct MountState: Equatable, Sendable {
  /// What does not outlive a restart, by the name of its type; nil for everything else.
  package let volatileType: String?
  package let isReadOnly: Bool

  /// The types by their numbers (linux/magic.h). The writable half of an overlay may lie anywhere, and on appliances
  /// with a read-only system it lies in memory.
  private static let volatileTypes: [Int: String] = [
    0x0102_1994: "tmpfs", 0x8584_58f6: "ramfs", 0x794c_7630: "overlay",
  ]

  /// Asks the kernel, or returns nil when there is no such path. The corresponding C function is `statfs`.
  package static func of(_ path: String) -> MountState? {
    var status = statfs()
    guard unsafe path.withCString({ unsafe statfs($0, &status) }) != -1 else { return nil }
    return MountState(
      volatileType: volatileTypes[Int(status.f_type)],
      isReadOnly: Int(status.f_flags) & Int(ST_RDONLY) != 0)
  }

  /// The uppermost folder above `path` that is on the same device, which is where it is mounted, except for folders that
  /// are mounted once more within their own file system. Nil when the way there cannot be looked at.
  package static func mountPoint(of path: String) -> String? {
    guard let way = try? Directory.way(to: path), let end = (try? FileState.of(path)) ?? nil else {
      return nil
    }
    var here = way.end
    while here != "/" {
      let above = here.lastIndex(of: "/").map { String(here[..<$0]) } ?? ""
      let parent = above.isEmpty ? "/" : above
      guard let state = (try? FileState.of(parent)) ?? nil, state.device == end.device else {
        return here
      }
      here = parent
    }
    return here
  }
}
