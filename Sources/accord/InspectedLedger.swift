internal import Digest
internal import Dump
internal import FoundationEssentials
internal import Linux
internal import Recording

/// The rows of sections/ledger.jsonl, and whether their chain holds: see Recording.LedgerExport.
struct InspectedLedger {
  private struct Line: Decodable {
    let number: Int64?
    let atMs: Int64?
    let kind: String?
    let detail: String?
    let hash: String
    /// Only in the first line: the row before the first that is there.
    let after: Int64?
  }

  private(set) var rows: [LedgerRow] = []
  /// Nil when a line is no row: then `problem` says which.
  private(set) var verdict: ChainVerdict?
  private(set) var problem: String?

  /// As many as an appliance keeps (Limits.ledgerRowsKept and a lot), with room.
  private static let linesMax = 100_000
  /// The longest that an appliance writes tells of a request's 96 batches, with holes between all of them: 3 KiB.
  private static let detailBytesMax = 64 * 1024

  /// - Parameter isCut: whether the manifest says that the file was longer; then its last line may be half a line.
  init(_ content: [UInt8], isCut: Bool) {
    guard content.count <= DumpLimits.fileBytesMax else {
      problem = "the ledger has more than \(Output.size(Int64(DumpLimits.fileBytesMax)))"
      return
    }
    var lines = content.split(separator: UInt8(ascii: "\n"), maxSplits: Self.linesMax)
    if isCut, content.last != UInt8(ascii: "\n") { lines = lines.dropLast() }
    guard lines.count <= Self.linesMax else {
      problem = "the ledger has more than \(Self.linesMax) rows"
      return
    }
    var start: ChainCheck.Start?
    let decoder = InspectedManifest.decoder
    for (index, bytes) in lines.enumerated() {
      guard let line = try? decoder.decode(Line.self, from: Data(bytes)),
        let hash = Hexadecimal.bytes(line.hash)
      else {
        problem = "line \(index + 1) of the ledger is no row"
        return
      }
      if index == 0, let after = line.after {
        start = ChainCheck.Start(number: after, hash: hash, checkpoint: nil)
      } else if let number = line.number, let time = line.atMs, let kind = line.kind,
        let detail = line.detail, detail.utf8.count <= Self.detailBytesMax
      {
        rows.append(LedgerRow(number, time, kind, detail, hash: hash))
      } else {
        problem = "line \(index + 1) of the ledger is no row"
        return
      }
    }
    verdict = check(start)
    if case .broken(let row, let fault) = verdict {
      problem = "the ledger's chain is broken: row \(row) \(fault.description)"
    }
  }

  private func check(_ start: ChainCheck.Start?) -> ChainVerdict {
    var check = ChainCheck(after: start ?? newestCheckpoint ?? .first)
    for row in rows {
      let isCheckpoint = row.kind == Ledger.Event.checkpoint.rawValue
      let through = isCheckpoint ? LedgerDetail(row.detail)?.number("through") : nil
      if let verdict = check.follow(row, through: through) { return verdict }
    }
    return check.verdict
  }

  private var newestCheckpoint: ChainCheck.Start? {
    let row = rows.filter { $0.kind == Ledger.Event.checkpoint.rawValue }
      .max { $0.number < $1.number }
    guard let row, let detail = LedgerDetail(row.detail) else { return nil }
    return ChainCheck.Start(
      number: detail.number("through"), hash: Hexadecimal.bytes(detail.text("hash") ?? "") ?? [],
      checkpoint: row.number)
  }

  // MARK: the timeline

  /// One line of the timeline: a row, or a run of deliveries that were accepted.
  struct Moment {
    let first: LedgerRow
    let last: LedgerRow
    let count: Int

    var sentence: String {
      let text = LedgerSentence.sentence(first, nil)
      guard count > 1 else { return text }
      return "\(Output.count(Int64(count))) deliveries accepted, the last at "
        + CalendarTime.rfc3339(milliseconds: last.atMilliseconds)
    }
  }

  /// In the order in which it was written: clocks may have been set between.
  ///
  /// - Parameter isEveryRow: whether deliveries that follow one another stay apart.
  func timeline(isEveryRow: Bool) -> [Moment] {
    var moments: [Moment] = []
    var wasAccepted = false
    for row in rows {
      let isAccepted =
        row.kind == Ledger.Event.upload.rawValue
        && LedgerDetail(row.detail)?.text("outcome") == "accepted"
      if !isEveryRow, isAccepted, wasAccepted, let before = moments.last {
        moments[moments.count - 1] = Moment(first: before.first, last: row, count: before.count + 1)
      } else {
        moments.append(Moment(first: row, last: row, count: 1))
      }
      wasAccepted = isAccepted
    }
    return moments
  }
}
