internal import Linux
internal import Telemetry

/// A sensor whose files are open and whose series have their places.
final class OpenSensor {
  private let value: Sensor.Value
  private let files: [OpenFile]
  let places: [SeriesIndex]
  private var constant: Int64?

  private final class OpenFile {
    let path: String
    var attribute: KernelAttribute

    init(_ path: String) {
      self.path = path
      attribute = KernelAttribute(path)
    }
  }

  init(_ sensor: Sensor, below folder: String, place: ([Attribute]) -> SeriesIndex) {
    value = sensor.value
    switch value {
    case .number(let file, _, _):
      files = [OpenFile(folder + "/" + file)]
      places = [place(sensor.attributes)]
    case .constant(let file, let range):
      files = []
      places = [place(sensor.attributes)]
      var attribute = KernelAttribute(folder + "/" + file)
      let number = attribute.withContents { Self.number($0, 1, 1) } ?? nil
      constant = number.flatMap { range.contains($0) ? $0 : nil }
    case .condition(let names, let states, _):
      files = names.map { OpenFile(folder + "/" + $0) }
      places = states.map { state in
        place(
          (sensor.attributes + [Attribute("hw.state", .string(state))]).sorted { $0.key < $1.key })
      }
    }
  }

  /// Reads once. What the device cannot tell is absent; what is not a number is a failure.
  func read(into sample: inout Sample) -> ProbeFailure? {
    switch value {
    case .constant:
      if let constant { sample.set(places[0], constant) }
    case .number(_, let times, let divisor):
      let number = files[0].attribute.withContents { Self.number($0, times, divisor) }
      switch number {
      case .some(.some(let number)): sample.set(places[0], number)
      case .some(.none): return .malformed(files[0].path, "a number")
      case .none: break
      }
    case .condition(_, _, let meaning): readCondition(meaning, into: &sample)
    }
    return nil
  }

  private func readCondition(_ meaning: (RawSpan, Int) -> Int?, into sample: inout Sample) {
    var worst: Int?
    for position in files.indices {
      let state = files[position].attribute.withContents { meaning($0, position) } ?? nil
      if let state { worst = max(worst ?? state, state) }
    }
    guard let worst else { return }
    for state in places.indices { sample.set(places[state], state == worst ? 1 : 0) }
  }

  private static func number(_ text: RawSpan, _ times: Int64, _ divisor: Int64) -> Int64? {
    var scanner = TextScanner()
    guard let number = scanner.signedInteger(in: text) else { return nil }
    let (product, overflows) = number.multipliedReportingOverflow(by: times)
    return overflows ? nil : product / divisor
  }
}
