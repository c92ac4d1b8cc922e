// Rules 5 and 6, the other way round as well: what must be gone is gone, and nothing else is.

import SQLite
import Telemetry
import TestSupport

extension Records {
  func lookForDeletions(
    _ database: borrowing Database, _ file: inout File, _ isSpool: Bool,
    _ appliance: SimulatedAppliance
  ) throws {
    for source in DataSource.allCases where appliance.isDeletionDue(source, isSpool) {
      if isSpool {
        for grant in appliance.model.grants where grant.source == source && grant.isClosed {
          grant.isDeletable = true
        }
      } else {
        file.deletable[source.name] = file.counts[source.name]
      }
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
    try lookForLosses(database, &file, isSpool)
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
      if isSpool {
        guard grants[name]?.isDeletable ?? false else {
          throw Leak("\(lost) batches of the grant \(name) were removed, and nobody said so")
        }
      } else {
        guard lost <= file.deletable[name, default: 0] else {
          throw Leak("\(lost) batches of \(name) were removed from the history, and nobody said so")
        }
        file.deletable[name, default: 0] -= lost
      }
      deletions += 1
    }
    file.counts = counts
  }
}

extension SimulatedAppliance {
  /// Whether the customer's word has stood for half a minute, and nothing holds the source.
  func isDeletionDue(_ source: DataSource, _ isSpool: Bool) -> Bool {
    guard let since = model.unchangedSince, let judgement = lastJudgement,
      let word = judgement.words?[source], !judgement.held.contains(source),
      clock.bootTimeMilliseconds >= since + 30_000
    else { return false }
    return isSpool || word == .deny
  }

  /// Whether nothing but ticks has happened for so long. A clock that was set back may leave the agent in doubt
  /// where the model sees none, and so may a consent that is older than another.
  func isCalm(ticks: Int) -> Bool {
    let end = model.consent.half.untilDay.map { $0 * 86_400_000 } ?? .max
    return agent != nil && calmTicks > ticks && end > latestMilliseconds + 86_400_000
      && model.consentModified >= newestModified
  }
}
