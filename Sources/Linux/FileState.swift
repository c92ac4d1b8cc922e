internal import CLinux

/// What tells one state of a file from another. Size and times alone do not: an edit may leave all but
/// the change time as they were, and a rename brings another inode.
package struct FileState: Equatable, Sendable {
  package let device: UInt64
  package let inode: UInt64
  package let sizeBytes: Int64
  package let modifiedNanoseconds: Int64
  package let changedNanoseconds: Int64
  package let mode: UInt32
  package let owner: UInt32
  package let group: UInt32

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    sizeBytes = Int64(status.st_size)
    var status = status
    modifiedNanoseconds = unsafe linux_modified_nanoseconds(&status)
    changedNanoseconds = unsafe linux_changed_nanoseconds(&status)
    mode = status.st_mode
    owner = status.st_uid
    group = status.st_gid
  }

  /// The state of the file at `path`, or nil when there is none. The corresponding C functions are `stat` and
  /// `lstat`.
  ///
  /// - Parameter followsLink: whether a symbolic link stands for what it leads to, or for itself.
  package static func of(
    _ path: String, followsLink: Bool = true
  ) throws(SystemError) -> FileState? {
    var status = stat()
    // Lent and not copied to the heap, as for `open`: this runs several times at every tick.
    let result = unsafe path.withCString {
      followsLink ? unsafe stat($0, &status) : unsafe lstat($0, &status)
    }
    guard result != -1 else {
      let error = SystemError.last("stat", path)
      if error.isNotFound { return nil }
      throw error
    }
    return FileState(status)
  }

  /// The state of what an open descriptor refers to. The corresponding C function is `fstat`.
  package static func of(descriptorNumber: Int32) throws(SystemError) -> FileState {
    var status = stat()
    guard unsafe fstat(descriptorNumber, &status) != -1 else { throw .last("stat") }
    return FileState(status)
  }

  /// What it is, with its article: "a regular file", "a symbolic link", "a directory", "a pipe" …
  package var kind: String { unsafe String(cString: linux_file_kind(mode)) }
  package var isRegularFile: Bool { linux_is_regular_file(mode) != 0 }
  package var isSymbolicLink: Bool { linux_is_symbolic_link(mode) != 0 }
  package var isWritableByOthers: Bool { linux_is_writable_by_others(mode) != 0 }
  /// Others than the owner and the group.
  package var isReadableByOthers: Bool { linux_is_readable_by_others(mode) != 0 }
  /// The permission bits in octal, as `chmod` takes them.
  package var permissions: String { String(mode & 0o7777, radix: 8) }
}
