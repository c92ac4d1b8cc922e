import Linux
import Testing

@Suite struct ChildProcessTests {
  private func output(
    _ script: String, limitBytes: Int = 1024, limitMilliseconds: Int64 = 20_000
  ) throws -> ChildOutput {
    try ChildProcess.output(
      of: "/bin/sh", ["-c", script], limitBytes: limitBytes, limitMilliseconds: limitMilliseconds)
  }

  @Test func `what a program writes comes whole, with its exit code`() throws {
    let output = try output("echo one; echo two >&2; exit 3")
    #expect(String(decoding: output.bytes, as: UTF8.self) == "one\n")
    #expect(output.isWhole && output.exitCode == 3)
  }

  @Test func `a program that hangs is ended, and what it wrote before is kept`() throws {
    let clock = SystemClock()
    let start = clock.bootTimeMilliseconds
    let output = try output("echo before; sleep 1000", limitMilliseconds: 200)
    #expect(String(decoding: output.bytes, as: UTF8.self) == "before\n")
    #expect(!output.isWhole && output.exitCode == nil)
    #expect(clock.bootTimeMilliseconds - start < 15_000)
  }

  @Test func `a program that never stops writing costs no more than its limit`() throws {
    let output = try output("while :; do echo more; done", limitBytes: 10_000)
    #expect(output.bytes.count == 10_000 && !output.isWhole)
  }

  @Test func `what a program leaves running is ended with it`() throws {
    let output = try output("sleep 1000 & echo $!", limitMilliseconds: 300)
    let left = String(decoding: output.bytes, as: UTF8.self).dropLast()
    let process = "/proc/\(left)/stat"
    for _ in 0..<200 where try FileState.of(process) != nil && !isDefunct(process) {
      Process.pause(milliseconds: 10)
    }
    #expect(try FileState.of(process) == nil || isDefunct(process))
  }

  @Test func `one that is dropped is gone, and nobody has to wait for its end`() throws {
    var process = try ChildProcess.start("/bin/sh", ["-c", "echo $$; exec sleep 1000"])
    let event = try process.next(until: SystemClock().bootTimeMilliseconds + 20_000)
    guard case .bytes(let bytes) = event else { throw NoOutput() }
    _ = consume process
    let identifier = String(decoding: bytes, as: UTF8.self).dropLast()
    #expect(try FileState.of("/proc/\(identifier)") == nil)
  }

  private struct NoOutput: Error {}

  /// In a container without an init nobody takes the exit code of a process whose parent is gone.
  private func isDefunct(_ stat: String) -> Bool {
    let bytes = (try? FileDescriptor.open(stat, .readOnly).readAll(limitBytes: 4096)) ?? []
    return String(decoding: bytes, as: UTF8.self).contains(") Z ")
  }

  @Test func `a signal's end is told as a shell tells it, and ignored signals are not handed on`()
    throws
  {
    Process.prepareForService()
    #expect(try output("kill -KILL $$").exitCode == 137)
    #expect(try output("kill -PIPE $$").exitCode == 141)
  }

  @Test func `it finds nothing of this process's environment but what makes it write plainly`()
    throws
  {
    let output = try ChildProcess.output(
      of: "/usr/bin/env", [], limitBytes: 4096, limitMilliseconds: 20_000)
    let names = Set(
      String(decoding: output.bytes, as: UTF8.self).split(separator: "\n").map {
        $0.prefix { $0 != "=" }
      })
    #expect(names == ["PATH", "LC_ALL", "SYSTEMD_COLORS"])
  }

  @Test func `a program that is not there is an error that names it`() {
    #expect(throws: SystemError.self) {
      try ChildProcess.output(of: "/none", [], limitBytes: 1, limitMilliseconds: 1)
    }
  }
}
