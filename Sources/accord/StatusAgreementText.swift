// The rows of `accord status` on the agreement: what is agreed about each source, by which line, and what was removed.

internal import Handshake
internal import Health
internal import Linux
internal import Recording
internal import TOML
internal import Telemetry

extension ApplianceStatus {
  /// Deletions of a source that are shown: of the spool and of the history.
  private static let deletionsMax = 2

  var agreementRows: [[String]] {
    var rows = [["agreement", agreementText]]
    if let waiting = waitingOffer {
      rows.append([
        "offer", "\(waiting.supplier) offers revision \(waiting.revision): accord consent accept",
      ])
    }
    for source in DataSource.allCases where isWorthALine(source) { rows += sourceRows(source) }
    let silent = DataSource.allCases.filter { !isWorthALine($0) }
    if agreement.standing == .inForce, let place = agreement.consent?.sourcesPlace, !silent.isEmpty
    {
      let rule = FilePlace(file: agreement.consentFile, place: place).short
      rows.append([
        "  others", "deny     \(rule)  not named: \(silent.map(\.name).joined(separator: ", "))",
      ])
    }
    return rows
  }

  private var agreementText: String {
    switch agreement.standing {
    case .none:
      return "none: nothing is sampled or sent"
        + (holdsAnything ? "; what was kept stays, until a consent says \"deny\"" : "")
    case .held: return "held: \(agreement.untilMended); what was kept stays"
    case .inForce where agreement.offerProblem != nil:
      return "sharing is held: \(agreement.untilMended); what was kept stays"
    case .inForce:
      let until = agreement.consent?.until.map { ", until \($0.value)" } ?? ""
      guard let offer = agreement.offer, let accepted = agreement.consent?.accepts?.value else {
        return "in force\(until); nothing is shared"
      }
      return "in force with \(offer.supplier.value), revision \(accepted)\(until)"
    }
  }

  /// A source that the customer names, or of which something was removed.
  private func isWorthALine(_ source: DataSource) -> Bool {
    agreement.consent?.sources[source] != nil || !deletionsWorthALine(of: source).isEmpty
  }

  /// What was removed, or is owed. A deletion that found nothing is none.
  private func deletionsWorthALine(
    of source: DataSource
  ) -> [(database: String, deletion: Deletion)] {
    deletions(of: source).filter { $0.deletion.doneMilliseconds == nil || !$0.deletion.isNothing }
  }

  private func sourceRows(_ source: DataSource) -> [[String]] {
    let terms = agreement.terms(of: source)
    let state = terms.isHeld ? "held" : terms.decision.verdict.name
    let padded = state + String(repeating: " ", count: max(0, 7 - state.count))
    let every =
      terms.resolutionMilliseconds.map { ", one reading every \(Output.duration($0))" } ?? ""
    var rows = [
      [
        "  \(source.name)",
        "\(padded)  \(terms.decision.rule.short)  \(terms.decision.reason)\(every)",
      ]
    ]
    for (database, deletion) in deletionsWorthALine(of: source).suffix(Self.deletionsMax) {
      let what = deletion.extent + " from the \(database)"
      if let done = deletion.doneMilliseconds {
        rows.append(["", "         removed \(what) at \(CalendarTime.rfc3339(milliseconds: done))"])
      } else {
        rows.append(["", "         deletion owed: \(what)"])
      }
    }
    if let due = daemon?.deletionDueInMs, !terms.isHeld, terms.decision.verdict != .share,
      holdsSomething(of: source)
    {
      rows.append([
        "",
        "         what was kept is removed in \(due / 1000) s, if this stands unchanged until then",
      ])
    }
    return rows
  }

  var holdsAnything: Bool {
    !(spool?.totals ?? []).isEmpty || !(history?.totals ?? []).isEmpty
  }

  private func holdsSomething(of source: DataSource) -> Bool {
    let isDenied = agreement.terms(of: source).decision.verdict == .deny
    let totals = (spool?.totals ?? []) + (isDenied ? history?.totals ?? [] : [])
    return totals.contains { $0.source == source }
  }
}

extension Deletion {
  /// Whether it found nothing to remove.
  var isNothing: Bool {
    batches == 0 && readings == 0 && series == 0 && redacted == 0 && recut == 0
  }

  /// "3 batches, 558 readings"; of a partial deletion "12 series, 3 redacted", and what that came to once it is done.
  var extent: String {
    let batches = isPartial && batches == 0 ? nil : Output.count(batches, "batch")
    let isKnown = !isPartial || doneMilliseconds != nil
    let parts = [
      isPartial ? "\(Output.count(series)) series" : nil,
      redacted > 0 ? "\(Output.count(redacted)) redacted" : nil, batches,
      recut > 0 ? "\(Output.count(recut)) re-cut" : nil,
      isKnown ? Output.count(readings, "reading") : nil,
    ]
    return parts.compactMap(\.self).joined(separator: ", ")
  }
}
