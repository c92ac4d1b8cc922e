internal import CLinux

package enum Process {
  /// The user whose files this process makes. The corresponding C function is `geteuid`.
  package static var effectiveUser: UInt32 { geteuid() }
  /// The user who runs the process, whoever's rights it takes. The corresponding C function is `getuid`.
  package static var user: UInt32 { getuid() }
  package static var identifier: Int32 { getpid() }

  /// What a program does first that keeps other people's data: new files are nobody else's (umask), and a
  /// full disk or a closed pipe comes back as an error instead of ending the process.
  package static func prepareForService() {
    umask(0o027)
    linux_prepare_signals()
  }

  /// A child that ends is forgotten at once, and nobody can wait for it: for a whole program that never does. The
  /// corresponding C function is `signal` (SIGCHLD).
  package static func forgetChildren() { linux_forget_children() }

  /// Gives memory that was needed only for a while back to the system. The corresponding C functions are
  /// `malloc_trim` and, for code, `madvise`.
  ///
  /// The kernel maps code in runs of 64 KiB and more around what is used, and never unmaps it while memory is free:
  /// after a start nearly all of the program, SQLite and libc counts as resident, though a tick runs little of it.
  /// The code stays in the page cache, so what is used again is mapped again without reading the disk.
  package static func releaseUnusedMemory() {
    malloc_trim(0)
    linux_unmap_unused_code()
  }

  /// Keeps other processes of the same user out of this one: they cannot read its memory, take a file it has open or go
  /// through /proc into what it sees, and a crash leaves no image of it (PR_SET_DUMPABLE of prctl(2)).
  package static func forbidDumps() throws(SystemError) {
    guard linux_forbid_dumps() == 0 else { throw .last("forbid dumps of this process") }
  }

  /// Runs another program with this process's standard input and outputs, waits for its end and returns its exit code;
  /// 128 and the signal's number when a signal ended it. The corresponding C functions are `posix_spawn` and `waitpid`.
  package static func run(_ path: String, _ arguments: [String]) throws(SystemError) -> Int32 {
    var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe words.indices { unsafe free(words[index]) } }
    let code = unsafe linux_run(path, &words)
    guard code != -1 else { throw .last("run", path) }
    return code
  }

  /// Ends the process. The corresponding C function is `exit`.
  package static func exit(_ code: Int32) -> Never { CLinux.exit(code) }

  /// A variable of the environment. The corresponding C function is `getenv`.
  package static func environment(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
  }

  /// The name of the user who runs the process, or who became root by sudo; nil when it has none.
  /// The corresponding C function is `getpwuid`.
  package static var userName: String? {
    if let name = environment("SUDO_USER"), !name.isEmpty { return name }
    return unsafe getpwuid(getuid()).map { unsafe String(cString: $0.pointee.pw_name) }
  }

  /// Whether a person sits at the other end. The corresponding C function is `isatty`.
  package static func isTerminal(_ descriptorNumber: Int32) -> Bool {
    isatty(descriptorNumber) == 1
  }

  /// Stands still. The corresponding C function is `poll`, with nothing to wait for.
  package static func pause(milliseconds: Int32) { _ = poll(nil, 0, milliseconds) }

  /// The number of ticks a second in which the kernel counts CPU time (USER_HZ).
  /// The corresponding C function is `sysconf`.
  package static var clockTicksPerSecond: Int64 { Int64(sysconf(Int32(_SC_CLK_TCK))) }

  /// Why a part of what was written to standard output did not arrive: a full disk, a device that fails. Nil while all
  /// of it did, or nobody reads it any more.
  package static var outputFailure: SystemError? { unsafe lastOutputFailure }

  /// Only one thread writes.
  private nonisolated(unsafe) static var lastOutputFailure: SystemError?

  /// Writes to standard output (1) or standard error (2), whole; a closed reader is nobody's error.
  /// Returns whether it was read, for who would go on for ever.
  @discardableResult
  package static func print(_ text: String, to descriptorNumber: Int32) -> Bool {
    write(Array(text.utf8), to: descriptorNumber)
  }

  /// As `print`, for bytes. The corresponding C function is `write`.
  @discardableResult
  package static func write(_ bytes: [UInt8], to descriptorNumber: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes { bytes in
        retryingOnInterrupt {
          unsafe CLinux.write(descriptorNumber, bytes.baseAddress, bytes.count)
        }
      }
      guard written > 0 else {
        let error = SystemError.last("write", "the result")
        if descriptorNumber == 1, error.code != EPIPE { unsafe lastOutputFailure = error }
        return false
      }
      rest = rest.dropFirst(written)
    }
    return true
  }
}

package enum Random {
  /// `count` bytes from the kernel's generator. The corresponding C function is `getrandom`.
  package static func bytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let filled = unsafe bytes.withUnsafeMutableBytes { buffer in
      retryingOnInterrupt { unsafe getrandom(buffer.baseAddress, buffer.count, 0) }
    }
    // getrandom(2): requests of up to 256 bytes are always served whole once the pool is initialised.
    precondition(count <= 256 && filled == count, "the kernel gave no random bytes")
    return bytes
  }
}
