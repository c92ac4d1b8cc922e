internal import CLinux

/// A system call that failed: which, on what, and the kernel's reason.
package struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What was tried ("open"), and on what ("/etc/accord/consent.toml"). They are put together only when somebody
  /// reads them: an absent kernel file is an ordinary answer, and must not cost a tick an allocation.
  private let verb: String
  private let object: String
  /// The value of errno.
  package let code: Int32

  init(_ verb: String, _ object: String = "", code: Int32) {
    self.verb = verb
    self.object = object
    self.code = code
  }

  /// That there is something at `path` already.
  package static func exists(_ path: String) -> SystemError {
    SystemError("create", path, code: EEXIST)
  }

  package var isNotFound: Bool { code == ENOENT || code == ENOTDIR }
  package var isExisting: Bool { code == EEXIST }
  package var isPermissionDenied: Bool { code == EACCES || code == EPERM }
  package var isReadOnlyFileSystem: Bool { code == EROFS }
  package var isForWantOfSpace: Bool { code == ENOSPC || code == EDQUOT }
  package var wouldBlock: Bool { code == EWOULDBLOCK }

  package var description: String {
    let action = object.isEmpty ? verb : verb + " " + object
    return unsafe "cannot \(action): \(String(cString: strerror(code)))"
  }

  /// The error that the C library has just reported.
  static func last(_ verb: String, _ object: String = "") -> SystemError {
    SystemError(verb, object, code: linux_last_error())
  }
}

/// Repeats a call that a signal interrupted: the one place that knows about EINTR.
func retryingOnInterrupt(_ call: () -> Int) -> Int {
  while true {
    let result = call()
    if result != -1 || linux_last_error() != EINTR { return result }
  }
}
