package import Configuration
internal import Handshake
package import Linux
internal import Recording
internal import Telemetry

/// Runs the agent until it is told to stop.
package enum DaemonLoop {
  package static let version = AgentVersion.text

  /// Returns when SIGTERM or SIGINT came and everything in memory is sealed.
  package static func run(
    _ locations: Locations, kernelRoot: KernelRoot, log: Log
  ) throws(StartError) {
    Process.prepareForService()
    // They only ask a file system that may not answer, and tell all that they know by their socket.
    Process.forgetChildren()
    var settings = try settings(locations)
    let lock = try StartError.translating { () throws(SystemError) in
      if locations.isSystem { try Process.forbidDumps() }
      try Directory.create(locations.state, mode: 0o750)
      return try LockFile.acquire(StateDirectory(locations.state).daemonLock, .exclusive)
    }
    guard lock != nil else {
      throw StartError("another accordd already works in \(locations.state)")
    }
    while let others = try work(locations, kernelRoot, settings, log) { settings = others }
  }

  /// Works by `settings` until told to stop, which is nil, or until accord.toml says others, which are returned.
  private static func work(
    _ locations: Locations, _ kernelRoot: KernelRoot, _ settings: Settings, _ log: Log
  ) throws(StartError) -> Settings? {
    let loop = try StartError.translating { () throws(SystemError) in
      try PollLoop.start(intervalMilliseconds: settings.tickMilliseconds)
    }
    var supervision = Supervision.fromEnvironment(
      tickMilliseconds: settings.tickMilliseconds, log: log)
    var agent = try Agent.start(
      locations, kernelRoot: kernelRoot, settings: settings, clock: SystemClock(), log: log)
    agent.tick()
    supervision.ticked(agent.work)
    try? AtomicFile.remove(locations.failureFile)
    let patience = supervision.silenceMillisecondsMax
    // Deletions that are owed are carried on with between the ticks; signals and ticks go before each step.
    var hasWork = agent.owesDeletion
    while true {
      let limit = hasWork ? 0 : patience
      let event = try StartError.translating { () throws(SystemError) in
        try loop.wait(atMostMilliseconds: limit)
      }
      switch event {
      case .tick(let missed):
        agent.tick(missed: missed)
        supervision.ticked(agent.work)
        hasWork = agent.owesDeletion
      case .silence:
        if hasWork { hasWork = agent.workBetweenTicks() }
        if patience != nil { supervision.pingWatchdog() }
      case .reload:
        guard let others = agent.otherSettings() else { continue }
        try stop(&agent)
        return others
      case .termination:
        supervision.stopping()
        try stop(&agent)
        return nil
      }
    }
  }

  /// Says why the daemon cannot work, also to the service manager and to whoever waits before it starts it again.
  package static func tell(_ failure: StartError, _ locations: Locations, _ log: Log) {
    log.error("\(failure)")
    Supervision.tell("cannot work: \(failure)")
    guard locations.isSystem else { return }
    try? AtomicFile.replace(
      locations.failureFile, with: Array("\(failure)\n".utf8), mode: 0o644, durability: .volatile)
  }

  private static func stop(_ agent: inout Agent) throws(StartError) {
    guard agent.stop() else { throw StartError("not everything could be written to the disk") }
  }

  /// What accord.toml says, and nothing when it cannot be believed or understood.
  ///
  /// The settings say which devices are sampled, so they are the administrator's alone. Who can write their folder is
  /// found with the agreement, which lies in it, and holds that.
  package static func settings(_ locations: Locations) throws(StartError) -> Settings {
    let state = try StartError.translating { () throws(SystemError) in
      try FileState.of(locations.settings)
    }
    let owners = TrustedOwners(prefix: locations.prefix)
    if let state, let problem = owners.problem(with: locations.settings, state) {
      throw StartError("\(problem)")
    }
    do { return try Settings.read(locations.settings) } catch { throw StartError(error) }
  }
}

extension Agent {
  /// What accord.toml says by now, when that can be followed and is something else: whatever is wrong with it, the agent
  /// goes on as before.
  func otherSettings() -> Settings? {
    let others: Settings
    do { others = try DaemonLoop.settings(locations) } catch {
      log.error("\(error); the settings from before stay in force")
      return nil
    }
    if let recordingProblem {
      // What waits in memory would be lost.
      log.error("\(recordingProblem); the settings from before stay in force until it is mended")
      return nil
    }
    guard others != settings else {
      log.notice("\(locations.settings) was read again: it says what is in force")
      return nil
    }
    log.notice("\(locations.settings) was read again: other settings are in force")
    return others
  }
}
