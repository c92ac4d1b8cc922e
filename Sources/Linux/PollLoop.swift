// What the daemon waits for: the next tick, or a word from outside. Two descriptors and one `ppoll`.

internal import CLinux

package struct PollLoop: ~Copyable {
  package enum Event: Sendable {
    /// `missed` ticks went by unserved before this one (the machine was suspended or overloaded).
    case tick(missed: UInt64)
    /// SIGTERM or SIGINT; SIGHUP too where the program runs in somebody's terminal, which is gone then.
    case termination
    /// SIGHUP: the settings are to be read again.
    case reload
    /// Nothing came for as long as was asked.
    case silence
  }

  private let timer: FileDescriptor
  private let signals: FileDescriptor

  /// Ticks come at whole multiples of the interval of the boot clock, so that a restart keeps the rhythm.
  /// The corresponding C functions are `timerfd_create`, `timerfd_settime` and `signalfd`.
  package static func start(intervalMilliseconds: Int64) throws(SystemError) -> PollLoop {
    let timer = try startTimer(intervalMilliseconds)
    let signals = try watchSignals()
    return PollLoop(timer: timer, signals: signals)
  }

  private init(timer: consuming FileDescriptor, signals: consuming FileDescriptor) {
    self.timer = timer
    self.signals = signals
  }

  private static func startTimer(_ intervalMilliseconds: Int64) throws(SystemError)
    -> FileDescriptor
  {
    let number = timerfd_create(CLOCK_BOOTTIME, Int32(TFD_CLOEXEC | TFD_NONBLOCK))
    guard number != -1 else { throw .last("create a timer") }
    let timer = FileDescriptor(owning: number)
    let now = SystemClock().bootTimeMilliseconds
    let first = (now / intervalMilliseconds + 1) * intervalMilliseconds
    var schedule = itimerspec(
      it_interval: timespec(milliseconds: intervalMilliseconds),
      it_value: timespec(milliseconds: first))
    guard unsafe timerfd_settime(number, Int32(TFD_TIMER_ABSTIME), &schedule, nil) != -1 else {
      throw .last("start the timer")
    }
    return timer
  }

  private static func watchSignals() throws(SystemError) -> FileDescriptor {
    let number = linux_signal_descriptor()
    guard number != -1 else { throw .last("watch for signals") }
    return FileDescriptor(owning: number)
  }

  /// Waits for the next event; a signal goes before a tick. The corresponding C function is `ppoll`.
  ///
  /// - Parameter atMostMilliseconds: how long, suspends not included; nil is for ever.
  package func wait(atMostMilliseconds: Int64? = nil) throws(SystemError) -> Event {
    let limit = atMostMilliseconds.map { timespec(milliseconds: $0) }
    var watched = (
      pollfd(fd: signals.number, events: Int16(POLLIN), revents: 0),
      pollfd(fd: timer.number, events: Int16(POLLIN), revents: 0)
    )
    while true {
      let ready = unsafe withUnsafeMutablePointer(to: &watched) { pair in
        unsafe pair.withMemoryRebound(to: pollfd.self, capacity: 2) { descriptors in
          retryingOnInterrupt {
            guard var limit else { return unsafe Int(ppoll(descriptors, 2, nil, nil)) }
            return unsafe Int(ppoll(descriptors, 2, &limit, nil))
          }
        }
      }
      guard ready != -1 else { throw .last("wait for the next tick") }
      if ready == 0 { return .silence }
      if watched.0.revents != 0, let event = signalled() { return event }
      var expirations: UInt64 = 0
      let count = unsafe CLinux.read(timer.number, &expirations, 8)
      if count == 8 { return .tick(missed: expirations - 1) }
    }
  }
}

extension PollLoop {
  /// What the oldest waiting signal asks for. The corresponding C function is `read`.
  private func signalled() -> Event? {
    var signal = signalfd_siginfo()
    let count = unsafe CLinux.read(signals.number, &signal, MemoryLayout<signalfd_siginfo>.size)
    guard count == MemoryLayout<signalfd_siginfo>.size else { return nil }
    return signal.ssi_signo == UInt32(SIGHUP) && !Process.isTerminal(0) ? .reload : .termination
  }
}

extension timespec {
  fileprivate init(milliseconds: Int64) {
    self.init(
      tv_sec: time_t(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
  }
}
