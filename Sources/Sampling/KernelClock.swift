// adjtimex(2): whether anybody keeps the clock right, and how well. It is a system call, so it belongs to the
// kernel that runs here: a tree captured elsewhere has no such readings.

internal import Linux
internal import Telemetry

final class KernelClockProbe: Probe {
  let file = "adjtimex(2)"
  let isOptional = true
  private let isRunningKernel: Bool
  private var places: (synchronised: SeriesIndex, offset: SeriesIndex, bound: SeriesIndex)?

  init(below root: KernelRoot) { isRunningKernel = root.isRunningKernel }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    guard isRunningKernel, let clock = ClockDiscipline.current() else { return .absent }
    let places =
      places
      ?? (
        sample.add(Catalog.clockSynchronised), sample.add(Catalog.clockOffset),
        sample.add(Catalog.clockErrorBound)
      )
    self.places = places
    sample.set(places.synchronised, clock.isSynchronised ? 1 : 0)
    // Of a clock that nobody keeps, nobody knows how far it is off.
    if clock.isSynchronised {
      sample.set(places.offset, clock.offsetNanoseconds)
      sample.set(places.bound, clock.errorBoundMicroseconds)
    }
    return .readings
  }
}
