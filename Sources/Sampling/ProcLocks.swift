// /proc/locks: file locks that are held. Which files and which programs is passed over.
//
//   1: POSIX  ADVISORY  WRITE 24838 fe:00:16353023 1073741824 1073742335
//   1: -> POSIX  ADVISORY  WRITE 24840 fe:00:16353023 1073741824 1073742335
//
// A line with an arrow waits for the lock above it. proc_locks(5), fs/locks.c

internal import Linux
internal import Telemetry

/// How many locks of each kind are held.
struct ProcLocks: Equatable {
  static let mechanisms: [StaticString] = ["POSIX", "FLOCK", "OFDLCK", "LEASE", "DELEG"]
  static let modes: [StaticString] = ["ADVISORY", "MANDATORY", "ACTIVE", "BREAKING", "BREAKER"]
  static let types: [StaticString] = ["READ", "WRITE"]

  /// By mechanism, mode and type, in the order above.
  var counts = [Int64](repeating: 0, count: kinds)

  static var kinds: Int { mechanisms.count * modes.count * types.count }

  /// Returns what was expected and did not stand there, or nil when all is well. Kinds that a later kernel may
  /// bring are passed over.
  mutating func parse(_ text: RawSpan) -> StaticString? {
    for kind in counts.indices { counts[kind] = 0 }
    var scanner = TextScanner()
    while !scanner.isAtEnd(of: text) {
      scanner.skipSpaces(in: text)
      let number = scanner.word(upTo: ":", in: text)
      guard !number.isEmpty, scanner.skip(": ", in: text) else {
        return "a number and ':' at the start of each line"
      }
      if let mechanism = Self.skip(Self.mechanisms, &scanner, in: text),
        let mode = Self.skip(Self.modes, &scanner, in: text),
        let type = Self.skip(Self.types, &scanner, in: text)
      {
        counts[(mechanism * Self.modes.count + mode) * Self.types.count + type] += 1
      }
      scanner.skipLine(in: text)
    }
    return nil
  }

  private static func skip(
    _ words: [StaticString], _ scanner: inout TextScanner, in text: RawSpan
  ) -> Int? {
    scanner.skipSpaces(in: text)
    for position in words.indices where scanner.skip(words[position], in: text) { return position }
    return nil
  }
}

final class ProcLocksProbe: Probe {
  let file = "/proc/locks"
  let intervalMilliseconds = Limits.processCountMilliseconds
  private var source: ProbedFile
  private var locks = ProcLocks()
  private var places = [SeriesIndex?](repeating: nil, count: ProcLocks.kinds)

  init(below root: KernelRoot) { source = ProbedFile("/proc/locks", below: root) }

  func sample(into sample: inout Sample) -> ProbeOutcome {
    let outcome = source.read { locks.parse($0) }
    guard outcome == .readings else { return outcome }
    for kind in places.indices {
      // A kind that was never seen has no series; one that was seen has zeros.
      if places[kind] == nil, locks.counts[kind] > 0 { places[kind] = add(kind, to: &sample) }
      if let place = places[kind] { sample.set(place, locks.counts[kind]) }
    }
    return .readings
  }

  private func add(_ kind: Int, to sample: inout Sample) -> SeriesIndex {
    let (rest, type) = kind.quotientAndRemainder(dividingBy: ProcLocks.types.count)
    let (mechanism, mode) = rest.quotientAndRemainder(dividingBy: ProcLocks.modes.count)
    return sample.add(
      Catalog.fileLocks,
      [
        Attribute("file.lock.mechanism", .string("\(ProcLocks.mechanisms[mechanism])")),
        Attribute("file.lock.mode", .string("\(ProcLocks.modes[mode])")),
        Attribute("file.lock.type", .string("\(ProcLocks.types[type])".lowercased())),
      ])
  }
}
