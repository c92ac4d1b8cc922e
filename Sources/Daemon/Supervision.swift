// What the service manager is told, by sd_notify(3): READY after the first tick, what the daemon is doing whenever
// that changes, a watchdog ping after each tick, STOPPING before the last seal. Without a service manager, nothing.
//
// A ping says that a tick came to its end: a daemon that hangs in a tick sends none, and is started again. The loop
// does not wake for it, except where the watchdog's time is shorter than two ticks: then half of that time is waited
// at most, and such a ping only says that the loop turns.
//
// A message that is not taken (the manager is busy or gone) costs nothing but itself; READY and STATUS are sent again
// with the next tick.

internal import Handshake
internal import Linux

struct Supervision: ~Copyable {
  /// systemd passes over messages of more than 4096 bytes.
  private static let statusBytesMax = 1_000

  private let socket: NotifySocket?
  private let hasWatchdog: Bool
  /// How long the loop may wait for a tick before a ping is due; nil when ticks are pings enough.
  let silenceMillisecondsMax: Int64?

  private var isReady = false
  private var status: String?
  /// READY and STATUS as long as they have not been taken.
  private var message: [UInt8] = []
  private let ping = Array("WATCHDOG=1".utf8)

  /// - Parameter watchdogMilliseconds: after how long without a ping the manager ends the service; nil is never.
  init(
    _ socket: consuming NotifySocket?, watchdogMilliseconds: Int64?, tickMilliseconds: Int64,
    log: Log
  ) {
    hasWatchdog = watchdogMilliseconds != nil && socket != nil
    self.socket = socket
    guard hasWatchdog, let watchdog = watchdogMilliseconds, watchdog < 2 * tickMilliseconds else {
      silenceMillisecondsMax = nil
      return
    }
    silenceMillisecondsMax = max(1, watchdog / 2)
    log.warning(
      """
      the service's watchdog waits \(watchdog) ms, less than two ticks of \(tickMilliseconds) ms: accordd wakes in \
      between to answer it; set WatchdogSec= to two ticks or more
      """)
  }

  /// What the environment of the process asks for.
  static func fromEnvironment(tickMilliseconds: Int64, log: Log) -> Supervision {
    var socket: NotifySocket?
    if let name = Process.environment("NOTIFY_SOCKET") {
      do { socket = try NotifySocket.open(name) } catch { log.warning("\(error)") }
    }
    return Supervision(
      socket,
      watchdogMilliseconds: watchdogMilliseconds(
        Process.environment("WATCHDOG_USEC"), for: Process.environment("WATCHDOG_PID")),
      tickMilliseconds: tickMilliseconds, log: log)
  }

  /// sd_watchdog_enabled(3): the time is meant for one process, or for whoever is asked when none is named.
  static func watchdogMilliseconds(_ microseconds: String?, for process: String?) -> Int64? {
    guard process == nil || process == String(Process.identifier),
      let microseconds = microseconds.flatMap({ Int64($0) }), microseconds > 0
    else { return nil }
    return microseconds / 1_000
  }

  /// A tick came to its end.
  ///
  /// - Parameter status: what the daemon is doing, in one line.
  mutating func ticked(_ status: String) {
    if status != self.status {
      self.status = status
      message = Array((isReady ? "STATUS=" : "READY=1\nSTATUS=").utf8)
      message += Self.line(status)
    }
    if !message.isEmpty, socket?.send(message) != false {
      message = []
      isReady = true
    }
    pingWatchdog()
  }

  private static func line(_ text: String) -> [UInt8] {
    var text = text
    while text.utf8.count > statusBytesMax { text.removeLast() }
    return text.utf8.map { $0 == UInt8(ascii: "\n") ? UInt8(ascii: " ") : $0 }
  }

  func pingWatchdog() { if hasWatchdog { _ = socket?.send(ping) } }

  /// What a daemon that ends at once has to say, as its last status.
  static func tell(_ status: String) {
    guard let name = Process.environment("NOTIFY_SOCKET") else { return }
    _ = try? NotifySocket.open(name).send(Array("STATUS=".utf8) + line(status))
  }

  func stopping() { _ = socket?.send(Array("STOPPING=1".utf8)) }
}

extension Agent {
  /// What the agreement comes to, and what keeps it from being carried out.
  func describeWork() -> String {
    let agreement = watch.agreement
    let problem = agreement.problems.first.map { ": \($0)" } ?? ""
    let work: String
    switch agreement.standing {
    case .none: work = "no agreement: nothing is sampled, nobody is contacted"
    case .held: work = "agreement held\(problem)"
    case .inForce:
      let sources = agreement.sourcesInForce
      work =
        (sources.isEmpty ? "no source is agreed: nothing is sampled" : "sampling: \(sources)")
        + (problem.isEmpty
          ? "" : agreement.sharesSomething ? problem : "; nothing is shared\(problem)")
    }
    return ([work] + [agreementProblem, recordingProblem].compactMap(\.self)).joined(
      separator: "; ")
  }
}
