internal import CLinux

package enum Directory {
  /// Makes `path` and what is missing above it. The corresponding C function is `mkdir`.
  package static func create(_ path: String, mode: UInt32) throws(SystemError) {
    if try FileState.of(path) != nil { return }
    if let end = path.lastIndex(of: "/"), end != path.startIndex {
      try create(String(path[..<end]), mode: mode)
    }
    guard unsafe mkdir(path, mode) != -1 || linux_last_error() == EEXIST else {
      throw .last("create", path)
    }
  }

  /// The names in `path` except those that begin with a dot, in alphabetical order; empty when it is not there.
  /// The corresponding C function is `readdir`.
  package static func entries(_ path: String) throws(SystemError) -> [String] {
    guard let directory = unsafe opendir(path) else {
      let error = SystemError.last("list", path)
      if error.isAbsence { return [] }
      throw error
    }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe String(cString: linux_entry_name(entry))
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  /// Gives what root made in `path` to the owner of the directory. The corresponding C function is `lchown`.
  package static func handOver(_ path: String) throws(SystemError) {
    guard let directory = try FileState.of(path), directory.owner != 0, geteuid() == 0 else {
      return
    }
    for name in try entries(path) {
      guard let state = try FileState.of("\(path)/\(name)"), state.owner == 0 else { continue }
      guard unsafe lchown("\(path)/\(name)", directory.owner, directory.group) != -1 else {
        throw .last("change the owner of", "\(path)/\(name)")
      }
    }
  }

  /// The folders in which the kernel looks up a name on the way to `path`, from the root on, and the file at which
  /// the way ends once every symbolic link is followed. None of these paths leads through a link.
  package static func way(
    to path: String
  ) throws(SystemError) -> (folders: [String], end: String) {
    var rest = Array(path.split(separator: "/").reversed())
    var here = path.hasPrefix("/") ? "" : try current()
    var folders: [String] = []
    // The kernel gives up after as many links (path_resolution(7)).
    var linksLeft = 40
    if !here.isEmpty { (folders, here) = try way(to: here) }
    while let name = rest.popLast() {
      if name == "." { continue }
      let folder = here.isEmpty ? "/" : here
      if !folders.contains(folder) { folders.append(folder) }
      if name == ".." {
        here = here.lastIndex(of: "/").map { String(here[..<$0]) } ?? ""
        continue
      }
      let next = here + "/" + name
      guard let target = destination(ofLink: next) else {
        here = next
        continue
      }
      guard linksLeft > 0 else { throw SystemError("follow", path, code: ELOOP) }
      linksLeft -= 1
      if target.hasPrefix("/") { here = "" }
      rest += target.split(separator: "/").reversed()
    }
    return (folders, here.isEmpty ? "/" : here)
  }

  /// The folder from which relative paths start. The corresponding C function is `getcwd`.
  private static func current() throws(SystemError) -> String {
    guard let path = unsafe getcwd(nil, 0) else { throw .last("find the current folder") }
    defer { unsafe free(path) }
    return unsafe String(cString: path)
  }

  /// What the symbolic link at `path` says, or nil when it is none. The corresponding C function is `readlink`.
  package static func destination(ofLink path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe readlink(path, bytes.baseAddress!, bytes.count)
    }
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}
