// The agreement a second time, from the rules alone: what is covered at a moment, which grant a reading belongs to,
// and what is closed. It shares no code with the product.

import Telemetry

/// What the two halves come to at one moment.
final class Judgement {
  /// What happens to each signal of the simulated machine.
  let modes: [String: Mode]
  /// Signals whose minimum and maximum may leave as well.
  let extremes: Set<String>
  /// The customer's word on each source, nil while a doubt holds everything.
  let words: [DataSource: Mode]?
  /// Attributes that must not be written in clear, and signals that must not be written at all, by a consent that
  /// could be read, even one that has ended.
  let redacted: Set<String>
  let withheld: [String]
  let resolutionSeconds: [DataSource: Int64]
  /// Where what is shared may go; nil when the sharing of the source is held or over.
  let recipients: [DataSource: String]
  /// Shared by the customer, and held by a doubt about the offer.
  let held: Set<DataSource>

  init(
    modes: [String: Mode], extremes: Set<String>, words: [DataSource: Mode]?,
    redacted: Set<String>, withheld: [String], resolutionSeconds: [DataSource: Int64],
    recipients: [DataSource: String], held: Set<DataSource>
  ) {
    self.modes = modes
    self.extremes = extremes
    self.words = words
    self.redacted = redacted
    self.withheld = withheld
    self.resolutionSeconds = resolutionSeconds
    self.recipients = recipients
    self.held = held
  }

  func mode(_ signal: String) -> Mode { modes[signal] ?? .deny }
  func withholds(_ signal: String) -> Bool { withheld.contains { matches($0, signal) } }
}

struct Model {
  struct AcceptedKey: Hashable {
    let supplier: String
    let revision: Int
  }

  struct Accepted: Equatable {
    let offer: OfferHalf
    /// The names that the offer's patterns came to, by source.
    let signals: [DataSource: Set<String>]
    let extremes: [DataSource: Set<String>]
  }

  /// What only the ledger remembers.
  struct Memory {
    var accepted: [AcceptedKey: Accepted] = [:]
    /// Rule 9: nothing is shared until the offer is accepted anew.
    var waits = false
    /// The modification time of the consent by which something was revoked last.
    var revokedModified = Int64.min
  }

  /// An unbroken time in which one source is shared with one recipient.
  final class Grant {
    let number: Int
    let source: DataSource
    let recipient: String
    var isClosed = false

    init(_ number: Int, _ source: DataSource, _ recipient: String) {
      (self.number, self.source, self.recipient) = (number, source, recipient)
    }
  }

  var consent = HalfFile(half: ConsentHalf())
  var consentModified: Int64 = 0
  var offer = HalfFile(half: OfferHalf())
  private(set) var memory = Memory()
  private(set) var grants: [Grant] = []
  private(set) var open: [DataSource: Grant] = [:]
  /// Boot clock at which the agent first saw what the files say now; nil before it looked.
  private(set) var unchangedSince: Int64?
  private var seen: Seen?
  private var memo: (seen: Seen, judgement: Judgement)?

  /// What a judgement depends on.
  private struct Seen: Equatable {
    var consent: ConsentHalf?
    /// Of a consent that is not believed nothing is known, but that it may be another one.
    var doubt: HalfFile<ConsentHalf>?
    var offer: OfferHalf?
    var isOver: Bool
    var accepted: Accepted?
    var waits: Bool
  }

  /// An older file than that by which something was revoked does not bring it back.
  private var believedConsent: ConsentHalf? {
    consentModified < memory.revokedModified ? nil : consent.believed
  }

  private func accepted(by consent: ConsentHalf) -> Accepted? {
    guard let supplier = consent.supplier, let revision = consent.accepts else { return nil }
    return memory.accepted[AcceptedKey(supplier: supplier, revision: revision)]
  }

