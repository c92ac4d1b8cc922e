internal import CLinux

/// Replacing a file so that a reader sees the old content or the new, never half of one.
package enum AtomicFile {
  /// Whether the new content must survive a power cut, or only a crash of the program.
  package enum Durability: Sendable {
    case synchronised
    case volatile
  }

  /// Writes `content` beside `path` and renames it over. What stood there before stays when anything fails.
  /// The corresponding C functions are `write`, `fsync` and `rename`.
  package static func replace(
    _ path: String, with content: [UInt8], mode: UInt32, durability: Durability
  ) throws(SystemError) {
    try replace(path, through: path + ".new", with: content, mode: mode, durability: durability)
  }

  /// As above with the intermediate file's path given, for callers that must not build a string at every tick.
  package static func replace(
    _ path: String, through intermediate: String, with content: [UInt8], mode: UInt32,
    durability: Durability
  ) throws(SystemError) {
    do {
      let file = try make(intermediate, mode: mode)
      try file.write(content)
      if durability == .synchronised { try file.synchronise() }
      try rename(intermediate, path)
    } catch {
      unlink(intermediate)
      throw error
    }
    if durability == .synchronised { try synchroniseDirectory(of: path) }
  }

  /// Replaces a file that people see: mode, owner and group stay, and a new file has this mode whatever the umask.
  package static func rewrite(
    _ path: String, like state: FileState?, orMode mode: UInt32, with content: [UInt8]
  ) throws(SystemError) {
    let intermediate = path + ".new"
    do {
      let file = try make(intermediate, mode: 0o600)
      if let state { try file.take(owner: state.owner, group: state.group) }
      try file.take(mode: (state?.mode ?? mode) & 0o7777)
      try file.write(content)
      try file.synchronise()
      try rename(intermediate, path)
    } catch {
      unlink(intermediate)
      throw error
    }
    try synchroniseDirectory(of: path)
  }

  /// Renames `source` over `destination` and makes that survive a power cut.
  package static func move(_ source: String, over destination: String) throws(SystemError) {
    try rename(source, destination)
    try synchroniseDirectory(of: destination)
  }

  /// Renames `source` to a name that nothing has yet; what has it meanwhile is an error. Survives a power cut. The
  /// corresponding C function is `renameat2`.
  package static func move(_ source: String, toNew destination: String) throws(SystemError) {
    if unsafe linux_rename_to_new(source, destination) == -1 {
      guard linux_last_error() == EINVAL else { throw .last("rename \(source) to", destination) }
      guard try FileState.of(destination, followsLink: false) == nil else {
        throw SystemError("rename \(source) to", destination, code: EEXIST)
      }
      try rename(source, destination)
    }
    try synchroniseDirectory(of: destination)
  }

  /// Removes a file; one that is not there is fine. The corresponding C function is `unlink`.
  package static func remove(_ path: String) throws(SystemError) {
    guard unsafe CLinux.unlink(path) != -1 || linux_last_error() == ENOENT else {
      throw .last("remove", path)
    }
  }

  private static func rename(_ source: String, _ destination: String) throws(SystemError) {
    let result = unsafe source.withCString { from in
      unsafe destination.withCString { to in unsafe CLinux.rename(from, to) }
    }
    guard result != -1 else { throw .last("replace", destination) }
  }

  /// Whatever lies in the way, a link or a pipe, is removed and not written to.
  private static func make(_ path: String, mode: UInt32) throws(SystemError) -> FileDescriptor {
    do { return try FileDescriptor.open(path, .replace(mode: mode)) } catch {
      unlink(path)
      return try FileDescriptor.open(path, .replace(mode: mode))
    }
  }

  private static func unlink(_ path: String) { _ = unsafe CLinux.unlink(path) }

  /// A rename is durable only when the directory is: rename(2) says nothing, ext4 and POSIX ask for this.
  private static func synchroniseDirectory(of path: String) throws(SystemError) {
    let end = path.lastIndex(of: "/") ?? path.startIndex
    try FileDescriptor.open(String(path[..<end]) + "/", .readOnly).synchronise()
  }
}
