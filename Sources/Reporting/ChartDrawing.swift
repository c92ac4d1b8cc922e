// A chart on the page. The drawing is an SVG that stretches with the page; the words beside it are HTML in places given
// in percent, so that they keep their size on a phone.

internal import Telemetry

struct ChartDrawing {
  let chart: Chart
  let content: ReportContent
  private let drawn: [Chart.Line]
  private let axis: ValueAxis
  private let references: [Chart.Reference]
  private let paths: ChartPaths
  private let timeTicks: [TimeAxis.Tick]

  init(_ chart: Chart, _ content: ReportContent) {
    self.chart = chart
    self.content = content
    drawn = chart.drawnLines
    let extremes = Self.extremes(chart, drawn, content.window)
    // A limit far above everything would press the lines flat.
    references = chart.references.filter {
      $0.value > 0 && $0.value <= 2.5 * max(extremes.upperBound, 0) && chart.range == nil
    }
    axis = ValueAxis(
      minimum: extremes.lowerBound,
      maximum: max(extremes.upperBound, references.map(\.value).max() ?? -.infinity),
      quantity: chart.quantity, beginsAtZero: chart.beginsAtZero, fixed: chart.range)
    paths = ChartPaths(axis, content.window)
    timeTicks = TimeAxis(content.window).ticks
  }

  private static func extremes(
    _ chart: Chart, _ drawn: [Chart.Line], _ window: ReportWindow
  ) -> ClosedRange<Double> {
    let traces = drawn.map(\.trace)
    switch chart.form {
    case .lines:
      let low = traces.map(\.minimum).min() ?? 0
      if case .perMinute = chart.quantity {
        let means = traces.flatMap { trace in
          (0..<window.bucketCount).compactMap { trace.mean(of: $0) }
        }
        return 0...max(0, means.max() ?? 0)
      }
      return low...max(low, traces.map(\.maximum).max() ?? 0)
    case .stack:
      let sums = (0..<window.bucketCount).map { bucket in
        traces.reduce(0) { $0 + ($1.mean(of: bucket) ?? 0) }
      }
      return 0...max(0, sums.max() ?? 0, chart.peaks.compactMap(\.self).max() ?? 0)
    case .bars:
      let sums = (0..<window.bucketCount).map { bucket in
        traces.reduce(0) { $0 + ($1.sum(of: bucket) ?? 0) }
      }
      return 0...max(0, sums.max() ?? 0)
    }
  }

  func write(_ page: inout HTMLWriter) {
    page.element("article.chart", [("id", chart.id)]) { page in
      page.element("div.head") { page in
        page.element("h3", chart.title)
        if !axis.symbol.isEmpty { page.element("span.unit", axis.symbol) }
      }
      page.element("div.plot") { page in
        writeValueLabels(&page)
        page.element("div.area") { page in
          writeDrawing(&page)
          writeMarks(&page)
          writeReferenceLabels(&page)
        }
        writeTimeLabels(&page)
      }
      writeLegend(&page)
      for remark in chart.remarks { page.element("p.remark", remark) }
      ChartTable(chart, content).write(&page)
    }
  }

  // MARK: the drawing

  private func writeDrawing(_ page: inout HTMLWriter) {
    let identifiers = (title: "t-\(chart.id)", words: "d-\(chart.id)")
    page.element(
      "svg",
      [
        ("viewBox", "0 0 \(paths.width) \(ChartPaths.height)"), ("preserveAspectRatio", "none"),
        ("role", "img"), ("aria-labelledby", "\(identifiers.title) \(identifiers.words)"),
      ]
    ) { page in
      page.element("title", [("id", identifiers.title)], chart.title)
      page.element("desc", [("id", identifiers.words)], description)
      if chart.showsGaps { writeGaps(&page) }
      writeGrid(&page)
      switch chart.form {
      case .lines: writeLines(&page)
      case .stack: writeStack(&page)
      case .bars: path("bar", paths.bars(drawn[0].trace), &page)
      }
      for reference in references {
        path(
          reference.isLimit ? "limit" : "level-line",
          "M0 \(paths.y(reference.value))H\(paths.width)", &page)
      }
      let marked = marks.map { "M\(paths.x(of: $0.milliseconds)) 0V\(ChartPaths.height)" }.joined()
      if !marked.isEmpty { path("event", marked, &page) }
    }
  }

  private func path(_ style: String, _ data: String, _ page: inout HTMLWriter) {
    guard !data.isEmpty else { return }
    page.element("path", [("class", style), ("d", data)], "")
  }

  private func writeGaps(_ page: inout HTMLWriter) {
    var data = ""
    for gap in content.gaps {
      let (left, right) = (paths.x(of: gap.sinceMilliseconds), paths.x(of: gap.untilMilliseconds))
      if right > left { data += "M\(left) 0H\(right)V\(ChartPaths.height)H\(left)z" }
    }
    path("gap", data, &page)
  }

  private func writeGrid(_ page: inout HTMLWriter) {
    var data = ""
    for tick in axis.ticks.dropFirst() { data += "M0 \(paths.y(tick.value))H\(paths.width)" }
    for tick in timeTicks { data += "M\(paths.x(of: tick.milliseconds)) 0V\(ChartPaths.height)" }
    path("grid", data, &page)
    path("base", "M0 \(ChartPaths.height)H\(paths.width)", &page)
  }

