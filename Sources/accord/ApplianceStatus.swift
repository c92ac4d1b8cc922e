internal import Configuration
internal import Delivery
internal import Diagnostics
internal import Handshake
internal import Linux
internal import Recording
internal import Telemetry

/// Everything that `accord status` tells, gathered from the agreement, the databases and the daemon's word.
struct ApplianceStatus {
  let locations: Locations
  let agreement: Agreement
  let daemon: DaemonStatus?
  let clock: SystemClock
  /// Nil when nothing was ever recorded, or it cannot be read.
  let history: RecordSummary?
  let spool: RecordSummary?
  let isHistoryUnreadable: Bool
  let isSpoolUnreadable: Bool
  /// The oldest pending batch that may be sent.
  let oldest: BatchSummary?
  let lastDelivery: Delivery?
  /// Of all deliveries that are kept and were accepted.
  let acceptedReadings: (sent: Int64, rejected: Int64)
  /// Why the last run ended before everything was delivered, nil when nothing went wrong; and since when.
  let lastFailure: String?
  let failingSinceMilliseconds: Int64?
  let lastAcceptedMilliseconds: Int64?
  /// Until when the schedule pauses after failures, nil when it does not.
  let pausedUntilMilliseconds: Int64?
  /// Nil when the settings have no daily quota, or nothing was ever recorded.
  let quota: DailyQuota?
  let isTimeTrusted: Bool
  let pseudonym: String?
  /// How many rows the ledger has, and its newest as "NUMBER:HASH"; nil when there is none.
  let ledger: (rows: Int64, head: String)?
  let settings: Settings
  /// What is wrong with accord.toml, if anything is: then `settings` are the defaults.
  let settingsProblem: String?
  /// What systemd says, if it is there.
  let systemd: SystemdAnswer
  /// Why accordd could not start, in its own words.
  let startFailure: String?
  /// What could not be read, a sentence each.
  let problems: [String]

  init(_ locations: Locations) {
    self.locations = locations
    clock = locations.clock
    agreement = AgreementInForce.read(locations)
    daemon = DaemonStatus.read(locations.statusFile)
    let directory = StateDirectory(locations.state)
    var problems: [String] = []
    func noting<Value>(_ read: () throws -> Value?) -> Value? {
      do { return try read() } catch {
        problems.append("\(error)")
        return nil
      }
    }
    history = noting { try RecordSummary.ofHistory(directory) }
    isHistoryUnreadable = !problems.isEmpty
    pseudonym = noting { try Identity.current(directory) }
    ledger = noting { try Ledger.extent(directory) }
    var settings = Settings()
    var settingsProblem: String?
    do { settings = try Settings.read(locations.settings) } catch {
      settingsProblem = "\(error)"
      problems.append("\(error)")
    }
    (self.settings, self.settingsProblem) = (settings, settingsProblem)
    systemd = SystemdAnswer.ask(locations)
    startFailure = KernelAttribute.text(locations.failureFile)
    let problemsBefore = problems.count
    let reading = noting { try SpoolReading(directory, settings.upload, locations.clock) }
    isSpoolUnreadable = problems.count > problemsBefore
    spool = reading?.summary
    oldest = reading?.oldest
    lastDelivery = reading?.lastDelivery
    acceptedReadings = reading?.acceptedReadings ?? (0, 0)
    lastFailure = reading?.lastFailure
    failingSinceMilliseconds = reading?.failingSinceMilliseconds
    // What is wrong with the ledger has been noted above.
    lastAcceptedMilliseconds = (try? Ledger.lastAcceptedMilliseconds(directory)) ?? nil
    pausedUntilMilliseconds = reading?.pausedUntilMilliseconds
    quota = reading?.quota
    isTimeTrusted = clock.isSynchronised || reading?.isTimeTrusted ?? false
    self.problems = problems
  }

  /// Nil without systemd, below a prefix, and where systemctl does not answer.
  var units: SystemdUnits? { systemd.units }

  /// Fails when this user may not look: half a status would be a wrong one.
  static func checkReadable(_ locations: Locations) throws {
    for path in [locations.statusFile, locations.state + "/spool.db"] {
      do {
        if try FileState.of(path) != nil { _ = try FileDescriptor.open(path, .readOnlyPlain) }
      } catch {
        let group = locations.isSystem ? "the group accord" : "the files' group"
        throw CommandFailure(.failed, "\(error); run this as root or as a member of \(group)")
      }
    }
  }

  /// Whether accordd left something: its word of itself is gone with each start of the machine, what it kept is not.
  var hasRunBefore: Bool {
    history != nil || spool != nil || isHistoryUnreadable || isSpoolUnreadable || ledger != nil
  }

  /// What there is to say of deliveries of which the spool knows none.
  var noDeliveryText: String {
    guard let lastAcceptedMilliseconds else { return "never tried" }
    let time = CalendarTime.rfc3339(milliseconds: lastAcceptedMilliseconds)
    return "nothing of what is kept was tried; something was last accepted at \(time)"
  }

  /// What the spool holds in one state, all sources together.
  func spoolTotal(_ state: BatchState) -> (batches: Int64, readings: Int64, bytes: Int64) {
    (spool?.totals ?? []).filter { $0.state == state }.reduce((0, 0, 0)) {
      ($0.0 + $1.batches, $0.1 + $1.readings, $0.2 + $1.bytes)
    }
  }

  var historyTotal: (batches: Int64, readings: Int64, bytes: Int64) {
    (history?.totals ?? []).reduce((0, 0, 0)) {
      ($0.0 + $1.batches, $0.1 + $1.readings, $0.2 + $1.bytes)
    }
  }

  /// What was removed of a source, or is owed, newest last.
  func deletions(of source: DataSource) -> [(database: String, deletion: Deletion)] {
    let spool = (spool?.deletions ?? []).filter { $0.source == source }.map { ("spool", $0) }
    let history = (history?.deletions ?? []).filter { $0.source == source }.map { ("history", $0) }
    return (spool + history).sorted { $0.1.recordedMilliseconds < $1.1.recordedMilliseconds }
  }

  var gaps: [Gap] { (spool?.gaps ?? []) + (history?.gaps ?? []) }
}
