// The page: one file that loads nothing and runs nothing. What matters most stands first: how the appliance is, what is
// wrong and what to do; then what it is, what is agreed, what was delivered; then the charts.

internal import Health

package enum ReportPage {
  /// The whole page in UTF-8.
  package static func html(_ content: ReportContent) -> [UInt8] {
    var page = HTMLWriter()
    page.markup("<!DOCTYPE html>\n")
    page.element("html", [("lang", "en")]) { page in
      writeHead(content, &page)
      page.element("body") { page in
        writeHeader(content, &page)
        page.element("main") { page in
          writeHealth(content, &page)
          writeFacts(content, &page)
          writeContents(content, &page)
          writeAgreement(content, &page)
          writeDelivery(content, &page)
          writeEvents(content, &page)
          for section in Chart.Section.allCases { writeCharts(section, content, &page) }
          writeMissing(content, &page)
          for table in content.appendix { write(table, heading: "h2", &page) }
        }
        writeFooter(content, &page)
      }
    }
    page.markup("\n")
    return page.bytes
  }

  private static func writeHead(_ content: ReportContent, _ page: inout HTMLWriter) {
    page.element("head") { page in
      page.empty("meta", [("charset", "utf-8")])
      // Whatever is in this file, nothing of it runs or loads anything.
      page.empty(
        "meta",
        [
          ("http-equiv", "Content-Security-Policy"),
          ("content", "default-src 'none'; style-src 'unsafe-inline'"),
        ])
      page.empty(
        "meta", [("name", "viewport"), ("content", "width=device-width, initial-scale=1")])
      page.empty("meta", [("name", "color-scheme"), ("content", "light dark")])
      page.element(
        "title", "\(content.title) – Accord report of \(Moment.date(content.madeMilliseconds))")
      page.markup("<style>")
      page.markup(ReportStyle.text)
      page.markup("</style>")
    }
  }

  private static func writeHeader(_ content: ReportContent, _ page: inout HTMLWriter) {
    page.element("header") { page in
      page.element("p.brand", "Accord report")
      page.element("h1", content.title)
      page.element(
        "p.meta",
        "\(Moment.text(content.window.sinceMilliseconds)) to \(Moment.text(content.window.untilMilliseconds))"
      )
    }
  }

  // MARK: is it well

  private static func writeHealth(_ content: ReportContent, _ page: inout HTMLWriter) {
    page.element("section", [("class", "health \(content.health.name)"), ("id", "health")]) {
      page in
      page.element("h2") { page in
        icon(content.health, &page)
        page.text(content.health.headline)
      }
      if content.findings.isEmpty {
        page.element("p.remark", "Nothing was found that needs attention.")
      } else {
        page.element("ul.findings") { page in
          for finding in content.findings { write(finding, &page) }
        }
      }
      for problem in content.problems {
        page.element("p.problem", "Could not be read: \(problem)")
      }
    }
  }

  private static func write(_ finding: HealthFinding, _ page: inout HTMLWriter) {
    page.element("li", [("class", finding.level.name)]) { page in
      page.element("span.badge") { page in
        icon(finding.level, &page)
        page.text(finding.level.name)
      }
      page.element("div") { page in
        page.element("strong", finding.subject)
        page.element("p", "\(finding.sentence).")
        if !finding.remedy.isEmpty {
          page.element("p.remedy") { page in
            page.element("b", "To do:")
            // Without a full stop: it may end with a command.
            page.text(" \(finding.remedy)")
          }
        }
      }
    }
  }

  /// A shape for each level, so that colour is not the only sign.
  private static func icon(_ level: HealthLevel, _ page: inout HTMLWriter) {
    page.element("svg", [("class", "icon"), ("viewBox", "0 0 20 20"), ("aria-hidden", "true")]) {
      page in
      switch level {
      case .good: page.markup("<circle cx='10' cy='10' r='9'/><path d='M5.5 10.5l3 3 6-7'/>")
      case .notice: page.markup("<circle cx='10' cy='10' r='9'/><path d='M10 9v5.5M10 5.2v1.2'/>")
      case .warning:
        page.markup("<path class='shape' d='M10 1.5 19 18H1z'/><path d='M10 7.5v5M10 14.6v1'/>")
      case .critical:
        page.markup(
          """
          <path class='shape' d='M6.3 1h7.4L19 6.3v7.4L13.7 19H6.3L1 13.7V6.3z'/>\
          <path d='M6.8 6.8l6.4 6.4M13.2 6.8l-6.4 6.4'/>
          """
        )
      }
    }
  }

  // MARK: what it is, what is agreed

  private static func writeFacts(_ content: ReportContent, _ page: inout HTMLWriter) {
    guard !content.facts.isEmpty else { return }
    page.element("section", [("id", "appliance")]) { page in
      page.element("h2", "This appliance")
      writeEntries(content.facts, &page)
    }
  }

  private static func writeEntries(_ entries: [ReportContent.Entry], _ page: inout HTMLWriter) {
    page.element("dl.entries") { page in
      for entry in entries {
        page.element("div") { page in
          page.element("dt", entry.name)
          page.element("dd", entry.value)
        }
      }
    }
  }

  private static func writeContents(_ content: ReportContent, _ page: inout HTMLWriter) {
    page.element("nav", [("aria-label", "Contents")]) { page in
      page.element("ul") { page in
        func entry(_ id: String, _ words: String) {
          page.element("li") { $0.element("a", [("href", "#\(id)")], words) }
        }
        entry("agreement", "Agreement")
        if !content.delivery.isEmpty { entry("delivery", "Delivery") }
        if !content.events.isEmpty { entry("events", "Events") }
        for section in Chart.Section.allCases
        where content.charts.contains(where: { $0.section == section }) {
          entry(identifier(section), section.title)
        }
        for table in content.appendix { entry(identifier(table), table.title) }
      }
    }
  }

  private static func identifier(_ section: Chart.Section) -> String {
    "charts-\(section.rawValue)"
  }

  static func identifier(_ table: ReportContent.Table) -> String {
    "table-" + String(table.title.lowercased().map { $0.isASCII && $0.isLetter ? $0 : "-" })
  }

  private static func writeAgreement(_ content: ReportContent, _ page: inout HTMLWriter) {
    page.element("section", [("id", "agreement")]) { page in
      page.element("h2", "Agreement")
      page.element("p", content.agreement)
      if !content.sources.rows.isEmpty { writeRows(content.sources, &page) }
    }
  }

  private static func writeDelivery(_ content: ReportContent, _ page: inout HTMLWriter) {
    guard !content.delivery.isEmpty else { return }
    page.element("section", [("id", "delivery")]) { page in
      page.element("h2", "Delivery")
      writeEntries(content.delivery, &page)
    }
  }

  private static func writeRows(_ table: ReportContent.Table, _ page: inout HTMLWriter) {
    var links: [Int: String] = [:]
    for (number, row) in table.rows.enumerated() { links[number] = row.link }
    TableWriter.write(
      columns: table.columns, rows: table.rows.map(\.cells), label: table.title, links: links, &page
    )
  }

  static func write(
    _ table: ReportContent.Table, heading: StaticString, _ page: inout HTMLWriter
  ) {
    page.element("section", [("id", identifier(table))]) { page in
      page.element(heading, table.title)
      if !table.note.isEmpty { page.element("p", table.note) }
      if !table.rows.isEmpty { writeRows(table, &page) }
    }
  }

  // MARK: what happened, and the charts

  private static let eventsMax = 300

  private static func writeEvents(_ content: ReportContent, _ page: inout HTMLWriter) {
    guard !content.events.isEmpty else { return }
    page.element("section", [("id", "events")]) { page in
      page.element("h2", "Events")
      page.element("p.marks") { page in
        let kinds = TimelineEvent.Kind.allCases.filter { kind in
          content.events.contains { $0.kind == kind }
        }
        page.text("Marked above the charts: ")
        for kind in kinds {
          page.element("span") { page in
            if kind == .gap {
              page.element("i.gap", [("aria-hidden", "true")], "")
            } else {
              page.element("b", kind.letter)
            }
            page.text(" \(kind.name) (\(content.events.count { $0.kind == kind }))")
          }
        }
      }
      let newest = content.events.suffix(eventsMax)
      page.element("details", content.events.count <= 8 ? [("open", "")] : []) { page in
        page.element("summary", "\(content.events.count) events, newest first")
        TableWriter.write(
          columns: ["time (UTC)", "what", "details"],
          rows: newest.reversed().map {
            [Moment.short($0.milliseconds), $0.kind.name, $0.sentence]
          },
          label: "Events", &page)
      }
    }
  }

  private static func writeCharts(
    _ section: Chart.Section, _ content: ReportContent, _ page: inout HTMLWriter
  ) {
    let charts = content.charts.filter { $0.section == section && !$0.lines.isEmpty }
    guard !charts.isEmpty else { return }
    page.element("section", [("id", identifier(section))]) { page in
      page.element("h2", section.title)
      page.element("div.charts") { page in
        for chart in charts { ChartDrawing(chart, content).write(&page) }
      }
    }
  }

  private static func writeMissing(_ content: ReportContent, _ page: inout HTMLWriter) {
    guard !content.missing.isEmpty else { return }
    page.element("section", [("id", "missing")]) { page in
      page.element("h2", "Not drawn")
      page.element("ul") { page in
        for sentence in content.missing { page.element("li", sentence) }
      }
    }
  }

  private static func writeFooter(_ content: ReportContent, _ page: inout HTMLWriter) {
    page.element("footer") { page in
      page.element(
        "p",
        "Made \(Moment.text(content.madeMilliseconds)) by accord, on the appliance. All times are UTC. "
          + "Lines are means of "
          + "\(Moment.length(Int64(content.window.bucketMilliseconds))); the shade around a line reaches from the "
          + "smallest to the greatest reading. This file loads nothing and runs nothing.")
    }
  }
}
