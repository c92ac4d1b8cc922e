// /proc/pressure/{cpu,memory,io,irq}: how long programs were held up for want of a resource.
//
//   some avg10=0.33 avg60=1.16 avg300=2.14 total=109498453
//   full avg10=0.00 avg60=0.10 avg300=0.71 total=74377352
//
// "some": at least one program waited; "full": all of them did. The averages are percentages, the total is in
// microseconds. "full" of the processor is always zero and is passed over; irq has nothing else. A kernel
// without CONFIG_PSI has no such files, one started with psi=0 answers EOPNOTSUPP: both are absent.
// https://docs.kernel.org/accounting/psi.html

internal import Linux
internal import Telemetry

/// What is read from one line of a file below /proc/pressure.
struct PressureLine: Equatable {
  var average10Hundredths: Int64 = 0
  var average60Hundredths: Int64 = 0
  var average300Hundredths: Int64 = 0
  var totalMicroseconds: Int64 = 0
}

struct ProcPressure: Equatable {
  var some: PressureLine?
  var full: PressureLine?

  /// Returns what was expected and did not stand there, or nil when all is well.
  mutating func parse(_ text: RawSpan) -> StaticString? {
    self = ProcPressure()
    var scanner = TextScanner()
    while !scanner.isAtEnd(of: text) {
      let isSome = scanner.skip("some ", in: text)
      guard isSome || scanner.skip("full ", in: text) else {
        return "'some' or 'full' at the start of each line"
      }
      guard scanner.skip("avg10=", in: text), let ten = scanner.decimal(places: 2, in: text),
        scanner.skip(" avg60=", in: text), let sixty = scanner.decimal(places: 2, in: text),
        scanner.skip(" avg300=", in: text), let threeHundred = scanner.decimal(places: 2, in: text),
        scanner.skip(" total=", in: text), let total = scanner.integer(in: text)
      else { return "avg10, avg60, avg300 and total in each line" }
      let line = PressureLine(
        average10Hundredths: ten, average60Hundredths: sixty, average300Hundredths: threeHundred,
        totalMicroseconds: total)
      if isSome { some = line } else { full = line }
      scanner.skipLine(in: text)
    }
    return some == nil && full == nil ? "a line 'some' or 'full'" : nil
  }
}

final class ProcPressureProbe: Probe {
  let file: String
  let isOptional = true
  private let signals: Catalog.Pressure
  private var source: ProbedFile
  private var pressure = ProcPressure()
  private var some: Places?
  private var full: Places?

  private struct Places {
    let total, average10, average60, average300: SeriesIndex
  }

  init(below root: KernelRoot, _ signals: Catalog.Pressure) {
    self.signals = signals
    file = signals.total.origins[0]
    source = ProbedFile(file, below: root)
  }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    let outcome = source.read { pressure.parse($0) }
    guard outcome == .readings else { return outcome }
    if let line = pressure.some { set(line, &some, "some", &sample) }
    if let line = pressure.full, signals.resource != "cpu" { set(line, &full, "full", &sample) }
    return .readings
  }

  private func set(
    _ line: PressureLine, _ kept: inout Places?, _ type: String, _ sample: inout Sample
  ) {
    let places = kept ?? addPlaces(type, to: &sample)
    kept = places
    sample.set(places.total, line.totalMicroseconds)
    sample.set(places.average10, line.average10Hundredths)
    sample.set(places.average60, line.average60Hundredths)
    sample.set(places.average300, line.average300Hundredths)
  }

  private func addPlaces(_ type: String, to sample: inout Sample) -> Places {
    let attributes = [Attribute("system.pressure.stall_type", .string(type))]
    let averages = signals.averages.map { sample.add($0, attributes) }
    return Places(
      total: sample.add(signals.total, attributes), average10: averages[0],
      average60: averages[1], average300: averages[2])
  }
}
