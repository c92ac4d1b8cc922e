internal import CLinux

/// The kernel's ring of messages, which /dev/kmsg gives record by record
/// (https://docs.kernel.org/admin-guide/abi-testing.html, dev-kmsg).
package enum KernelLog {
  /// All records that are there at this moment, the oldest first, of at most `limitBytes`: the newest are kept.
  /// Never waits for new ones. The corresponding C function is `read`.
  package static func records(limitBytes: Int) throws(SystemError) -> [[UInt8]] {
    let file = try FileDescriptor.open("/dev/kmsg", .readOnlyPlain)
    // A record is never longer (CONSOLE_EXT_LOG_MAX), and one that does not fit would be refused.
    var buffer = [UInt8](repeating: 0, count: 8192)
    var records: [[UInt8]] = []
    var (first, bytes) = (0, 0)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { buffer in
        retryingOnInterrupt { unsafe read(file.number, buffer.baseAddress!, buffer.count) }
      }
      // EPIPE: records were overwritten before they were read; the next read gives what is there.
      if count == -1, linux_last_error() == EPIPE { continue }
      if count == -1, linux_last_error() != EAGAIN { throw .last("read", "/dev/kmsg") }
      guard count > 0 else { return Array(records[first...]) }
      records.append(Array(buffer[..<count]))
      bytes += count
      while bytes > limitBytes, first < records.count {
        bytes -= records[first].count
        records[first] = []
        first += 1
      }
    }
  }
}
