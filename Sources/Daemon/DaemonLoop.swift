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
    _ locations: Locations, kernelRoot: KernelRoot, settings: Settings, log: Log
  ) throws(StartError) {
    Process.prepareForService()
    try checkSettings(locations)
    let lock = try StartError.translating { () throws(SystemError) in
      try Directory.create(locations.state, mode: 0o750)
      return try LockFile.acquire(StateDirectory(locations.state).daemonLock, .exclusive)
    }
    guard lock != nil else {
      throw StartError("another accordd already works in \(locations.state)")
    }
    let loop = try StartError.translating { () throws(SystemError) in
      try PollLoop.start(intervalMilliseconds: settings.tickMilliseconds)
    }
    var supervision = Supervision.fromEnvironment(
      tickMilliseconds: settings.tickMilliseconds, log: log)
    var agent = try Agent.start(
      locations, kernelRoot: kernelRoot, settings: settings, clock: SystemClock(), log: log)
    agent.tick()
    supervision.ticked(agent.work)
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
      case .termination:
        supervision.stopping()
        guard agent.stop() else {
          throw StartError("not everything could be written to the disk")
        }
        return
      }
    }
  }

  /// The settings say which devices are sampled, so they are the administrator's alone. Who can write their folder is
  /// found with the agreement, which lies in it, and holds that.
  private static func checkSettings(_ locations: Locations) throws(StartError) {
    let state = try StartError.translating { () throws(SystemError) in
      try FileState.of(locations.settings)
    }
    let owners = TrustedOwners(prefix: locations.prefix)
    if let state, let problem = owners.problem(with: locations.settings, state) {
      throw StartError("\(problem)")
    }
  }
}