  private func writeLines(_ page: inout HTMLWriter) {
    // A single error in ten seconds is not six in a minute.
    if case .perMinute = chart.quantity {
    } else {
      for (index, line) in drawn.enumerated() {
        path("band b\(index)", paths.band(line.trace), &page)
      }
    }
    for (index, line) in drawn.enumerated() {
      path("line s\(index)", paths.line(line.trace), &page)
    }
  }

  private func writeStack(_ page: inout HTMLWriter) {
    for (index, area) in paths.stack(drawn.map(\.trace)).enumerated() {
      path("part f\(drawn[index].colour ?? index)", area, &page)
    }
    path("peak", paths.line(chart.peaks), &page)
  }

  /// What somebody hears who does not see the drawing.
  private var description: String {
    let parts = drawn.map { line in
      let trace = line.trace
      return
        "\(line.label): \(chart.quantity.text(trace.minimum)) to \(chart.quantity.text(trace.maximum)), "
        + "mean \(chart.quantity.text(trace.mean)), last \(chart.quantity.text(trace.last))"
    }
    return (chart.remarks + parts).joined(separator: ". ") + ". All numbers are in the table below."
  }

  // MARK: the words around it

  private func percent(_ share: Double) -> String {
    Numeral.fixed(min(1, max(0, share)) * 100, decimals: 2, trimming: true) + "%"
  }

  private func writeValueLabels(_ page: inout HTMLWriter) {
    page.element("div.values", [("aria-hidden", "true")]) { page in
      for tick in axis.ticks {
        page.element(
          "span", [("style", "bottom:\(percent(axis.position(of: tick.value)))")], tick.label)
      }
    }
  }

  private func writeTimeLabels(_ page: inout HTMLWriter) {
    page.element("div.times", [("aria-hidden", "true")]) { page in
      for tick in timeTicks {
        let position = content.window.position(of: tick.milliseconds)
        guard (0.02...0.98).contains(position) else { continue }
        page.element("span", [("style", "left:\(percent(position))")], tick.label)
      }
    }
  }

  private func writeReferenceLabels(_ page: inout HTMLWriter) {
    var above = 1.0
    for reference in references.sorted(by: { $0.value > $1.value }) {
      let words = "\(reference.label) \(chart.quantity.text(reference.value))"
      let position = axis.position(of: reference.value)
      // Above its line, or below where there is no room above.
      let hasRoom = above - position > 0.25
      let side = hasRoom ? "bottom:\(percent(position))" : "top:\(percent(1 - position))"
      above = hasRoom ? position + 0.12 : position - 0.12
      page.element(
        "span",
        [
          ("class", reference.isLimit ? "level bad" : "level"), ("style", side),
          ("aria-hidden", "true"),
        ], words)
    }
  }

  /// Events that have a mark: gaps are shaded instead.
  private var marks: [TimelineEvent] {
    content.events.filter {
      $0.kind != .gap && (0...1).contains(content.window.position(of: $0.milliseconds))
    }
  }

  /// Those that lie too near to each other share a mark.
  private func writeMarks(_ page: inout HTMLWriter) {
    var groups: [(position: Double, events: [TimelineEvent])] = []
    for event in marks {
      let position = content.window.position(of: event.milliseconds)
      if let last = groups.last, position - last.position < 0.03 {
        groups[groups.count - 1].events.append(event)
      } else {
        groups.append((position, [event]))
      }
    }
    for group in groups {
      let letter = group.events.map(\.kind).min { $0.rawValue < $1.rawValue }?.letter ?? ""
      let isMixed = Set(group.events.map(\.kind)).count > 1
      page.element(
        "span.mark", [("style", "left:\(percent(group.position))"), ("aria-hidden", "true")],
        letter + (isMixed ? "+" : ""))
    }
  }

  private func writeLegend(_ page: inout HTMLWriter) {
    page.element("ul.legend") { page in
      // A stack is read from the top.
      let order = chart.form == .stack ? Array(drawn.indices.reversed()) : Array(drawn.indices)
      if chart.form == .stack, !chart.peaks.isEmpty {
        writeKey("line peak", "all together, at most", "", &page)
      }
      for index in order {
        let last = chart.form == .bars ? "" : chart.quantity.text(drawn[index].trace.last)
        let style =
          chart.form == .stack
          ? "part f\(drawn[index].colour ?? index)" : chart.form == .bars ? "bar" : "line s\(index)"
        writeKey(style, drawn[index].label, last, &page)
      }
      if chart.lines.count > drawn.count {
        page.element("li.more", "and \(chart.lines.count - drawn.count) more in the table")
      }
    }
  }

  private func writeKey(
    _ style: String, _ label: String, _ last: String, _ page: inout HTMLWriter
  ) {
    page.element("li") { page in
      page.element(
        "svg.key", [("viewBox", "0 0 28 10"), ("aria-hidden", "true")]
      ) { page in
        let isFilled = style.hasPrefix("part") || style == "bar"
        path(style, isFilled ? "M0 0H28V10H0z" : "M0 5H28", &page)
      }
      page.text(label)
      if !last.isEmpty { page.element("b", last) }
    }
  }
}
