/// The numbers of a chart: a row for each series, whether it was drawn or not.
struct ChartTable {
  let chart: Chart
  let content: ReportContent

  init(_ chart: Chart, _ content: ReportContent) {
    self.chart = chart
    self.content = content
  }

  func write(_ page: inout HTMLWriter) {
    page.element("details") { page in
      page.element("summary") { page in
        page.text("Numbers")
        page.element("span.hidden", " of \(chart.title)")
      }
      TableWriter.write(
        columns: columns, rows: chart.lines.map { row($0) } + referenceRows,
        label: "Numbers of \(chart.title)", numeric: 1...4, &page)
    }
  }

  private var columns: [String] {
    ["series", "min", "mean", "max", "last", "from", "to", "readings"]
  }

  private func row(_ line: Chart.Line) -> [String] {
    let trace = line.trace
    return [line.label]
      + [trace.minimum, trace.mean, trace.maximum, trace.last].map {
        chart.quantity.text($0, digits: 4)
      }
      + [
        Moment.short(trace.firstMilliseconds), Moment.short(trace.lastMilliseconds),
        Numeral.grouped(String(trace.count)),
      ]
  }

  private var referenceRows: [[String]] {
    chart.references.map {
      [$0.label, "", "", "", chart.quantity.text($0.value, digits: 4), "", "", ""]
    }
  }
}

/// A table that scrolls within itself where the page is too narrow for it.
enum TableWriter {
  static func write(
    columns: [String], rows: [[String]], label: String, numeric: ClosedRange<Int>? = nil,
    links: [Int: String] = [:], _ page: inout HTMLWriter
  ) {
    page.element("div.scroll", [("tabindex", "0"), ("role", "region"), ("aria-label", label)]) {
      page in
      page.element("table") { page in
        page.element("thead") { page in
          page.element("tr") { page in
            for (index, column) in columns.enumerated() {
              cell("th", column, numeric?.contains(index) ?? false, [("scope", "col")], &page)
            }
          }
        }
        page.element("tbody") { page in
          for (number, row) in rows.enumerated() {
            page.element("tr") { page in
              for (index, text) in row.enumerated() {
                if index == 0 {
                  head(text, links[number], &page)
                } else {
                  cell("td", text, numeric?.contains(index) ?? false, [], &page)
                }
              }
            }
          }
        }
      }
    }
  }

  private static func cell(
    _ name: StaticString, _ text: String, _ isNumber: Bool,
    _ attributes: [(name: StaticString, value: String)], _ page: inout HTMLWriter
  ) {
    page.element(name, attributes + (isNumber ? [("class", "number")] : []), text)
  }

  private static func head(_ text: String, _ link: String?, _ page: inout HTMLWriter) {
    page.element("th", [("scope", "row")]) { page in
      if let link { page.element("a", [("href", link)], text) } else { page.text(text) }
    }
  }
}
