internal import Glibc

/// A bound datagram socket: the service manager's end of sd_notify(3).
package final class Mailbox {
  private let descriptor: Int32

  /// - Parameter name: a path, or "@" and an abstract name.
  package init(_ name: String) {
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = name.hasPrefix("@") ? [0] + name.utf8.dropFirst() : name.utf8 + [0]
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let size = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
    }
    precondition(result == 0, "the socket cannot be bound")
  }

  deinit { close(descriptor) }

  /// The messages that have arrived since the last look, in order.
  package func take() -> [String] {
    var messages: [String] = []
    var bytes = [UInt8](repeating: 0, count: 8_192)
    while true {
      let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
      if count < 0 { return messages }
      messages.append(String(decoding: bytes[..<count], as: UTF8.self))
    }
  }
}
