// From traces to charts: which lines, beside which limits, and what they come to in a sentence.

package import Handshake
package import Telemetry

package enum HistoryCharts {
  /// The charts of the history in the order of the page, and a sentence for each that is not drawn.
  ///
  /// - Parameter decision: what the agreement does with a signal, for the reason.
  package static func make(
    _ traces: HistoryTraces, _ scope: ReportScope, decision: (Signal) -> Decision?
  ) -> (charts: [Chart], missing: [String]) {
    var charts: [Chart] = []
    var missing: [String] = []
    for (index, definition) in ChartCatalog.all.enumerated() {
      var chart = chart(definition, index, traces)
      // A counter of accidents that never moved is no chart.
      if chart.lines.isEmpty
        || (chart.form == .bars && chart.lines.allSatisfy { $0.trace.maximum == 0 })
      {
        if chart.lines.isEmpty { missing.append(reason(definition, scope, decision)) }
        continue
      }
      remark(&chart, traces)
      charts.append(chart)
    }
    return (charts, missing)
  }

  private static func chart(
    _ definition: ChartDefinition, _ index: Int, _ traces: HistoryTraces
  ) -> Chart {
    var lines: [(name: LineName, trace: Trace)] = []
    var references: [(name: LineName, value: Double)] = []
    for (line, trace) in zip(traces.plan.lines, traces.plan.traces)
    where line.definition == index && !trace.isEmpty {
      if line.isReference {
        references.append((line.name, trace.last))
      } else {
        lines.append((line.name, trace))
      }
    }
    var peaks: [Double?] = []
    if let idle = lines.firstIndex(where: { definition.id == "cpu" && $0.name.label == "idle" }) {
      peaks = (0..<traces.window.bucketCount).map { bucket in
        lines[idle].trace.mean(of: bucket).map { _ in 1 - Double(lines[idle].trace.minima[bucket]) }
      }
      lines.remove(at: idle)
    }
    if !definition.order.isEmpty {
      func place(_ label: String) -> Int {
        definition.order.firstIndex { $0.label == label } ?? .max
      }
      lines.sort { (place($0.name.label), $0.name.label) < (place($1.name.label), $1.name.label) }
    }
    var chart = Chart(
      id: definition.id, title: definition.title, section: definition.section,
      form: definition.form, quantity: definition.quantity,
      lines: lines.map { line in
        Chart.Line(
          label: line.name.label, trace: line.trace,
          colour: definition.order.first { $0.label == line.name.label }?.colour)
      })
    chart.range = definition.range
    chart.peaks = peaks
    chart.beginsAtZero = definition.beginsAtZero
    chart.references = levels(lines, references)
    chart.remarks = limitRemarks(lines, references, definition.quantity, traces.window)
    return chart
  }

  /// The upper limits of the one sensor that is nearest to its own: a level for each of a dozen sensors would tell
  /// nothing. What is no limit of a sensor (the size of the memory) is a level as it is.
  private static func levels(
    _ lines: [(name: LineName, trace: Trace)], _ references: [(name: LineName, value: Double)]
  ) -> [Chart.Reference] {
    let plain = references.filter { !$0.name.key.contains("\u{1F}") }.map {
      Chart.Reference(label: $0.name.label, value: $0.value)
    }
    func limits(_ line: LineName) -> [(name: LineName, value: Double)] {
      references.filter { $0.name.key.hasPrefix(line.key + "\u{1F}high.") }
    }
    func margin(_ line: (name: LineName, trace: Trace)) -> Double? {
      limits(line.name).map { $0.value - line.trace.maximum }.min()
    }
    let nearest = lines.filter { margin($0) != nil }.min { (margin($0) ?? 0) < (margin($1) ?? 0) }
    guard let nearest else { return plain }
    let sensor = nearest.name.label.split(separator: "(").first.map {
      $0.split(separator: " ").joined(separator: " ")
    }
    return plain
      + limits(nearest.name).sorted { $0.value > $1.value }.map { limit in
        Chart.Reference(
          label:
            "\(sensor ?? nearest.name.label): \(limitNames[limit.name.label] ?? limit.name.label)",
          value: limit.value, isLimit: true)
      }
  }

  private static let limitNames = [
    "high.critical": "critical limit", "high.degraded": "warning limit",
    "low.critical": "low critical limit", "low.degraded": "low warning limit",
  ]

  /// Which sensors went beyond their own limits, and when.
  private static func limitRemarks(
    _ lines: [(name: LineName, trace: Trace)], _ references: [(name: LineName, value: Double)],
    _ quantity: Quantity, _ window: ReportWindow
  ) -> [String] {
    var remarks: [String] = []
    for line in lines {
      func limit(_ type: String) -> Double? {
        references.first { $0.name.key == "\(line.name.key)\u{1F}\(type)" }?.value
      }
      for type in ["high.critical", "high.degraded"] {
        guard let limit = limit(type), line.trace.maximum >= limit else { continue }
        let when = line.trace.bucketOfMaximum.map { Moment.short(window.middle(of: $0)) } ?? "?"
        remarks.append(
          "\(line.name.label) reached \(quantity.text(line.trace.maximum)) about \(when); its "
            + "\(limitNames[type] ?? type) is \(quantity.text(limit))")
        break
      }
    }
    return remarks
  }

  private static func remark(_ chart: inout Chart, _ traces: HistoryTraces) {
    switch chart.id {
    case "fullness", "inodes": chart.remarks += fillingRemarks(chart, traces)
    case "oom":
      let count = chart.lines.reduce(0) { $0 + $1.trace.total }
      chart.remarks.append("\(Numeral.text(count, isWhole: true)) in this time")
    case "network-errors":
      let worst = chart.lines.filter { $0.trace.maximum > 0 }
      if worst.isEmpty { chart.remarks.append("none in this time") }
    default: break
    }
  }

  /// "/var: full in about 9 days at the pace of the last 3 days".
  private static func fillingRemarks(_ chart: Chart, _ traces: HistoryTraces) -> [String] {
    chart.lines.compactMap { line in
      guard isPresent(line.trace, traces) else { return nil }
      let points = points(line.trace, traces.window)
      guard let left = Projection.millisecondsUntil(1, points), let first = points.first,
        let end = points.last, left <= 120 * 86_400_000
      else {
        return line.trace.last >= 0.95
          ? "\(line.label) is \(chart.quantity.text(line.trace.last)) full" : nil
      }
      return
        "\(line.label) is \(chart.quantity.text(line.trace.last)) full, and full in \(Projection.words(left)) "
        + "at the pace of the last \(Projection.basisWords(end.milliseconds - first.milliseconds))"
    }
  }

  /// Whether it was read to the end. A file system that was unmounted is no longer anything.
  private static func isPresent(_ trace: Trace, _ traces: HistoryTraces) -> Bool {
    let silence = traces.ticks.lastMilliseconds - trace.lastMilliseconds
    // What is read more seldom than at each tick is silent in between.
    return silence <= max(traces.watch.gapMilliseconds, 3 * (trace.stepMilliseconds ?? 0))
  }

  /// The means of the buckets of the last days.
  private static func points(
    _ trace: Trace, _ window: ReportWindow
  ) -> [(milliseconds: Int64, value: Double)] {
    let since = trace.lastMilliseconds - Projection.basisMilliseconds
    return (0..<window.bucketCount).compactMap { bucket in
      let time = window.middle(of: bucket)
      guard time >= since, let mean = trace.mean(of: bucket) else { return nil }
      return (time, mean)
    }
  }

  // MARK: what is not drawn

  private static func reason(
    _ definition: ChartDefinition, _ scope: ReportScope, _ decision: (Signal) -> Decision?
  ) -> String {
    guard let signal = definition.signals.first else { return definition.title }
    guard scope.shows(signal.name, of: signal.source) else {
      return "\(definition.title): \(signal.name) may not be shown here"
    }
    if let decision = decision(signal), decision.verdict == .deny {
      return "\(definition.title): \(signal.name) is not kept, \(decision.reason)"
    }
    return "\(definition.title): no readings of \(signal.name) in this time"
  }
}
