// How full a file system is, by statvfs(3).
//
// The call answers at once for a disk, and may never answer for a server that died: NFS waits for its return, and a
// FUSE server that hangs keeps even a killed process from ending. So the daemon does not ask a server itself.
// `PatientFileSystem` has a process of its own that asks; the two talk through a pair of sockets. One that hangs costs
// nothing but its own reading, and cannot keep the daemon from ending. It is made only for the network file systems
// that the administrator names.

internal import CLinux

/// What statvfs(3) says, in bytes and inodes.
package struct FileSystemUsage: Equatable, Sendable {
  package var usedBytes: Int64
  /// What a process without privileges may still write.
  package var freeBytes: Int64
  /// What only root may still write.
  package var reservedBytes: Int64
  package var sizeBytes: Int64
  package var inodes: Int64
  package var inodesFree: Int64

  /// - Parameters: the members of `struct statvfs` of these names. Returns nil when they contradict each other
  ///   or exceed 8 EiB.
  package init?(
    fragmentBytes: UInt64, blocks: UInt64, blocksFree: UInt64, blocksAvailable: UInt64,
    inodes: UInt64, inodesFree: UInt64
  ) {
    guard blocksFree <= blocks, blocksAvailable <= blocksFree,
      let fragment = Int64(exactly: fragmentBytes), let total = Int64(exactly: blocks),
      !total.multipliedReportingOverflow(by: fragment).overflow,
      let inodes = Int64(exactly: inodes), let inodesFree = Int64(exactly: inodesFree)
    else { return nil }
    usedBytes = Int64(blocks - blocksFree) * fragment
    freeBytes = Int64(blocksAvailable) * fragment
    reservedBytes = Int64(blocksFree - blocksAvailable) * fragment
    sizeBytes = total * fragment
    self.inodes = inodes
    self.inodesFree = inodesFree
  }

  init?(_ status: statvfs) {
    self.init(
      fragmentBytes: UInt64(status.f_frsize), blocks: UInt64(status.f_blocks),
      blocksFree: UInt64(status.f_bfree), blocksAvailable: UInt64(status.f_bavail),
      inodes: UInt64(status.f_files), inodesFree: UInt64(status.f_ffree))
  }

  /// Asks the kernel, or returns nil when there is no answer. The corresponding C function is `statvfs`.
  package static func of(_ mountPoint: String) -> FileSystemUsage? {
    var status = statvfs()
    guard unsafe mountPoint.withCString({ unsafe statvfs($0, &status) }) != -1 else { return nil }
    return FileSystemUsage(status)
  }

  /// The answers by mount point. A captured tree holds none of system calls, so it may have a file `statvfs` at its top
  /// with a line for each mount point: f_frsize f_blocks f_bfree f_bavail f_files f_ffree and the mount point.
  package static func captured(_ lines: [Substring]) -> [String: FileSystemUsage] {
    var usages: [String: FileSystemUsage] = [:]
    for line in lines {
      let fields = line.split(separator: " ", maxSplits: 6)
      let numbers = fields.prefix(6).compactMap { UInt64($0) }
      guard fields.count == 7, numbers.count == 6 else { continue }
      usages[String(fields[6])] = FileSystemUsage(
        fragmentBytes: numbers[0], blocks: numbers[1], blocksFree: numbers[2],
        blocksAvailable: numbers[3], inodes: numbers[4], inodesFree: numbers[5])
    }
    return usages
  }
}

/// A file system that may not answer, asked by a process of its own, which ends with this value.
package struct PatientFileSystem: ~Copyable {
  private let socket: FileDescriptor
  private var isAsked = false

  /// How long a tick waits for the answer: a server that lives answers in a few milliseconds.
  private static let patienceMilliseconds: Int32 = 50

  /// The corresponding C functions are `socketpair` and `fork`.
  package static func start(_ mountPoint: String) throws(SystemError) -> PatientFileSystem {
    var pair: (Int32, Int32) = (-1, -1)
    let result = unsafe withUnsafeMutableBytes(of: &pair) { bytes in
      unsafe linux_socket_pair(bytes.assumingMemoryBound(to: Int32.self).baseAddress!)
    }
    guard result != -1 else { throw .last("ask", mountPoint) }
    let ours = FileDescriptor(owning: pair.0)
    let theirs = FileDescriptor(owning: pair.1)
    guard unsafe linux_start_inquirer(theirs.number, mountPoint) != -1 else {
      throw .last("ask", mountPoint)
    }
    return PatientFileSystem(socket: ours)
  }

  private init(socket: consuming FileDescriptor) { self.socket = socket }

  /// The answer to this question, or nil when none comes in time or an earlier question is still open.
  package mutating func usage() -> FileSystemUsage? {
    var status = statvfs()
    if isAsked {
      // The answer to an earlier tick's question is not this tick's reading.
      guard receive(&status, within: 0) != nil else { return nil }
      isAsked = false
    }
    var question: UInt8 = 0
    guard unsafe send(socket.number, &question, 1, Int32(MSG_NOSIGNAL)) == 1 else { return nil }
    isAsked = true
    guard let isAnswer = receive(&status, within: Self.patienceMilliseconds) else { return nil }
    isAsked = false
    return isAnswer ? FileSystemUsage(status) : nil
  }

  /// Whether the answer that came is usable, or nil when none came.
  private func receive(_ status: inout statvfs, within milliseconds: Int32) -> Bool? {
    var watched = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&watched, 1, milliseconds) > 0 else { return nil }
    let size = MemoryLayout<statvfs>.size
    return unsafe recv(socket.number, &status, size, Int32(MSG_DONTWAIT)) == size
  }
}
