// The service manager's notification socket, by sd_notify(3), without libsystemd: one datagram for each message, to
// the socket that NOTIFY_SOCKET names. The kernel adds the sender's process id.
//
// The socket is of the family AF_UNIX, the one kind this program ever opens. It is never connected: a manager that
// starts anew binds another socket under the same name, and the next message finds it. The variables stay in the
// environment, because the daemon starts no other program that could speak in its name.

internal import CLinux

package struct NotifySocket: ~Copyable {
  private let socket: FileDescriptor
  /// A `sockaddr_un` without the unused end of its path.
  private let address: [UInt8]

  /// Opens a socket to send from. It need not be bound at the other end.
  ///
  /// - Parameter name: an absolute path, or "@" and a name of the abstract namespace (unix(7)).
  /// The corresponding C function is `socket`.
  package static func open(_ name: String) throws(SystemError) -> NotifySocket {
    // sun_path holds 108 bytes; a path ends with a zero, an abstract name does not.
    guard name.hasPrefix("/") || name.hasPrefix("@"), (2...107).contains(name.utf8.count) else {
      throw SystemError("notify the service manager at", "'\(name)'", code: EINVAL)
    }
    let number = linux_datagram_socket()
    guard number != -1 else { throw .last("create a socket for the service manager") }
    return NotifySocket(socket: FileDescriptor(owning: number), name)
  }

  private init(socket: consuming FileDescriptor, _ name: String) {
    self.socket = socket
    let isAbstract = name.hasPrefix("@")
    let family = unsafe withUnsafeBytes(of: sa_family_t(AF_UNIX)) { unsafe Array($0) }
    address = family + (isAbstract ? [0] + name.utf8.dropFirst() : name.utf8 + [0])
  }

  /// Sends one message without waiting, and returns whether it was taken. Allocates nothing.
  /// The corresponding C function is `sendto`.
  package func send(_ message: [UInt8]) -> Bool {
    let sent = unsafe message.withUnsafeBytes { bytes in
      unsafe address.withUnsafeBytes { address in
        retryingOnInterrupt {
          unsafe linux_send_datagram(
            socket.number, bytes.baseAddress, bytes.count, address.baseAddress,
            socklen_t(address.count))
        }
      }
    }
    return sent == message.count
  }
}
