import Glibc
import Synchronization

/// Another program, for what only a second process can show.
///
/// Not Foundation's `Process`: its `waitUntilExit` turns in a run loop and may miss the end of a child on a busy
/// machine.
package final class Command {
  /// The process, 0 when it has ended.
  package private(set) var identifier: Int32 = 0
  private var input: Int32
  private let output: Int32

  /// Starts a shell with `script`; its standard input stays open until `finish`.
  package init(_ script: String) throws(Failure) {
    // One at a time: no other child may keep an end of these pipes.
    let (inputs, outputs, child) = Self.starting.withLock { _ in
      let (inputs, outputs) = (Self.pipe(), Self.pipe())
      return (inputs, outputs, Self.spawn(script, inputs[0], outputs[1]))
    }
    (input, output) = (inputs[1], outputs[0])
    close(inputs[0])
    close(outputs[1])
    guard let child else { throw Failure() }
    identifier = child
  }

  private static let starting = Mutex(())

  private static func pipe() -> [Int32] {
    var ends: [Int32] = [-1, -1]
    Glibc.pipe(&ends)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return ends
  }

  private static func spawn(_ script: String, _ input: Int32, _ output: Int32) -> Int32? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    let arguments: [UnsafeMutablePointer<CChar>?] = [
      strdup("sh"), strdup("-c"), strdup(script), nil,
    ]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    return posix_spawn(&child, "/bin/sh", &actions, nil, arguments, environ) == 0 ? child : nil
  }

  deinit {
    if identifier > 0 { kill() }
    if input != -1 { close(input) }
    close(output)
  }

  /// Waits for the first byte of output, or the end.
  package func waitForOutput() {
    var byte: UInt8 = 0
    _ = Glibc.read(output, &byte, 1)
  }

  /// Ends the process as a power cut would.
  package func kill() {
    Glibc.kill(identifier, SIGKILL)
    _ = wait()
  }

  /// Writes `content` to its input, closes that, waits for its end and returns the exit code and its output.
  package func finish(_ content: [UInt8] = []) -> (code: Int32, output: [UInt8]) {
    _ = Glibc.write(input, content, content.count)
    close(input)
    input = -1
    var (written, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
    while true {
      let count = Glibc.read(output, &chunk, chunk.count)
      guard count > 0 else { break }
      written += chunk[..<count]
    }
    return (wait(), written)
  }

  /// The exit code; 128 and more for a signal, as a shell gives it.
  private func wait() -> Int32 {
    var status: Int32 = 0
    waitpid(identifier, &status, 0)
    identifier = 0
    return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f
  }

  package struct Failure: Error {}
}
