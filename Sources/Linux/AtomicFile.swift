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
      let file = try FileDescriptor.open(intermediate, .replace(mode: mode))
      try file.write(content)
      if durability == .synchronised { try file.synchronise() }
    } catch {
      unlink(intermediate)
      throw error
    }
    guard unsafe rename(intermediate, path) != -1 else { throw .last("replace \(path)") }
    if durability == .synchronised { try synchroniseDirectory(of: path) }
  }

  /// Renames `source` over `destination` and makes that survive a power cut.
  package static func move(_ source: String, over destination: String) throws(SystemError) {
    guard unsafe rename(source, destination) != -1 else { throw .last("replace \(destination)") }
    try synchroniseDirectory(of: destination)
  }

  /// Removes a file; one that is not there is fine. The corresponding C function is `unlink`.
  package static func remove(_ path: String) throws(SystemError) {
    guard unsafe CLinux.unlink(path) != -1 || linux_last_error() == ENOENT else {
      throw .last("remove \(path)")
    }
  }

  private static func unlink(_ path: String) { _ = unsafe CLinux.unlink(path) }

  /// A rename is durable only when the directory is: rename(2) says nothing, ext4 and POSIX ask for this.
  private static func synchroniseDirectory(of path: String) throws(SystemError) {
    let end = path.lastIndex(of: "/") ?? path.startIndex
    try FileDescriptor.open(String(path[..<end]) + "/", .readOnly).synchronise()
  }
}

package enum Directory {
  /// Makes `path` and what is missing above it. The corresponding C function is `mkdir`.
  package static func create(_ path: String, mode: UInt32) throws(SystemError) {
    if try FileState.of(path) != nil { return }
    if let end = path.lastIndex(of: "/"), end != path.startIndex {
      try create(String(path[..<end]), mode: mode)
    }
    guard unsafe mkdir(path, mode) != -1 || linux_last_error() == EEXIST else {
      throw .last("create \(path)")
    }
  }
}

package enum Process {
  /// The user whose files this process makes. The corresponding C function is `geteuid`.
  package static var effectiveUser: UInt32 { geteuid() }
  package static var identifier: Int32 { getpid() }

  /// Lets a full disk and a closed pipe come back as errors instead of ending the process.
  package static func ignoreFileSizeAndPipeSignals() { linux_ignore_file_size_and_pipe_signals() }

  /// The number of ticks a second in which the kernel counts CPU time (USER_HZ).
  /// The corresponding C function is `sysconf`.
  package static var clockTicksPerSecond: Int64 { Int64(sysconf(Int32(_SC_CLK_TCK))) }

  /// Whether a person looks at the output. The corresponding C function is `isatty`.
  package static func isTerminal(_ descriptorNumber: Int32) -> Bool { isatty(descriptorNumber) == 1 }

  /// Writes to standard output (1) or standard error (2), whole; a closed reader is nobody's error.
  package static func print(_ text: String, to descriptorNumber: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes { bytes in
        retryingOnInterrupt { unsafe write(descriptorNumber, bytes.baseAddress, bytes.count) }
      }
      guard written > 0 else { return }
      rest = rest.dropFirst(written)
    }
  }
}

package enum Random {
  /// `count` bytes from the kernel's generator. The corresponding C function is `getrandom`.
  package static func bytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let filled = unsafe bytes.withUnsafeMutableBytes { buffer in
      retryingOnInterrupt { unsafe getrandom(buffer.baseAddress, buffer.count, 0) }
    }
    // getrandom(2): requests of up to 256 bytes are always served whole once the pool is initialised.
    precondition(count <= 256 && filled == count, "the kernel gave no random bytes")
    return bytes
  }
}