  private func current(_ wallMilliseconds: Int64) -> Seen {
    let now = max(wallMilliseconds, trustedMilliseconds)
    let isOver = consent.half.untilDay.map { $0 * 86_400_000 <= now } ?? false
    let believed = believedConsent
    return Seen(
      consent: believed, doubt: believed == nil ? consent : nil, offer: offer.believed,
      isOver: isOver, accepted: believed.flatMap { accepted(by: $0) }, waits: memory.waits)
  }

  /// The latest moment that somebody vouched for, as the ledger has it, brought forward to now: an agreement ends by
  /// it although the clock was set back.
  var trustedMilliseconds = Int64.min

  /// What the files allow at this moment.
  mutating func judge(_ wallMilliseconds: Int64) -> Judgement {
    let now = current(wallMilliseconds)
    if let memo, memo.seen == now { return memo.judgement }
    let judgement = judgement(isOver: now.isOver)
    memo = (now, judgement)
    return judgement
  }

  /// The agent noted by which consent something was removed: that of a deletion is not known here.
  mutating func noteRevocation(_ modified: Int64) {
    memory.revokedModified = max(memory.revokedModified, modified)
  }

  /// The agent looks: it keeps what is accepted, and grants begin and end.
  mutating func agentLooks(wallMilliseconds: Int64, bootMilliseconds: Int64) -> Judgement {
    accept(wallMilliseconds)
    let now = current(wallMilliseconds)
    if now != seen { (seen, unchangedSince) = (now, bootMilliseconds) }
    let judgement = judge(wallMilliseconds)
    guard let words = judgement.words else { return judgement }
    for source in DataSource.allCases {
      if words[source] != .share {
        if open[source] != nil {
          memory.revokedModified = max(memory.revokedModified, consentModified)
        }
        close(source)
      } else if let recipient = judgement.recipients[source], open[source]?.recipient != recipient {
        close(source)
        let grant = Grant(grants.count, source, recipient)
        grants.append(grant)
        open[source] = grant
      }
    }
    return judgement
  }

  private mutating func close(_ source: DataSource) {
    open[source]?.isClosed = true
    open[source] = nil
  }

  /// A start of the agent looks anew, and the thirty seconds begin again.
  mutating func agentStarts() { (seen, unchangedSince) = (nil, nil) }

  /// The spool is gone, or an old one came back: no grant goes on.
  mutating func forgetGrants() { for source in DataSource.allCases { close(source) } }

  /// Another ledger stands there, or none.
  mutating func remember(_ other: Memory, waits: Bool) {
    memory = other
    memory.waits = waits
  }

  /// `accord consent accept`.
  mutating func acceptByCommand() {
    guard let offer = offer.believed else { return }
    memory.waits = false
    memory.revokedModified = min(memory.revokedModified, consentModified)
    freeze(offer)
  }

  /// Rule 3: what is accepted is frozen the first time that the agent sees it.
  private mutating func accept(_ wallMilliseconds: Int64) {
    guard !memory.waits, let consent = believedConsent, let offer = offer.believed,
      !current(wallMilliseconds).isOver, consent.modes.values.contains(.share),
      consent.supplier == offer.supplier, consent.accepts == offer.revision
    else { return }
    let key = AcceptedKey(supplier: offer.supplier, revision: offer.revision)
    if memory.accepted[key] == nil { freeze(offer) }
  }

  private mutating func freeze(_ offer: OfferHalf) {
    func expand(_ patterns: [String], _ source: DataSource) -> Set<String> {
      Set(
        Machine.signals.filter { signal in
          signal.source == source && patterns.contains { asks($0, signal.name) }
        }.map(\.name))
    }
    memory.accepted[AcceptedKey(supplier: offer.supplier, revision: offer.revision)] = Accepted(
      offer: offer,
      signals: Dictionary(
        uniqueKeysWithValues: offer.requests.map { ($0, expand($1.signals, $0)) }),
      extremes: Dictionary(
        uniqueKeysWithValues: offer.requests.map { ($0, expand($1.extremes, $0)) }))
  }
}

