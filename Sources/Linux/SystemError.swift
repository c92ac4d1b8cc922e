internal import CLinux

/// A system call that failed: which, on what, and the kernel's reason.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The call and its object, as a person would say it ("open /etc/accord/consent.toml").
  package let action: String
  /// The value of errno.
  package let code: Int32

  package var isNotFound: Bool { code == ENOENT || code == ENOTDIR }
  package var isPermissionDenied: Bool { code == EACCES || code == EPERM }
  package var isReadOnlyFileSystem: Bool { code == EROFS }
  package var wouldBlock: Bool { code == EWOULDBLOCK }

  package var description: String {
    unsafe "cannot \(action): \(String(cString: strerror(code)))"
  }

  /// The error that the C library has just reported.
  static func last(_ action: String) -> SystemError {
    SystemError(action: action, code: linux_last_error())
  }
}

/// Repeats a call that a signal interrupted: the one place that knows about EINTR.
func retryingOnInterrupt(_ call: () -> Int) -> Int {
  while true {
    let result = call()
    if result != -1 || linux_last_error() != EINTR { return result }
  }
}
