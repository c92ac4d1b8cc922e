// The shapes of a chart as SVG path data. The drawing is stretched to the width of the page, so that a line has two
// units a bucket and 400 from bottom to top, whole numbers all of them, and each point says only how far it is from the
// last.

package struct ChartPaths: Sendable {
  package static let height = 400
  /// Units a bucket: its middle is a whole number.
  package static let bucketWidth = 2

  private let axis: ValueAxis
  private let window: ReportWindow

  package init(_ axis: ValueAxis, _ window: ReportWindow) {
    self.axis = axis
    self.window = window
  }

  package var width: Int { window.bucketCount * Self.bucketWidth }

  package func x(ofBucket bucket: Int) -> Int { bucket * Self.bucketWidth + 1 }

  package func x(of milliseconds: Int64) -> Int {
    Int((min(1, max(0, window.position(of: milliseconds))) * Double(width)).rounded())
  }

  package func y(_ value: Double) -> Int {
    Self.height - Int((axis.position(of: value) * Double(Self.height)).rounded())
  }

  /// The means of a trace, a piece for each run.
  package func line(_ trace: Trace) -> String {
    var path = ""
    for run in trace.runs(bucketMilliseconds: window.bucketMilliseconds) {
      path += open(run.map { (x(ofBucket: $0), y(trace.mean(of: $0) ?? 0)) })
    }
    return path
  }

  /// What lies between the smallest and the greatest value; empty where they hardly differ.
  package func band(_ trace: Trace) -> String {
    var path = ""
    for run in trace.runs(bucketMilliseconds: window.bucketMilliseconds) {
      let upper = run.map { (x(ofBucket: $0), y(Double(trace.maxima[$0]))) }
      let lower = run.map { (x(ofBucket: $0), y(Double(trace.minima[$0]))) }
      guard zip(upper, lower).contains(where: { $1.1 - $0.1 > 3 }) else { continue }
      path += area(upper, lower)
    }
    return path
  }

  /// The areas of a stack, from the bottom to the top.
  package func stack(_ traces: [Trace]) -> [String] {
    let runs =
      traces.max { $0.count < $1.count }?.runs(bucketMilliseconds: window.bucketMilliseconds) ?? []
    var sums = [Double](repeating: 0, count: window.bucketCount)
    return traces.map { trace in
      let before = sums
      for bucket in sums.indices { sums[bucket] += trace.mean(of: bucket) ?? 0 }
      return runs.map { run in
        area(
          run.map { (x(ofBucket: $0), y(sums[$0])) }, run.map { (x(ofBucket: $0), y(before[$0])) })
      }.joined()
    }
  }

  /// The sum of each bucket as a bar.
  package func bars(_ trace: Trace) -> String {
    var path = ""
    for bucket in 0..<window.bucketCount {
      guard let sum = trace.sum(of: bucket), sum > 0 else { continue }
      let height = max(2, Self.height - y(sum))
      path +=
        "M\(bucket * Self.bucketWidth) \(Self.height)v-\(height)h\(Self.bucketWidth)v\(height)z"
    }
    return path
  }

  /// Values by bucket, a piece for each run of them.
  package func line(_ values: [Double?]) -> String {
    var path = ""
    var points: [(Int, Int)] = []
    for (bucket, value) in values.enumerated() {
      if let value {
        points.append((x(ofBucket: bucket), y(value)))
      } else if !points.isEmpty {
        path += open(points)
        points = []
      }
    }
    return points.isEmpty ? path : path + open(points)
  }

  // MARK: path data

  private func open(_ points: [(Int, Int)]) -> String {
    guard let first = points.first else { return "" }
    // A single reading between two gaps is a short line: a point of no length is not drawn.
    if points.count == 1 { return "M\(first.0 - 1) \(first.1)h2" }
    return "M\(first.0) \(first.1)" + steps(points)
  }

  private func area(_ upper: [(Int, Int)], _ lower: [(Int, Int)]) -> String {
    guard let first = upper.first, let last = lower.last else { return "" }
    if upper.count == 1 { return "M\(first.0 - 1) \(first.1)h2V\(last.1)h-2z" }
    return "M\(first.0) \(first.1)" + steps(upper) + "V\(last.1)" + steps(lower.reversed()) + "z"
  }

  /// From each point to the next. What goes on in the same direction is one step.
  private func steps(_ points: [(Int, Int)]) -> String {
    var text = "l"
    var pending: (Int, Int)?
    func emit(_ step: (Int, Int)) {
      if text != "l", step.0 >= 0 { text += " " }
      text += "\(step.0)\(step.1 < 0 ? "" : " ")\(step.1)"
    }
    for (before, after) in zip(points, points.dropFirst()) {
      let step = (after.0 - before.0, after.1 - before.1)
      if let held = pending {
        if held.1 == 0, step.1 == 0 {
          pending = (held.0 + step.0, 0)
          continue
        }
        emit(held)
      }
      pending = step
    }
    if let pending { emit(pending) }
    return text == "l" ? "" : text
  }
}
