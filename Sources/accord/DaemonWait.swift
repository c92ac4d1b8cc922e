internal import Configuration
internal import Linux
internal import Recording

/// Waiting until accordd has done what a change of the agreement asks of it, by what its status file says.
///
/// A tick looks at the agreement before anything else. So the first tick that begins after the file was put in place
/// has closed gate 1, whether or not the disk let the daemon write anything down.
struct DaemonWait {
  enum Outcome: Equatable {
    case done
    /// Both sentences say what is not done, and why.
    case silent(String)
    case owed(String)
    /// The daemon is gone: its work is anybody's.
    case ended
  }

  let locations: Locations
  let settings: Settings
  /// The boot clock when the file was in place.
  let sinceMilliseconds: Int64
  let progress: ProgressLine

  private static let pauseMilliseconds: Int32 = 20
  /// Above two intervals: a busy machine, and a start.
  private static let slackMilliseconds: Int64 = 1_000
  /// How long a deletion may stand still before the command leaves it to the daemon.
  private static let stillMillisecondsMax: Int64 = 5_000

  private var clock: SystemClock { SystemClock() }

  /// - Parameter deletes: whether deletions are waited for as well.
  func run(deletes: Bool) -> Outcome {
    while true {
      let status = DaemonStatus.read(locations.statusFile)
      let patience = 2 * (status?.intervalMs ?? settings.tickMilliseconds) + Self.slackMilliseconds
      if let status, status.lastTickBootMs > sinceMilliseconds, status.isRunning { break }
      if let status, !status.isProcessAlive || !status.isRunning { return .ended }
      let waited = clock.bootTimeMilliseconds - sinceMilliseconds
      if waited > patience { return .silent(Self.silence(status)) }
      progress.show(
        "waiting for accordd's next tick, at most \(Output.duration(patience / 1000 * 1000))")
      Process.pause(milliseconds: Self.pauseMilliseconds)
    }
    return deletes ? waitForDeletions() : .done
  }

  static func silence(_ status: DaemonStatus?) -> String {
    let who = status.map { "accordd (process \($0.pid))" } ?? "accordd"
    return
      "\(who) runs and has not looked at the change within two ticks: nothing more leaves this machine, but it may "
      + "sample once more when it goes on, and what was kept is not removed before; restart it, or stop it and "
      + "repeat this command"
  }

  private func waitForDeletions() -> Outcome {
    let directory = StateDirectory(locations.state)
    var seen: [Int64] = []
    var since = clock.bootTimeMilliseconds
    while true {
      guard let status = DaemonStatus.read(locations.statusFile), status.isProcessAlive else {
        return .ended
      }
      guard status.isRunning else { return .ended }
      if status.lastTickBootMs > sinceMilliseconds, status.deletionDueInMs == nil,
        !status.isDeletionOwed
      {
        return .done
      }
      let bytes = directory.rewrittenBytes
      let state = [bytes, status.deletionDueInMs ?? -1, status.isDeletionOwed ? 1 : 0]
      if state != seen { (seen, since) = (state, clock.bootTimeMilliseconds) }
      if clock.bootTimeMilliseconds - since > max(Self.stillMillisecondsMax, 2 * status.intervalMs)
      {
        let reason =
          status.deletionProblem ?? status.recordingProblem
          ?? "another program holds a database or the upload lock"
        return .owed("\(reason); accordd goes on with it")
      }
      progress.show(
        status.deletionDueInMs.map { "deletion begins in \($0 / 1000) s" }
          ?? "removing what is no longer agreed: \(Output.size(bytes)) written anew")
      Process.pause(milliseconds: Self.pauseMilliseconds)
    }
  }
}