extension Model {
  private func judgement(isOver: Bool) -> Judgement {
    let readable = believedConsent
    var redactions = readable?.redactions ?? [:]
    // It identifies, so it is dropped unless the customer names it.
    redactions["host.name"] = redactions["host.name"] ?? "drop"
    let redacted = Set(redactions.filter { $0.value != "keep" }.keys)
    let inForce = isOver ? nil : readable
    var (modes, extremes): ([String: Mode], Set<String>) = ([:], [])
    var (resolutions, recipients): ([DataSource: Int64], [DataSource: String]) = ([:], [:])
    var held: Set<DataSource> = []
    for source in DataSource.allCases {
      guard let inForce, let mode = inForce.modes[source], mode != .deny else { continue }
      let sharing = mode == .share ? sharing(source, inForce) : nil
      if let sharing, let request = sharing.request {
        resolutions[source] = max(
          inForce.resolutionSeconds[source] ?? 0, request.resolutionSeconds,
          sharing.accepted.offer.requests[source]!.resolutionSeconds)
        recipients[source] = "\(sharing.accepted.offer.supplier) \(sharing.accepted.offer.endpoint)"
      }
      // A shared source that is held is not even sampled.
      if mode == .share, sharing == nil {
        held.insert(source)
        continue
      }
      for signal in Machine.signals where signal.source == source {
        if inForce.withheld.contains(where: { matches($0, signal.name) }) { continue }
        if signal.isFact, redactions[signal.name] == "drop" { continue }
        let isShared = sharing.map { $0.shares(signal.name, source) } ?? false
        modes[signal.name] = isShared ? .share : .local
        if isShared, sharing!.sharesExtremes(signal.name, source) { extremes.insert(signal.name) }
      }
    }
    return Judgement(
      modes: modes, extremes: extremes,
      words: inForce.map { consent in
        Dictionary(
          uniqueKeysWithValues: DataSource.allCases.map { ($0, consent.modes[$0] ?? .deny) })
      }, redacted: redacted, withheld: readable?.withheld ?? [], resolutionSeconds: resolutions,
      recipients: recipients, held: held)
  }

  private struct Sharing {
    let accepted: Accepted
    let request: OfferHalf.Request?

    func shares(_ signal: String, _ source: DataSource) -> Bool {
      request?.signals.contains { asks($0, signal) } ?? false
        && accepted.signals[source]?.contains(signal) ?? false
    }

    func sharesExtremes(_ signal: String, _ source: DataSource) -> Bool {
      request?.extremes.contains { matches($0, signal) } ?? false
        && accepted.extremes[source]?.contains(signal) ?? false
    }
  }

  /// Accepted ∩ today's offer, nil when the source is held.
  private func sharing(_ source: DataSource, _ consent: ConsentHalf) -> Sharing? {
    guard !memory.waits, let offer = offer.believed, let supplier = consent.supplier,
      supplier == offer.supplier,
      let revision = consent.accepts,
      let accepted = memory.accepted[AcceptedKey(supplier: supplier, revision: revision)],
      offer.endpoint == accepted.offer.endpoint
    else { return nil }
    guard let request = offer.requests[source], let agreed = accepted.offer.requests[source] else {
      return Sharing(accepted: accepted, request: nil)
    }
    let isChanged =
      request.purpose != agreed.purpose || request.benefit != agreed.benefit
      || request.retentionDays > agreed.retentionDays
      || request.resolutionSeconds < agreed.resolutionSeconds
    return isChanged ? nil : Sharing(accepted: accepted, request: request)
  }
}

/// Whether a pattern of the offer asks for a signal: what identifies has to be named.
private func asks(_ pattern: String, _ signal: String) -> Bool {
  signal == "host.name" ? pattern == signal : matches(pattern, signal)
}
