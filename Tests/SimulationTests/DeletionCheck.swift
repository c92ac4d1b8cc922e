// Rules 5 and 6, the other way round as well: what must be gone is gone, and nothing else is.

import Recording
import SQLite
import Telemetry
import TestSupport

extension Records {
  func lookForDeletions(
    _ database: borrowing Database, _ file: inout File, _ isSpool: Bool,
    _ appliance: SimulatedAppliance
  ) throws {
    for source in DataSource.allCases where appliance.isSettled {
      allow(&file, source, isSpool, appliance)
      guard appliance.isDeletionDue(source, isSpool) else { continue }
      guard appliance.isCalm(ticks: 4) else { continue }
      let place = isSpool ? "spool" : "history"
      let shown = try database.integer(
        "SELECT count(*) FROM live WHERE source = \(source.rawValue)"
          + (isSpool ? " AND NOT is_open" : ""))
      if shown > 0 { throw Leak("\(shown) batches of \(source.name) still show in the \(place)") }
      guard appliance.isCalm(ticks: 10) else { continue }
      let kept = try database.integer(
        "SELECT count(*) FROM batches WHERE source = \(source.rawValue)"
          + (isSpool
            ? " AND \"grant\" IN (SELECT number FROM grants WHERE closed_ms IS NOT NULL)" : ""))
      if kept > 0 { throw Leak("\(kept) batches of \(source.name) are still in the \(place)") }
      // Once for each calm: it reads the whole file.
      guard appliance.calmTicks == 11, source == .environment,
        !isSpool || appliance.lastJudgement?.words?[source] != .share
      else { continue }
      for suffix in ["", "-wal"] where Self.holds(database.path + suffix, "ethcanary") {
        throw Leak("the name of a device is still in the \(place)")
      }
    }
    if appliance.isSettled, appliance.calmTicks == 6, appliance.isCalm(ticks: 4),
      let judgement = appliance.lastJudgement
    {
      try lookAtNames(database, judgement)
    }
    try lookForLosses(database, &file, isSpool)
  }

  /// What may go by now: what closed grants left, what is denied; and where the customer withholds, redacts or
  /// coarsens, what that leaves nothing of.
  private func allow(
    _ file: inout File, _ source: DataSource, _ isSpool: Bool, _ appliance: SimulatedAppliance
  ) {
    guard let judgement = appliance.lastJudgement else { return }
    let half = appliance.model.consent.half
    let isTightened =
      !judgement.withheld.isEmpty || !half.redactions.isEmpty
      || half.resolutionSeconds[source] != nil
    if !isSpool {
      guard isTightened || judgement.words?[source] == .deny else { return }
      file.deletable[source.name] = file.counts[source.name]
      return
    }
    let isHeld = judgement.held.contains(source)
    for (id, grant) in grants
    where grant.source == source && (grant.isClosed && !isHeld || isTightened) {
      file.deletable[id] = file.counts[id]
    }
    counters.takeAway { series in
      judgement.withholds(series.signal)
        || series.attributes.keys.contains(where: judgement.redacted.contains)
    }
  }

  /// The dictionaries name nothing that is withheld, and nothing in clear that is redacted.
  func lookAtNames(_ database: borrowing Database, _ judgement: Judgement) throws {
    for series in try Self.series(database).values {
      if judgement.withholds(Self.base(series.signal)) {
        throw Leak("\(series.signal) is withheld and still named in \(database.path)")
      }
      if let key = Self.clear(series.attributes, judgement) {
        throw Leak("\(key) of \(series.signal) is still in clear in \(database.path)")
      }
    }
    var rows = try database.prepare("SELECT content FROM facts")
    while try rows.step() {
      for fact in AttributeText.decode(rows.text(0)) ?? [] {
        if judgement.withholds(fact.key) || Self.clear([fact], judgement) != nil {
          throw Leak("\(fact.key) is still kept in \(database.path)")
        }
      }
    }
  }

  private func lookForLosses(
    _ database: borrowing Database, _ file: inout File, _ isSpool: Bool
  ) throws {
    var counts: [String: Int64] = [:]
    var rows = try database.prepare(
      isSpool
        ? """
        SELECT g.id, count(*) FROM batches AS b JOIN grants AS g ON g.number = b."grant" GROUP BY g.id
        """ : "SELECT source, sum(batches) FROM totals GROUP BY source")
    while try rows.step() {
      let name =
        isSpool ? rows.text(0) : DataSource(rawValue: UInt8(rows.integer(0)))?.name ?? "?"
      counts[name] = rows.integer(1)
    }
    for (name, count) in file.counts.sorted(by: { $0.key < $1.key })
    where counts[name, default: 0] < count {
      let lost = count - counts[name, default: 0]
      guard lost <= file.deletable[name, default: 0] else {
        throw Leak("\(lost) batches of \(name) were removed, and nobody said so")
      }
      file.deletable[name, default: 0] -= lost
      deletions += 1
    }
    file.counts = counts
  }
}

extension SimulatedAppliance {
  /// Whether the customer's word has stood for half a minute.
  var isSettled: Bool {
    guard let since = model.unchangedSince, lastJudgement?.words != nil else { return false }
    return clock.bootTimeMilliseconds >= since + 30_000
  }

  /// Whether all that was kept of a source in the history, or by its closed grants in the spool, has to go.
  func isDeletionDue(_ source: DataSource, _ isSpool: Bool) -> Bool {
    guard isSettled, let judgement = lastJudgement, !judgement.held.contains(source) else {
      return false
    }
    return isSpool || judgement.words?[source] == .deny
  }

  /// Whether nothing but ticks has happened for so long. A clock that was set back may leave the agent in doubt
  /// where the model sees none, and so may a consent that is older than another.
  func isCalm(ticks: Int) -> Bool {
    let end = model.consent.half.untilDay.map { $0 * 86_400_000 } ?? .max
    return agent != nil && calmTicks > ticks && end > latestMilliseconds + 86_400_000
      && model.consentModified >= newestModified
  }
}
