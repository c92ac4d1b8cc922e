// Another program that is run for its output, within a limit of time and of bytes.
//
// It gets nothing on standard input, no standard error and an environment that says only how to write; and a process
// group of its own, so that what it leaves running is ended with it, unless it is to stay in its caller's: then who ends
// that ends it as well. A process that hangs in a system call that never returns cannot be ended by anybody: it is left
// behind, and nobody waits for it.

internal import CLinux

/// What a program wrote before its end or its limit.
package struct ChildOutput: Equatable, Sendable {
  package let bytes: [UInt8]
  /// Whether it ended by itself before either limit.
  package let isWhole: Bool
  /// As a shell gives it: 128 and the signal's number when a signal ended it; nil when it did not end in time.
  package let exitCode: Int32?
}

package struct ChildProcess: ~Copyable {
  /// What a wait for output came to.
  package enum Event: Equatable, Sendable {
    case bytes([UInt8])
    case end
    case timeout
  }

  private let identifier: Int32
  private let isInOwnGroup: Bool
  private let output: FileDescriptor
  private var buffer = [UInt8](repeating: 0, count: 64 * 1024)
  private var exitCode: Int32?
  private var hasBeenEnded = false

  package static let plainEnvironment = [
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "SYSTEMD_COLORS=0",
  ]

  /// Starts the program. The corresponding C function is `posix_spawn`.
  ///
  /// - Parameter environment: lines of "NAME=value"; by default those that make any program write plainly and in English.
  package static func start(
    _ path: String, _ arguments: [String], environment: [String] = plainEnvironment,
    isInOwnGroup: Bool = true
  ) throws(SystemError) -> ChildProcess {
    var ends: [Int32] = [-1, -1]
    guard unsafe linux_pipe(&ends) == 0 else { throw .last("make a pipe") }
    let reader = FileDescriptor(owning: ends[0])
    let writer = FileDescriptor(owning: ends[1])
    var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
    var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
    defer {
      for index in unsafe words.indices { unsafe free(words[index]) }
      for index in unsafe variables.indices { unsafe free(variables[index]) }
    }
    let identifier = unsafe linux_start(
      path, &words, &variables, writer.number, isInOwnGroup ? 1 : 0)
    guard identifier != -1 else { throw .last("run", path) }
    return ChildProcess(identifier: identifier, isInOwnGroup: isInOwnGroup, output: reader)
  }

  private init(identifier: Int32, isInOwnGroup: Bool, output: consuming FileDescriptor) {
    self.identifier = identifier
    self.isInOwnGroup = isInOwnGroup
    self.output = output
  }

  deinit {
    if !hasBeenEnded {
      _ = Self.waitForEnd(of: identifier, isInOwnGroup: isInOwnGroup, graceMilliseconds: 0)
    }
  }

  /// Waits for output until `bootTimeMilliseconds` of the boot clock. The corresponding C functions are `poll` and
  /// `read`.
  package mutating func next(until bootTimeMilliseconds: Int64) throws(SystemError) -> Event {
    while true {
      let left = max(0, bootTimeMilliseconds - SystemClock().bootTimeMilliseconds)
      var descriptor = pollfd(fd: output.number, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&descriptor, 1, Int32(clamping: left))
      if ready == -1 {
        guard linux_last_error() == EINTR else { throw .last("wait for a program") }
        continue
      }
      if ready == 0 { return .timeout }
      let count = unsafe buffer.withUnsafeMutableBytes { bytes in
        retryingOnInterrupt { unsafe read(output.number, bytes.baseAddress, bytes.count) }
      }
      guard count != -1 else { throw .last("read a program's output") }
      return count == 0 ? .end : .bytes(Array(buffer[..<count]))
    }
  }

  /// Ends it and everything that it started, and returns its exit code, nil when it does not end. The corresponding C
  /// functions are `killpg` and `waitpid`.
  ///
  /// - Parameter graceMilliseconds: how long it may take to end by itself first.
  package mutating func end(graceMilliseconds: Int64 = 0) -> Int32? {
    if !hasBeenEnded {
      hasBeenEnded = true
      exitCode = Self.waitForEnd(
        of: identifier, isInOwnGroup: isInOwnGroup, graceMilliseconds: graceMilliseconds)
    }
    return exitCode
  }

  private static func waitForEnd(
    of identifier: Int32, isInOwnGroup: Bool, graceMilliseconds: Int64
  ) -> Int32? {
    let start = SystemClock().bootTimeMilliseconds
    // What it started may go on, and hold the group.
    defer { if isInOwnGroup { killpg(identifier, SIGKILL) } }
    var isKilled = false
    while true {
      var exitCode: Int32 = 0
      if unsafe linux_wait_now(identifier, &exitCode) == 1 { return exitCode }
      let passed = SystemClock().bootTimeMilliseconds - start
      // A killed process ends within milliseconds, unless it hangs in the kernel.
      if passed > graceMilliseconds + 500 { return nil }
      if !isKilled, passed >= graceMilliseconds {
        if isInOwnGroup { killpg(identifier, SIGKILL) } else { kill(identifier, SIGKILL) }
        isKilled = true
      }
      Process.pause(milliseconds: 2)
    }
  }

  /// Runs a program to its end or its limit, and returns what it wrote.
  package static func output(
    of path: String, _ arguments: [String], limitBytes: Int, limitMilliseconds: Int64,
    isInOwnGroup: Bool = true
  ) throws(SystemError) -> ChildOutput {
    var process = try start(path, arguments, isInOwnGroup: isInOwnGroup)
    let deadline = SystemClock().bootTimeMilliseconds + limitMilliseconds
    var bytes: [UInt8] = []
    reading: while true {
      switch try process.next(until: deadline) {
      case .bytes(let more):
        bytes += more.prefix(limitBytes - bytes.count)
        if bytes.count == limitBytes { break reading }
      case .end:
        let exitCode = process.end(graceMilliseconds: 200)
        return ChildOutput(bytes: bytes, isWhole: true, exitCode: exitCode)
      case .timeout: break reading
      }
    }
    _ = process.end()
    return ChildOutput(bytes: bytes, isWhole: false, exitCode: nil)
  }
}

