internal import CLinux

/// A lock between programs, kept as long as the value lives. The kernel releases it when the process ends,
/// however it ends.
package struct LockFile: ~Copyable {
  private let file: FileDescriptor

  package enum Mode: Sendable {
    case shared
    case exclusive
  }

  /// Takes the lock without waiting, or returns nil when another process holds it.
  /// The corresponding C function is `flock`.
  package static func acquire(_ path: String, _ mode: Mode) throws(SystemError) -> LockFile? {
    try lock(open(path, mode), path, mode == .shared ? LOCK_SH : LOCK_EX)
  }

  /// As above, exclusively, with a folder in place of a file: nothing has to be made, as on a disk that is full.
  package static func acquire(folder: String) throws(SystemError) -> LockFile? {
    try lock(FileDescriptor.open(folder, .readOnlyPlain), folder, LOCK_EX)
  }

  private static func lock(
    _ file: consuming FileDescriptor, _ path: String, _ operation: Int32
  ) throws(SystemError) -> LockFile? {
    guard retryingOnInterrupt({ Int(flock(file.number, operation | LOCK_NB)) }) != -1 else {
      let error = SystemError.last("lock", path)
      if error.wouldBlock { return nil }
      throw error
    }
    return LockFile(file: file)
  }

  /// flock(2) takes any descriptor, so members of the group who may only read can lock as well.
  private static func open(_ path: String, _ mode: Mode) throws(SystemError) -> FileDescriptor {
    do {
      return try FileDescriptor.open(path, .readWrite(mode: 0o640))
    } catch {
      guard error.isPermissionDenied || error.isReadOnlyFileSystem else { throw error }
      return try FileDescriptor.open(path, .readOnlyPlain)
    }
  }
}
