internal import Configuration
internal import Delivery
internal import Handshake
internal import JSON
internal import Linux
internal import Recording
internal import TOML
internal import Telemetry

/// What was removed of one source from one database.
struct Removal {
  let source: DataSource
  let database: String
  let batches: Int64
  let readings: Int64
  let isDone: Bool

  /// How many deletions each database knows.
  static func counts(_ directory: StateDirectory) -> [Int] { all(directory).map { $0.1.count } }

  /// Those that came after `counts` was taken.
  static func since(_ counts: [Int], _ directory: StateDirectory) -> [Removal] {
    zip(all(directory), counts).flatMap { database, known in
      database.1.dropFirst(known).map {
        Removal(
          source: $0.source, database: database.0, batches: $0.batches, readings: $0.readings,
          isDone: $0.doneMilliseconds != nil)
      }
    }
  }

  /// What an agreement that is in force still has to remove.
  static func owed(_ agreement: Agreement, _ directory: StateDirectory) -> [Removal] {
    DataSource.allCases.flatMap { source in
      [
        ("spool", try? RemovalEstimate.spool(of: source, under: agreement, directory)),
        ("history", try? RemovalEstimate.history(of: source, under: agreement, directory)),
      ].compactMap { database, estimate in
        guard let estimate, !estimate.isNothing else { return nil }
        return Removal(
          source: source, database: database, batches: estimate.batches,
          readings: estimate.readings, isDone: false)
      }
    }
  }

  private static func all(_ directory: StateDirectory) -> [(String, [Deletion])] {
    var spool: [Deletion] = []
    if let outbox = try? Outbox.open(directory) {
      spool = (try? RecordSummary.ofSpool(outbox))?.deletions ?? []
    }
    let history = ((try? RecordSummary.ofHistory(directory)) ?? nil)?.deletions ?? []
    return [("spool", spool), ("history", history)]
  }
}

/// What a change of the consent has come to.
struct ConsentEffect {
  let before: Agreement
  let after: Agreement
  /// As it was read again at the end.
  var agreement: Agreement
  /// From before the change.
  var pseudonym: String?
  var inFlight: [Delivery] = []
  var removals: [Removal] = []
  /// What is not done, and why, a clause each.
  var owed: [String] = []
  /// Whether the receiver was asked to delete what it has; nil when nobody was asked.
  var request: DeletionRequest.Outcome?
  /// Nothing was sent under it, so that the receiver knows at most earlier ones.
  var isPseudonymUnused = false

  init(before: Agreement, after: Agreement) {
    (self.before, self.after, agreement) = (before, after, after)
  }

  /// Rule 15.
  static let limits =
    "What was sent before is with the receiver. Dumps, backups and what flash has not erased yet are beyond this."

  /// With whom something was shared, or would have been.
  private var contact: String? { before.offer?.contact ?? before.acceptance.contact }

  /// The sources of which the customer's word changed.
  private var changes: [(source: DataSource, from: String, to: String)] {
    DataSource.allCases.compactMap { source in
      let from = before.consent?.sources[source]?.value ?? .deny
      let to = after.consent?.sources[source]?.value ?? .deny
      return from == to ? nil : (source, from.rawValue, to.rawValue)
    }
  }

  private var takesBack: Bool {
    changes.contains { $0.to != ConsentMode.share.rawValue } || !removals.isEmpty
  }

  /// - Parameter isRevocation: who is told always how to write to the supplier.
  func print(isRevocation: Bool) {
    Output.table(changes.map { [$0.source.name, "\($0.from) -> \($0.to)"] })
    if changes.isEmpty { Output.print("the sources are as they were") }
    Output.print("in force now: \(agreement.summary)")
    for delivery in inFlight {
      Output.print(
        "in flight: delivery \(delivery.id), \(Output.count(delivery.readings, "reading")); "
          + "whether the receiver has it is not known")
    }
    for removal in removals {
      Output.print(
        "\(removal.isDone ? "removed" : "owed"): \(Output.count(removal.batches, "batch")), "
          + "\(Output.count(removal.readings, "reading")) of \(removal.source.name) from the \(removal.database)"
      )
    }
    if removals.isEmpty, takesBack || isRevocation {
      Output.print(owed.isEmpty ? "removed: nothing was kept" : "removed: nothing yet")
    }
    for source in DataSource.allCases where isWidened(source) { printWidened(source) }
    guard takesBack || isRevocation else { return }
    Output.print("pseudonym: \(pseudonym ?? "none, nothing is shared under one")")
    Output.print("contact: \(contact ?? "the offer names none")")
    if let request { Output.print("asked for deletion: \(request.answer)") }
    Output.print(Self.limits)
  }

  private func isWidened(_ source: DataSource) -> Bool {
    changes.contains { $0.source == source && $0.to == ConsentMode.share.rawValue }
      && agreement.terms(of: source).decision.verdict == .share
  }

  private func printWidened(_ source: DataSource) {
    let signals = Catalog.signals.filter {
      $0.source == source && agreement.decision(for: $0).verdict == .share
    }
    let every = Output.duration(agreement.terms(of: source).resolutionMilliseconds ?? 0)
    Output.print(
      "\(source.name) is shared with \(agreement.offer?.supplier.value ?? "the supplier") from now on, one reading "
        + "every \(every), and nothing from before: \(signals.map(\.name).joined(separator: ", "))")
  }

  func printObject(_ extra: (inout JSONWriter) -> Void = { _ in }) {
    Output.object { object in
      object.array("changed") { list in
        for change in changes {
          list.object {
            $0.member("source", change.source.name)
            $0.member("from", change.from)
            $0.member("to", change.to)
          }
        }
      }
      object.object("in_force") { sources in
        for source in DataSource.allCases {
          let terms = agreement.terms(of: source)
          sources.member(source.name, terms.isHeld ? "held" : terms.decision.verdict.name)
        }
      }
      object.array("in_flight") { list in
        for delivery in inFlight {
          list.object {
            $0.member("delivery", delivery.id)
            $0.member("readings", delivery.readings)
          }
        }
      }
      object.array("removed") { list in
        for removal in removals {
          list.object {
            $0.member("source", removal.source.name)
            $0.member("database", removal.database)
            $0.member("batches", removal.batches)
            $0.member("readings", removal.readings)
            $0.member("is_done", removal.isDone)
          }
        }
      }
      object.array("owed") { list in for reason in owed { list.element(reason) } }
      object.member("pseudonym", pseudonym)
      object.member("contact", contact)
      if let request {
        object.object("deletion_asked") {
          $0.member("is_taken", request.isTaken)
          $0.member("answer", request.answer)
        }
      }
      object.member("limits", Self.limits)
      extra(&object)
    }
  }

  /// Ends the command when something is owed.
  func fail() throws {
    if let request, !request.isTaken, owed.isEmpty {
      let known = isPseudonymUnused ? nil : pseudonym
      throw CommandFailure(
        .failed,
        "the receiver was not asked for deletion: \(request.answer); write to \(contact ?? "the supplier") and name "
          + "the pseudonym \(known ?? "that an earlier revocation printed")")
    }
    if owed.isEmpty { return }
    throw CommandFailure(
      .failed, "the change is made, and this is owed: " + owed.joined(separator: "; "))
  }
}

extension Acceptance {
  fileprivate var contact: String? {
    switch self {
    case .none: nil
    case .new(let accepted), .kept(let accepted): accepted.offer.contact
    }
  }
}

extension Agreement {
  /// What is in force, as a clause.
  var summary: String {
    sourcesInForce.isEmpty
      ? "nothing is sampled, kept or sent" : sourcesInForce + "; all else is denied"
  }
}
