// From a new consent to its effect. The order is the promise: the file first, because it closes both gates; then the
// upload lock, because an upload that is under way sees the change within a second and closes its connection; then
// deletion; and the command returns when all of it is in force, or says what is owed and why.

internal import Configuration
internal import Daemon
internal import Handshake
internal import Linux
internal import Recording
internal import Telemetry

struct ConsentChange {
  let locations: Locations
  let before: Agreement
  /// What the agreement is when `file` is in place.
  let after: Agreement
  let file: ConsentFile

  /// An upload asks once a second whether it may go on, and then has an answer to write down.
  private static let uploadMillisecondsMax: Int64 = 5_000

  /// How long accordd may hold its lock without a sign of life, at its start and at its end.
  private static let startMillisecondsMax: Int64 = 10_000

  private var directory: StateDirectory { StateDirectory(locations.state) }
  private var clock: SystemClock { locations.clock }

  init(_ locations: Locations, _ file: ConsentFile) {
    self.locations = locations
    self.file = file
    before = AgreementInForce.read(locations)
    after = AgreementInForce.read(locations, ifConsentSays: file.text)
  }

  /// Whose deliveries may be on their way, although nothing of it may go any more.
  var revoked: [DataSource] {
    DataSource.allCases.filter { after.grantIntent(for: $0) == .close }
  }

  /// - Parameters:
  ///   - deletes: whether the person meant all of it, so that what it takes back is removed at once.
  ///   - record: what is written down as soon as the file is in place.
  func carryOut(
    deletes: Bool, thenRecord record: () throws -> Void = {}
  ) throws -> ConsentEffect {
    var effect = ConsentEffect(before: before, after: after)
    effect.pseudonym = (try? Identity.current(directory)) ?? nil
    let known = Removal.counts(directory)
    let early = unanswered()
    // Without this note deletion comes half a minute later.
    if deletes, hasRecorded {
      try? Ledger.open(directory, busyMilliseconds: Limits.commandBusyMilliseconds).confirm(after)
    }
    try file.write()
    if deletes { believe() }
    try record()
    let sinceMilliseconds = clock.bootTimeMilliseconds
    let progress = ProgressLine()
    defer { progress.end() }
    if let problem = waitForUpload(progress) { effect.owed.append(problem) }
    effect.inFlight = inFlight(early)
    if hasRecorded || after.sharesSomething {
      if let reason = settle(since: sinceMilliseconds, deletes: deletes, progress) {
        effect.owed.append(reason)
      }
    }
    effect.removals = Removal.since(known, directory)
    if !effect.owed.isEmpty, effect.removals.isEmpty {
      effect.removals = Removal.owed(after, directory)
    }
    effect.agreement = AgreementInForce.read(locations)
    if deletes, case .held(let problem) = effect.agreement.standing {
      effect.owed.append("\(problem)")
    }
    if !file.isInPlace {
      effect.owed.append(
        "\(locations.consent) was changed again meanwhile: see accord consent show")
    }
    return effect
  }

  /// Whether accordd ever worked here.
  private var hasRecorded: Bool { ((try? FileState.of(locations.state)) ?? nil) != nil }

  /// A clock that was put back, or a file from the future, does not make this an old copy (rule 9).
  private func believe() {
    guard hasRecorded, let state = (try? FileState.of(locations.consent)) ?? nil else { return }
    try? Ledger.open(directory, busyMilliseconds: Limits.commandBusyMilliseconds)
      .believeConsent(savedAtNanoseconds: state.modifiedNanoseconds)
  }

  // MARK: what is on its way

  private func unanswered() -> [Delivery] {
    guard let outbox = try? Outbox.open(directory) else { return [] }
    return (try? outbox.unansweredDeliveries(of: revoked)) ?? []
  }

  /// What nobody answered: now, or before if it has not ended since; a rewrite forgets those of closed grants.
  private func inFlight(_ early: [Delivery]) -> [Delivery] {
    guard let outbox = try? Outbox.open(directory) else { return early }
    let late = (try? outbox.unansweredDeliveries(of: revoked)) ?? []
    let gone = early.filter { delivery in
      ((try? outbox.delivery(delivery.number)) ?? nil)?.id != delivery.id
    }
    return gone + late
  }

  /// Waits until nobody delivers. Returns what is in the way when somebody still does.
  private func waitForUpload(_ progress: ProgressLine) -> String? {
    let begun = clock.bootTimeMilliseconds
    while clock.bootTimeMilliseconds - begun <= Self.uploadMillisecondsMax {
      do {
        guard try FileState.of(directory.uploadLock) != nil else { return nil }
        // Nothing is done under it: it is free once the upload is over.
        if try LockFile.acquire(directory.uploadLock, .exclusive) != nil { return nil }
      } catch { return nil }
      // accordd holds it too, while it removes: then nobody delivers.
      if directory.isSpoolRewritten { return nil }
      progress.show("waiting for an upload to end")
      Process.pause(milliseconds: 20)
    }
    return "an upload is under way and did not end within \(Self.uploadMillisecondsMax / 1000) s"
  }

  // MARK: what follows

  /// Returns what is owed and why, nil when nothing is.
  private func settle(
    since sinceMilliseconds: Int64, deletes: Bool, _ progress: ProgressLine
  ) -> String? {
    let settings = (try? Settings.read(locations.settings)) ?? Settings()
    let wait = DaemonWait(
      locations: locations, settings: settings, sinceMilliseconds: sinceMilliseconds,
      progress: progress)
    var endedMilliseconds: Int64?
    while true {
      do {
        let outcome = try Settlement.run(
          locations, settings: settings, clock: clock, meant: deletes ? after : nil
        ) {
          progress.show("removing what is no longer agreed: \(Output.size($0)) written anew")
        }
        switch outcome {
        case .settled: return nil
        case .owed(let reason): return "\(reason); accordd goes on with it when it starts"
        case .daemonRuns: break
        }
      } catch {
        return "\(error); accordd goes on with it when it starts"
      }
      switch wait.run(deletes: deletes) {
      case .done: return nil
      case .silent(let reason), .owed(let reason): return reason
      case .ended:
        // Its lock goes a moment after its last status; one that starts has not written its first yet.
        let since = endedMilliseconds ?? clock.bootTimeMilliseconds
        if clock.bootTimeMilliseconds - since > Self.startMillisecondsMax {
          return DaemonWait.silence(nil)
        }
        endedMilliseconds = since
        Process.pause(milliseconds: 50)
      }
    }
  }
}
