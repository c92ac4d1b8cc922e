// Whose rights a command has that root runs.
//
// The agent's files belong to a user without rights of its own. Root in a folder of theirs would follow the links that
// they lay there, and what it made would not be theirs. So a command of root's works with the rights of that user, and
// takes back its own for the few things that only root may do.

internal import CLinux

package enum Rights {
  /// From here on, the rights of `user` and `group` and of nobody else. Only root can.
  /// The corresponding C functions are `setgroups`, `setegid` and `seteuid`.
  package static func take(user: UInt32, group: UInt32) throws(SystemError) {
    guard setgroups(0, nil) == 0, setegid(group) == 0, seteuid(user) == 0 else {
      throw .last("take the rights of user \(user)")
    }
  }

  /// Runs `body` with the rights of whoever runs the program.
  package static func ofCaller<Result: ~Copyable, Failure>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let (user, group) = (geteuid(), getegid())
    guard user != getuid() else { return try body() }
    change(toUser: getuid(), group: getgid(), userFirst: true)
    defer { change(toUser: user, group: group, userFirst: false) }
    return try body()
  }

  /// Going on with somebody else's rights than one believes would be worse than not going on.
  private static func change(toUser user: UInt32, group: UInt32, userFirst: Bool) {
    let isDone =
      userFirst
      ? seteuid(user) == 0 && setegid(group) == 0 : setegid(group) == 0 && seteuid(user) == 0
    precondition(isDone, "the rights of user \(user) cannot be taken")
  }
}
