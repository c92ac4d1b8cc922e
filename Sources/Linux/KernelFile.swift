// A file under /proc or /sys, opened once and read again at every tick.
//
// Kernel files are made while they are read: their size says nothing, and a long one comes in pieces of a
// page (https://docs.kernel.org/filesystems/seq_file.html), so reading goes on until 0 bytes come. The
// descriptor stays open, which saves the path look-up and keeps a tick free of allocations. What was
// removed meanwhile (a device, a container's file system) shows as ENOENT, ENODEV or ESRCH: "absent",
// which is neither a zero nor an error. The next tick tries to open it again.

internal import CLinux

package struct KernelFile: ~Copyable {
  package let path: String
  private var descriptor: FileDescriptor?
  private var buffer: [UInt8]
  private let limitBytes: Int

  /// - Parameters:
  ///   - path: the whole path, with the kernel root in front.
  ///   - limitBytes: what the file may hold at most; a longer one is a failure of its probe.
  package init(_ path: String, limitBytes: Int = 1024 * 1024) {
    self.path = path
    self.limitBytes = limitBytes
    // Most files under /sys are this short, and there may be a hundred; a longer one makes its room once.
    buffer = [UInt8](repeating: 0, count: 512)
  }

  /// Reads the whole file and lends it to `body`. Returns nil when the file is absent.
  package mutating func withContents<Result>(
    _ body: (RawSpan) -> Result
  ) throws(SystemError) -> Result? {
    do throws(SystemError) {
      // Taken out while it is read: an error drops it, and the next tick opens the file again.
      if descriptor == nil { descriptor = try FileDescriptor.open(path, .readOnly) }
      let file = descriptor.take()!
      let count = try fill(from: file)
      descriptor = consume file
      return body(unsafe buffer.span.bytes.extracting(0..<count))
    } catch {
      if error.isAbsence { return nil }
      throw SystemError("read", path, code: error.code)
    }
  }

  /// Whether the kernel says that the content is another one since it was last read. Only a few files say so,
  /// /proc/self/mountinfo among them (proc(5)). The corresponding C function is `poll`.
  package func hasChanged() -> Bool {
    switch descriptor {
    case nil: return true
    case .some(let file):
      var state = pollfd(fd: file.number, events: Int16(POLLPRI), revents: 0)
      return unsafe poll(&state, 1, 0) > 0 && state.revents & Int16(POLLPRI | POLLERR) != 0
    }
  }

  private mutating func fill(from file: borrowing FileDescriptor) throws(SystemError) -> Int {
    var count = 0
    while true {
      if count == buffer.count { buffer.append(contentsOf: repeatElement(0, count: count)) }
      let read = try file.read(into: &buffer, from: count, at: count)
      if read == 0 { return count }
      count += read
      guard count <= limitBytes else { throw SystemError("read", code: EFBIG) }
    }
  }
}

extension SystemError {
  /// What is read is not there, or no longer: neither a zero nor a failure.
  var isAbsence: Bool {
    switch code {
    // EOPNOTSUPP: /proc/pressure of a kernel started with psi=0.
    case ENOENT, ENODEV, ESRCH, ENXIO, ENOTDIR, EOPNOTSUPP: true
    default: false
    }
  }

  /// An answer that a kernel file may always give: what is read is not there, or its driver cannot tell at this moment
  /// (the speed of a link that is down, a sensor that does not answer). Anything else somebody should know.
  package var isOrdinary: Bool {
    switch code {
    case EINVAL, ENODATA, EAGAIN, EBUSY, EIO, ETIMEDOUT, ENOTSUP, EREMOTEIO, ENOLINK, ERANGE: true
    default: isAbsence
    }
  }
}

/// Where `proc` and `sys` are found: `/` on an appliance, a directory in tests and for other machines' trees.
package struct KernelRoot: Sendable {
  private let prefix: String

  /// Whether this is the kernel that runs here, so that its system calls belong to its files.
  package var isRunningKernel: Bool { prefix.isEmpty }

  package init(_ directory: String = "/") {
    prefix = directory.hasSuffix("/") ? String(directory.dropLast()) : directory
  }

  /// The path of a kernel file below this root; `file` starts with a slash.
  package func path(_ file: String) -> String { prefix + file }
}
