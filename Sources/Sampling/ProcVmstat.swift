// /proc/vmstat: paging since boot.
//
//   pswpin 0
//   pswpout 0
//   pgfault 11936022
//   pgmajfault 8912
//   oom_kill 0
//
// Some 180 lines, of which these are read. pgfault counts major faults as well. pgpgin and pgpgout are block
// input and output in KiB, not paging. oom_kill came with 4.13. https://docs.kernel.org/admin-guide/mm/concepts.html,
// mm/vmstat.c

internal import Linux
internal import Telemetry

/// What is read from /proc/vmstat.
struct ProcVmstat: Equatable {
  var faults: Int64?
  var majorFaults: Int64?
  /// Pages.
  var swappedIn: Int64?
  var swappedOut: Int64?
  var oomKills: Int64?

  /// Returns what was expected and did not stand there, or nil when all is well.
  mutating func parse(_ text: RawSpan) -> StaticString? {
    self = ProcVmstat()
    var scanner = TextScanner()
    while !scanner.isAtEnd(of: text) {
      guard parseLine(&scanner, in: text) else { return "a number behind each name" }
      scanner.skipLine(in: text)
    }
    return faults == nil ? "a line 'pgfault'" : nil
  }

  private mutating func parseLine(_ scanner: inout TextScanner, in text: RawSpan) -> Bool {
    func take(_ name: StaticString, _ value: inout Int64?) -> Bool? {
      guard scanner.skip(name, in: text) else { return nil }
      value = scanner.integer(in: text)
      return value != nil
    }
    return take("pgfault ", &faults) ?? take("pgmajfault ", &majorFaults)
      ?? take("pswpin ", &swappedIn) ?? take("pswpout ", &swappedOut)
      ?? take("oom_kill ", &oomKills) ?? true
  }
}

final class ProcVmstatProbe: Probe {
  let file = "/proc/vmstat"
  private var source: ProbedFile
  private var vmstat = ProcVmstat()
  private var places: Places?

  private struct Places {
    let minor, major, swappedIn, swappedOut, oomKills: SeriesIndex
  }

  init(below root: KernelRoot) { source = ProbedFile("/proc/vmstat", below: root) }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    let outcome = source.read { vmstat.parse($0) }
    guard outcome == .readings else { return outcome }
    let places = places ?? addPlaces(to: &sample)
    if let faults = vmstat.faults, let major = vmstat.majorFaults, major <= faults {
      sample.set(places.minor, faults - major)
    }
    if let major = vmstat.majorFaults { sample.set(places.major, major) }
    if let pages = vmstat.swappedIn { sample.set(places.swappedIn, pages) }
    if let pages = vmstat.swappedOut { sample.set(places.swappedOut, pages) }
    if let kills = vmstat.oomKills { sample.set(places.oomKills, kills) }
    return .readings
  }

  private func addPlaces(to sample: inout Sample) -> Places {
    func fault(_ type: String) -> Attribute {
      Attribute("system.paging.fault.type", .string(type))
    }
    // What goes to the swap space and comes from it is a major operation by the conventions.
    func operations(_ direction: String) -> SeriesIndex {
      sample.add(
        Catalog.pagingOperations,
        [Attribute("system.paging.direction", .string(direction)), fault("major")])
    }
    let places = Places(
      minor: sample.add(Catalog.pagingFaults, [fault("minor")]),
      major: sample.add(Catalog.pagingFaults, [fault("major")]),
      swappedIn: operations("in"), swappedOut: operations("out"),
      oomKills: sample.add(Catalog.oomKills))
    self.places = places
    return places
  }
}
