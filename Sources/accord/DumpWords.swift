// What stands in every dump, whosever it is: the words of the manifest, the names of sections and files, the frame of
// the page, the kinds of the ledger's rows. An identity that is spelled like one of them identifies nobody.

internal import Dump
internal import Handshake
internal import Recording
internal import Reporting
internal import Telemetry

enum DumpWords {
  static var all: [UInt8] {
    var words = [
      Manifest.words,
      "index.html manifest.json summary.json dump.log txt jsonl sections/ledger.jsonl csv",
      Ledger.Event.allCases.map(\.rawValue).joined(separator: " "), ledgerKeys,
      Catalog.signals.map(\.name).joined(separator: " "), String(decoding: page, as: UTF8.self),
    ]
    words += DumpSections.all.map { "\($0.name) \($0.title) \($0.source?.name ?? "")" }
    words += DataSource.allCases.map(\.name)
    return Array(words.joined(separator: "\n").utf8)
  }

  /// The keys of the rows' details, and the words that they take: see LedgerEvent.
  private static let ledgerKeys = """
    accord-ledger accepted agreement accepted_by allow because batches bytes by_ms case cause clock consent counts \
    customer database deletion deny detail dump endpoint file grant has_logs hash held history identity in-force \
    is_overridden is_taken kind local lost none number offer outcome previous readings reason recut redacted refused \
    rejected revision row seconds series share source sources spool standing status supplier terms through upload
    """

  /// A page with nothing in it but its frame and its styles.
  private static var page: [UInt8] {
    let window = ReportWindow(sinceMilliseconds: 0, untilMilliseconds: 1_000)
    return ReportPage.html(
      ReportContent(
        title: "", madeMilliseconds: 0, window: window, agreement: "",
        sources: ReportContent.Table(title: "", columns: [], rows: [])))
      + Array(
        " svg path rect line circle text figure stroke fill points transform viewBox role".utf8)
  }
}
