// The three programs that a collector may ask, and only on the running machine.

internal import Linux

enum SystemProgram: String {
  case systemctl = "/usr/bin/systemctl"
  case journalctl = "/usr/bin/journalctl"
  case dpkgQuery = "/usr/bin/dpkg-query"
}

extension TreeReader {
  /// - Parameter cutIsProblem: whether somebody should know that the program wrote more than fits.
  /// - Returns: what the program writes; nil, quietly, where there is no such program or the tree is another machine's.
  mutating func output(
    of program: SystemProgram, _ arguments: [String],
    limitBytes: Int = InventoryLimits.programBytesMax, cutIsProblem: Bool = true
  ) -> String? {
    guard isRunningMachine, !silentPrograms.contains(program), exists(program.rawValue) else {
      return nil
    }
    // A container has the program and no service manager that it could ask.
    if program == .systemctl, !hasServiceManager { return nil }
    do throws(SystemError) {
      let output = try ChildProcess.output(
        of: program.rawValue, arguments, limitBytes: limitBytes,
        limitMilliseconds: InventoryLimits.programMillisecondsMax, isInOwnGroup: false)
      let name = program.rawValue.split(separator: "/").last!
      // A journal is longer than anybody reads: what came first of it is the newest, and enough.
      let isFull = output.bytes.count >= limitBytes
      if !output.isWhole, cutIsProblem || !isFull {
        // It would not answer the next question either, and the section has only so much time.
        if !isFull { silentPrograms.insert(program) }
        problem(isFull ? "\(name) says more than fits" : "\(name) did not answer in time")
      } else if let code = output.exitCode, code != 0, output.bytes.isEmpty {
        problem("\(name) ended with code \(code)")
      }
      return String(decoding: output.bytes, as: UTF8.self)
    } catch {
      problem("\(program.rawValue): \(error.reason)")
      return nil
    }
  }

  /// Whether systemd is the service manager of the machine (sd_booted(3)).
  var hasServiceManager: Bool { exists("/run/systemd/system") }
}
