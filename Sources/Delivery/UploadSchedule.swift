// What to do next: a pure function of what waits, what was answered, and the time. No clock, no socket and no
// database inside, so that every case is a line in a table of tests.
//
// - Sources take turns, so that a stuck source never blocks another; within a source the oldest goes first.
// - A request that is too large comes back in halves. One that failed inside the receiver is passed over for
//   this run, so that it does not block newer ones.
// - When the receiver is not well, or is not the receiver, the run ends. The pause grows with every failed run,
//   with full jitter, so that a fleet does not come back in step.

package import Telemetry

package struct UploadSchedule: Sendable {
  package enum Step: Equatable, Sendable {
    /// Send the oldest batches of this source, at most so many.
    case upload(DataSource, batchesMax: Int)
    /// Too early; a person may still send at once.
    case wait(untilMilliseconds: Int64)
    /// Nothing more can be done in this run.
    case stop(reason: String)
    /// All that waited has been dealt with.
    case done
  }

  /// A pause that outlives the run.
  package struct Pause: Equatable, Sendable {
    package var failures: Int64
    /// Unix milliseconds.
    package var untilMilliseconds: Int64

    package init(failures: Int64, untilMilliseconds: Int64) {
      self.failures = failures
      self.untilMilliseconds = untilMilliseconds
    }
  }

  package private(set) var pause: Pause
  /// Whose turn it is stands first.
  private var queues: [(source: DataSource, batchesMax: Int)]
  private var stopReason: String?
  private let isByHand: Bool
  private let nowMilliseconds: Int64
  private var hasAcceptance = false

  /// How many batches one request takes at first: a day of 15-minute batches.
  package static let batchesPerRequestMax = 96

  /// - Parameters:
  ///   - sources: those of which something waits.
  ///   - isByHand: a person wants it now, so an earlier pause is not waited for.
  package init(sources: [DataSource], pause: Pause, isByHand: Bool, nowMilliseconds: Int64) {
    queues = sources.map { ($0, Self.batchesPerRequestMax) }
    self.pause = pause
    self.isByHand = isByHand
    self.nowMilliseconds = nowMilliseconds
  }

  package func next() -> Step {
    if let stopReason { return .stop(reason: stopReason) }
    guard let queue = queues.first else { return .done }
    if !isByHand, !hasAcceptance, nowMilliseconds < pause.untilMilliseconds {
      return .wait(untilMilliseconds: pause.untilMilliseconds)
    }
    return .upload(queue.source, batchesMax: queue.batchesMax)
  }

  /// Nothing of this source is left to send in this run.
  package mutating func exhausted(_ source: DataSource) {
    queues.removeAll { $0.source == source }
  }

  /// Takes in the answer to the last request.
  ///
  /// - Parameters:
  ///   - batches: how many the request held.
  ///   - jitter: a random number from 0 to 1.
  package mutating func finished(
    _ source: DataSource, batches: Int, _ result: UploadResult, jitter: Double
  ) {
    switch result {
    case .accepted:
      hasAcceptance = true
      pause = Pause(failures: 0, untilMilliseconds: 0)
      giveTurn()
    case .refused, .stopped: giveTurn()
    case .failedThere:
      back(off: nil, jitter)
      giveTurn()
    case .tooLarge:
      guard let position = queues.firstIndex(where: { $0.source == source }) else { return }
      queues[position].batchesMax = max(1, batches / 2)
    case .retryLater(let reason, let after):
      stopReason = reason
      back(off: after, jitter)
    case .notTheSupplier(let reason):
      stopReason = reason
      back(off: Limits.backoffMillisecondsMax / 4, jitter)
    }
  }

  private mutating func giveTurn() {
    if queues.count > 1 { queues.append(queues.removeFirst()) }
  }

  /// Full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/): anything from
  /// nothing to the bound, which doubles. What the receiver asked for is the least.
  private mutating func back(off asked: Int64?, _ jitter: Double) {
    let bound = min(
      Limits.backoffMillisecondsMax, Limits.backoffMillisecondsMin << min(pause.failures, 20))
    let random = Int64(Double(bound) * min(max(jitter, 0), 1))
    pause = Pause(
      failures: pause.failures + 1, untilMilliseconds: nowMilliseconds + max(asked ?? 0, random))
  }
}