extension Process {
  /// Lets everything else on the machine go first: a tenth of the processor's time that others get, and the disk only
  /// when nobody else wants it. Not the lowest priority: on a machine that is overloaded, where somebody has to look,
  /// that gets a hundredth, and every section would run out of its time. What it starts inherits both. The corresponding
  /// C functions are `setpriority` and `ioprio_set`.
  package static func stepBack() { linux_step_back() }

  /// Removes the file at `path` when a signal ends this process early: Ctrl-C, Ctrl-\, a closed terminal, a shutdown.
  /// Of several calls the last counts. The corresponding C functions are `signal` and `unlink`.
  package static func removeOnInterrupt(_ path: String) { unsafe linux_remove_on_interrupt(path) }

  /// Ends this process and its group when `parent`, which started it, ends, or has ended already. To be called again
  /// after a change of rights. The corresponding C function is `prctl`.
  package static func end(with parent: Int32) { linux_end_with_parent(parent) }

  /// Bounds the memory that this process can ask for; beyond it the process ends. The corresponding C function is
  /// `setrlimit` (RLIMIT_DATA).
  package static func limitMemory(bytes: UInt64) { linux_limit_memory(bytes) }

  /// The whole environment of this process, lines of "NAME=value".
  package static var environment: [String] {
    var lines: [String] = []
    var entry = unsafe linux_environment()
    while let line = unsafe entry?.pointee {
      lines.append(unsafe String(cString: line))
      unsafe entry = entry?.successor()
    }
    return lines
  }

  /// The program that this process runs, also after its file was replaced.
  package static var executable: String { "/proc/self/exe" }
}
