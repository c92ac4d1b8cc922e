// What to do next: a pure function of what waits, what was answered, and the time. No clock, no socket and no
// database inside, so that every case is a line in a table of tests.
//
// - Sources take turns, so that a stuck source never blocks another; within a source the oldest goes first.
// - A request that is too large comes back in halves, and so does one that is refused as bad data, until the
//   one bad batch stands alone. One that failed inside the receiver is passed over for this run, so that it
//   does not block newer ones. A source that gets nowhere twice in a row rests until the next run.
// - When the receiver is not well, or is not the receiver, the run ends. The pause grows with every failed run,
//   with full jitter, so that a fleet does not come back in step. A pause holds a run back at its beginning or
//   not at all: otherwise one stuck batch would end the run before the next batch had its turn.

package import Telemetry

package struct UploadSchedule: Sendable {
  package enum Step: Equatable, Sendable {
    /// Send the oldest batches of this source, at most so many.
    case upload(DataSource, batchesMax: Int)
    /// Too early.
    case wait(untilMilliseconds: Int64, for: Wait = .receiver)
    /// Nothing more can be done in this run.
    case stop(reason: String)
    /// All that waited has been dealt with.
    case done
  }

  /// What is waited for.
  package enum Wait: String, Sendable {
    /// The pause after a failure; a person may still send at once.
    case receiver
    /// The customer's window; a person may still send at once.
    case window
    /// The customer's daily quota, which holds for everybody.
    case quota
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

  private struct Queue {
    let source: DataSource
    /// How many batches the next request takes.
    var batchesMax = UploadSchedule.batchesPerRequestMax
    /// How many the receiver takes as far as is known.
    var batchesBound = UploadSchedule.batchesPerRequestMax
    /// How often in a row it got nowhere.
    var failures = 0
  }

  package private(set) var pause: Pause
  /// Whose turn it is stands first.
  private var queues: [Queue]
  private var stopReason: String?
  private var wait: (untilMilliseconds: Int64, for: Wait)?
  /// How many runs in a row failed before this one; none once something was accepted.
  private var failedRuns: Int64

  /// How many batches one request takes at first: a day of 15-minute batches.
  package static let batchesPerRequestMax = 96
  /// How often in a row a source may get nowhere before it rests.
  package static let failuresMax = 2

  /// - Parameters:
  ///   - sources: those of which something waits.
  ///   - isByHand: a person wants it now, so an earlier pause is not waited for.
  package init(sources: [DataSource], pause: Pause, isByHand: Bool, nowMilliseconds: Int64) {
    queues = sources.map { Queue(source: $0) }
    self.pause = pause
    failedRuns = pause.failures
    // A pause longer than any that is ever made comes from a clock that has been put right since.
    let isPaused =
      nowMilliseconds < pause.untilMilliseconds
      && pause.untilMilliseconds <= nowMilliseconds + Limits.pauseMillisecondsMax
    wait = isPaused && !isByHand ? (pause.untilMilliseconds, .receiver) : nil
  }

  /// Whether the receiver may still be contacted in this run.
  package var mayContact: Bool { wait == nil && stopReason == nil }

  package func next() -> Step {
    if let stopReason { return .stop(reason: stopReason) }
    guard let queue = queues.first else { return .done }
    if let wait { return .wait(untilMilliseconds: wait.untilMilliseconds, for: wait.for) }
    return .upload(queue.source, batchesMax: queue.batchesMax)
  }

  /// Nobody is contacted any more in this run; of two reasons the one that lasts longer counts.
  package mutating func hold(untilMilliseconds: Int64, for reason: Wait) {
    if untilMilliseconds > wait?.untilMilliseconds ?? 0 { wait = (untilMilliseconds, reason) }
  }

  /// Nothing of this source is left to send in this run.
  package mutating func exhausted(_ source: DataSource) {
    queues.removeAll { $0.source == source }
  }

  /// Takes in the answer to the last request.
  ///
  /// - Parameters:
  ///   - batches: how many the request held.
  ///   - nowMilliseconds: Unix time of the answer.
  ///   - jitter: a random number from 0 to 1.
  package mutating func finished(
    _ source: DataSource, batches: Int, _ result: UploadResult, nowMilliseconds: Int64,
    jitter: Double
  ) {
    guard let position = queues.firstIndex(where: { $0.source == source }) else { return }
    switch result {
    case .accepted:
      pause = Pause(failures: 0, untilMilliseconds: 0)
      failedRuns = 0
      let queue = queues[position]
      queues[position].failures = 0
      queues[position].batchesMax = min(queue.batchesBound, queue.batchesMax * 2)
      queues.append(queues.remove(at: position))
    case .tooLarge where batches > 1:
      queues[position].batchesBound = batches / 2
      queues[position].batchesMax = batches / 2
    case .refused where batches > 1: queues[position].batchesMax = batches / 2
    case .tooLarge, .refused, .stopped: passOver(position)
    case .failedThere:
      back(off: nil, nowMilliseconds, jitter)
      passOver(position)
    case .retryLater(let reason, let after):
      stopReason = reason
      back(off: after, nowMilliseconds, jitter)
    case .notTheSupplier(let reason):
      stopReason = reason
      back(off: Limits.backoffMillisecondsMax / 4, nowMilliseconds, jitter)
    case .overQuota(let until): hold(untilMilliseconds: until, for: .quota)
    }
  }

  /// Takes in the answer to the event that ends a run: what the receiver asked for holds for all requests.
  package mutating func announced(_ result: UploadResult, nowMilliseconds: Int64) {
    guard case .retryLater(_, let asked?) = result else { return }
    pause.untilMilliseconds = nowMilliseconds + asked
  }

  private mutating func passOver(_ position: Int) {
    var queue = queues.remove(at: position)
    queue.failures += 1
    if queue.failures < Self.failuresMax { queues.append(queue) }
  }

  /// Full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/): anything from
  /// nothing to the bound, which doubles. What the receiver asked for is the least.
  private mutating func back(off asked: Int64?, _ nowMilliseconds: Int64, _ jitter: Double) {
    let bound = min(
      Limits.backoffMillisecondsMax, Limits.backoffMillisecondsMin << min(max(failedRuns, 0), 20))
    let random = Int64(Double(bound) * min(max(jitter, 0), 1))
    pause = Pause(
      failures: failedRuns + 1, untilMilliseconds: nowMilliseconds + max(asked ?? 0, random))
  }
}
