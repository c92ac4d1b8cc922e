// The index page of a dump: the report, with what the agreement lets in, and a table of what is in the archive. The
// report is made in the process of its section; the table by the process that writes the archive, which alone knows.

internal import Configuration
internal import Dump
internal import Handshake
internal import Linux
internal import Reporting
internal import Telemetry

struct DumpPage {
  /// Writes the report to standard output.
  static func write(_ work: SectionWork) {
    let status = ApplianceStatus(work.locations)
    let findings = ApplianceHealth.findings(status, kernelRoot: work.kernelFolder)
      .filter(work.isShown)
    let scope = ReportScope(
      sources: Set(DataSource.allCases.filter(work.isAdmitted)), isShown: work.isShown,
      passes: { work.shown($0) == $0 })
    let content = ApplianceReport.content(
      status, scope, findings: findings,
      sinceMilliseconds: work.locations.clock.wallTimeMilliseconds - DumpLimits.pageSeconds * 1000,
      isNamed: false)
    SectionWriter.file("index.html")
    Process.write(ReportPage.html(content), to: 1)
  }

  /// The page with the table of the archive; without a report, because its section failed, the table alone.
  static func html(_ written: [UInt8]?, _ manifest: Manifest) -> [UInt8] {
    let table = ReportContent.Table(
      title: "What is in this archive",
      note: "Digests and durations stand in manifest.json.",
      columns: ["section", "source", "state", "bytes", "why"],
      rows: manifest.sections.map { section in
        ReportContent.Table.Row(
          [
            section.title, section.source ?? "the agent", section.status.rawValue,
            Output.count(section.files.reduce(0) { $0 + $1.bytes }), section.reason,
          ], link: section.files.first?.path)
      })
    return ReportPage.adding(table, to: written)
  }
}
