internal import CLinux

/// An open file. Closing is automatic, and happens exactly once.
package struct FileDescriptor: ~Copyable {
  let number: Int32

  init(owning number: Int32) { self.number = number }

  deinit { close(number) }

  package enum Access: Sendable {
    case readOnly
    /// As `readOnly`, but does not wait for the other end of a pipe.
    case readOnlyAtOnce
    /// As `readOnly`, but neither follows a symbolic link in the last place nor waits for the other end of a pipe.
    case readOnlyPlain
    /// Creates the file if it is missing.
    case readWrite(mode: UInt32)
    /// Creates the file, to be written and read again; one that is there, or a link, is an error.
    case createNew(mode: UInt32)
    /// Creates the file, and empties one that is there; neither follows a link nor waits for a reader of a pipe.
    case replace(mode: UInt32)
  }

  /// Opens `path`. The corresponding C function is `open`.
  package static func open(_ path: String, _ access: Access) throws(SystemError) -> FileDescriptor {
    let (flags, mode): (Int32, UInt32) =
      switch access {
      case .readOnly: (O_RDONLY, 0)
      case .readOnlyAtOnce: (O_RDONLY | O_NONBLOCK, 0)
      case .readOnlyPlain: (O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0)
      case .readWrite(let mode): (O_RDWR | O_CREAT, mode)
      case .createNew(let mode): (O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
      case .replace(let mode): (O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, mode)
      }
    // A String passed as a C pointer is copied to the heap; withCString lends it as it lies there.
    let number = unsafe path.withCString { name in
      retryingOnInterrupt { unsafe Int(linux_open(name, flags | O_CLOEXEC, mode)) }
    }
    guard number != -1 else { throw .last("open", path) }
    return FileDescriptor(owning: Int32(number))
  }

  /// Reads from `offset` of the file into `buffer` from `position` on, and returns how many bytes came;
  /// 0 is the end of the file. The corresponding C function is `pread`.
  func read(
    into buffer: inout [UInt8], from position: Int, at offset: Int
  ) throws(SystemError) -> Int {
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      retryingOnInterrupt {
        unsafe pread(number, bytes.baseAddress! + position, bytes.count - position, off_t(offset))
      }
    }
    guard count != -1 else { throw .last("read") }
    return count
  }

  /// Writes all of `bytes`. The corresponding C function is `write`.
  package func write(_ bytes: [UInt8]) throws(SystemError) {
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        retryingOnInterrupt {
          unsafe CLinux.write(number, buffer.baseAddress! + written, buffer.count - written)
        }
      }
      guard count != -1 else { throw .last("write") }
      written += count
    }
  }

  /// Moves the content of the file towards its end, to make room for `count` bytes at its beginning, and writes
  /// nothing there. Needs no space but theirs. The corresponding C functions are `pread` and `pwrite`.
  package func makeRoom(bytes count: Int) throws(SystemError) {
    var buffer = [UInt8](repeating: 0, count: 256 * 1024)
    var end = Int(try state().sizeBytes)
    while end > 0 {
      let start = max(0, end - buffer.count)
      if end - start < buffer.count { buffer.removeLast(buffer.count - (end - start)) }
      var filled = 0
      while filled < buffer.count {
        let read = try read(into: &buffer, from: filled, at: start + filled)
        guard read > 0 else { throw SystemError("read", code: EIO) }
        filled += read
      }
      try write(buffer, at: start + count)
      end = start
    }
  }

  /// Writes all of `bytes` from `offset` of the file on. The corresponding C function is `pwrite`.
  package func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
    var written = 0
    while written < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        retryingOnInterrupt {
          unsafe pwrite(
            number, buffer.baseAddress! + written, buffer.count - written, off_t(offset + written))
        }
      }
      guard count != -1 else { throw .last("write") }
      written += count
    }
  }

  /// The next piece of the file from `offset` on, at most `limitBytes`; empty at its end. The corresponding C function
  /// is `pread`.
  package func read(at offset: Int, limitBytes: Int) throws(SystemError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: limitBytes)
    let count = try read(into: &buffer, from: 0, at: offset)
    buffer.removeLast(limitBytes - count)
    return buffer
  }

  /// Makes what was written survive a power cut. The corresponding C function is `fsync`.
  package func synchronise() throws(SystemError) {
    guard retryingOnInterrupt({ Int(fsync(number)) }) != -1 else { throw .last("fsync") }
  }

  /// The corresponding C function is `fchown`.
  func take(owner: UInt32, group: UInt32) throws(SystemError) {
    guard fchown(number, owner, group) != -1 else { throw .last("change the owner") }
  }

  /// The corresponding C function is `fchmod`.
  func take(mode: UInt32) throws(SystemError) {
    guard fchmod(number, mode) != -1 else { throw .last("change the mode") }
  }

  /// Who owns the file and how it stands at this moment.
  package func state() throws(SystemError) -> FileState { try .of(descriptorNumber: number) }

  /// The whole content, at most `limitBytes`; more is an error, not a cut.
  package func readAll(limitBytes: Int) throws(SystemError) -> [UInt8] {
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let count = try read(into: &chunk, from: 0, at: content.count)
      if count == 0 { return content }
      content.append(contentsOf: chunk[..<count])
      if content.count > limitBytes { throw SystemError("read", code: EFBIG) }
    }
  }

  /// The first `limitBytes` of the content, and whether that is all of it.
  package func readStart(limitBytes: Int) throws(SystemError) -> (bytes: [UInt8], isWhole: Bool) {
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: min(limitBytes + 1, 16 * 1024))
    while content.count <= limitBytes {
      let count = try read(into: &chunk, from: 0, at: content.count)
      if count == 0 { return (content, true) }
      content.append(contentsOf: chunk[..<count])
    }
    return (Array(content.prefix(limitBytes)), false)
  }
}
