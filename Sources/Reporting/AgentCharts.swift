// What the agent says of itself: how much of the time it recorded, what waited to be sent, what was delivered.

package import Recording
internal import Telemetry

/// A request to the receiver, as the ledger has it.
package struct DeliveryAttempt: Equatable, Sendable {
  /// Unix milliseconds.
  package let milliseconds: Int64
  package let isAccepted: Bool
  package let readings: Int64
  /// Of the body.
  package let bytes: Int64

  package init(milliseconds: Int64, isAccepted: Bool, readings: Int64, bytes: Int64) {
    self.milliseconds = milliseconds
    self.isAccepted = isAccepted
    self.readings = readings
    self.bytes = bytes
  }
}

package enum AgentCharts {
  /// The share of the ticks of each bucket that were recorded.
  package static func recording(_ traces: HistoryTraces) -> Chart? {
    guard let step = traces.watch.stepMilliseconds, step > 0, !traces.ticks.isEmpty else {
      return nil
    }
    let window = traces.window
    var trace = Trace(bucketCount: window.bucketCount)
    // Where nothing was recorded the pace is that of the ticks before, and of the first ones before all.
    var pace = (0..<window.bucketCount).lazy.compactMap { self.pace(traces.ticks, $0) }.first
    // What is in memory and not sealed yet would look like a loss in the newest bucket.
    for bucket in 0..<max(1, window.bucketCount - 1) {
      pace = self.pace(traces.ticks, bucket) ?? pace
      let recorded = traces.ticks.sum(of: bucket) ?? 0
      // Ticks do not fall evenly into buckets.
      let isWhole = recorded + 1.5 * (pace ?? Double(step)) >= window.bucketMilliseconds
      trace.add(
        isWhole ? 1 : min(1, recorded / window.bucketMilliseconds), in: bucket,
        atMilliseconds: window.middle(of: bucket))
    }
    var chart = Chart(
      id: "recording", title: "Ticks recorded", section: .agent, form: .lines, quantity: .share,
      lines: [Chart.Line(label: "recorded", trace: trace)])
    chart.range = 0...1
    let lost = traces.watch.gaps.reduce(0) { $0 + $1.lengthMilliseconds }
    let gaps = traces.watch.gaps.count == 1 ? "one gap" : "\(traces.watch.gaps.count) gaps"
    chart.remarks = [
      lost == 0
        ? "one tick every \(Moment.length(step)), without a gap"
        : "one tick every \(Moment.length(step)); \(gaps), "
          + "\(Moment.length(lost)) in all"
    ]
    return chart
  }

  /// The longest time from tick to tick in a bucket, nil when nothing was recorded in it, or only a first tick.
  private static func pace(_ ticks: Trace, _ bucket: Int) -> Double? {
    guard ticks.count(of: bucket) > 0, ticks.maxima[bucket] > 0 else { return nil }
    return Double(ticks.maxima[bucket])
  }

  /// How many batches waited, by source.
  package static func depth(_ spans: [SpoolSpan], _ window: ReportWindow) -> Chart? {
    guard !spans.isEmpty else { return nil }
    // A sent batch whose delivery is forgotten waited until nobody knows when: before the newest of them nothing is
    // known.
    let knownSince =
      spans.filter { $0.state != .pending && $0.triedMilliseconds == nil }
      .map(\.sealedMilliseconds).max() ?? .min
    var lines: [Chart.Line] = []
    for source in DataSource.allCases {
      let trace = depth(spans.filter { $0.source == source }, knownSince, window)
      if !trace.isEmpty { lines.append(Chart.Line(label: source.name, trace: trace)) }
    }
    guard !lines.isEmpty else { return nil }
    var chart = Chart(
      id: "spool", title: "Batches waiting to be sent", section: .agent, form: .lines,
      quantity: .count("batches"), lines: lines)
    chart.showsGaps = false
    return chart
  }

  private static func depth(
    _ spans: [SpoolSpan], _ knownSince: Int64, _ window: ReportWindow
  ) -> Trace {
    var changes: [(milliseconds: Int64, by: Int)] = []
    for span in spans {
      changes.append((span.sealedMilliseconds, 1))
      guard span.state != .pending else { continue }
      changes.append((max(span.triedMilliseconds ?? 0, span.sealedMilliseconds), -1))
    }
    changes.sort { ($0.milliseconds, $0.by) < ($1.milliseconds, $1.by) }
    var trace = Trace(bucketCount: window.bucketCount)
    guard !changes.isEmpty else { return trace }
    var (position, depth) = (0, 0)
    for bucket in 0..<window.bucketCount {
      let end = window.middle(of: bucket) + Int64(window.bucketMilliseconds / 2)
      let isKnown = end > knownSince
      while position < changes.count, changes[position].milliseconds <= end {
        depth += changes[position].by
        if isKnown, let place = window.bucket(of: changes[position].milliseconds) {
          trace.add(
            Double(max(0, depth)), in: place, atMilliseconds: changes[position].milliseconds)
        }
        position += 1
      }
      // Nothing came and nothing went: as deep as before.
      if isKnown, trace.count(of: bucket) == 0 {
        trace.add(Double(max(0, depth)), in: bucket, atMilliseconds: window.middle(of: bucket))
      }
    }
    return trace
  }

  /// What the receiver accepted, and the attempts that it did not.
  package static func deliveries(_ attempts: [DeliveryAttempt], _ window: ReportWindow) -> [Chart] {
    var accepted = Trace(bucketCount: window.bucketCount)
    var failed = Trace(bucketCount: window.bucketCount)
    for attempt in attempts {
      guard let bucket = window.bucket(of: attempt.milliseconds) else { continue }
      if attempt.isAccepted {
        accepted.add(Double(attempt.bytes), in: bucket, atMilliseconds: attempt.milliseconds)
      } else {
        failed.add(1, in: bucket, atMilliseconds: attempt.milliseconds)
      }
    }
    func chart(_ id: String, _ title: String, _ quantity: Quantity, _ trace: Trace) -> Chart? {
      guard !trace.isEmpty else { return nil }
      var chart = Chart(
        id: id, title: title, section: .agent, form: .bars, quantity: quantity,
        lines: [Chart.Line(label: "requests", trace: trace)])
      chart.showsGaps = false
      return chart
    }
    var charts = [
      chart("delivered", "Delivered to the supplier", .bytes, accepted),
      chart("failed", "Requests that were not accepted", .count("requests"), failed),
    ].compactMap(\.self)
    for index in charts.indices where charts[index].id == "delivered" {
      let readings = attempts.filter(\.isAccepted).reduce(0) { $0 + $1.readings }
      let bytes = attempts.filter(\.isAccepted).reduce(0) { $0 + $1.bytes }
      charts[index].remarks = [
        "\(Numeral.grouped(String(readings))) readings in \(Quantity.bytes.text(Double(bytes)))"
      ]
    }
    return charts
  }
}
