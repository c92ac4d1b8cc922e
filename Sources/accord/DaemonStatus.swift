internal import FoundationEssentials
internal import Linux

/// What accordd says of itself in its status file.
struct DaemonStatus: Decodable {
  struct Probe: Decodable {
    let file: String
    let outcome: String
    let failures: Int64
    /// Devices that were there in the last tick and not sampled, because there are too many.
    let leftOut: Int64
  }

  let version: String
  let pid: Int64
  let isRunning: Bool
  let lastTickMs: Int64
  let lastTickBootMs: Int64
  let intervalMs: Int64
  let ticks: Int64
  let missedTicks: Int64
  let series: Int64
  let fingerprint: String
  let readingsLostHistory: Int64
  let readingsLostSpool: Int64
  let recordingProblem: String?
  let isDeletionOwed: Bool
  let deletionProblem: String?
  let deletionDueInMs: Int64?
  let probes: [Probe]

  /// Nil when there is no such file, or not one of this version's.
  static func read(_ path: String) -> DaemonStatus? {
    guard let file = try? FileDescriptor.open(path, .readOnlyPlain),
      let bytes = try? file.readAll(limitBytes: 1024 * 1024)
    else { return nil }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try? decoder.decode(DaemonStatus.self, from: Data(bytes))
  }

  /// How long ago the last tick was; the boot clock cannot be set.
  func sinceLastTickMilliseconds(_ clock: SystemClock) -> Int64 {
    clock.bootTimeMilliseconds - lastTickBootMs
  }

  /// Whether the process is there at all.
  var isProcessAlive: Bool { ((try? FileState.of("/proc/\(pid)")) ?? nil) != nil }

  /// Whether ticks come: a daemon that was killed leaves its file behind.
  func isAlive(_ clock: SystemClock) -> Bool {
    isRunning && isProcessAlive
      && (0...max(3 * intervalMs, 5_000)).contains(sinceLastTickMilliseconds(clock))
  }
}
