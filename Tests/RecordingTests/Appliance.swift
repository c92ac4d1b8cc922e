// What records in these tests: both databases in a directory of their own, behind a real gate, fed by hand.

import Glibc
import Linux
import SQLite
import TOML
import TestSupport

@testable import Handshake
@testable import Recording
@testable import Telemetry

let offerText = """
  schema = 1
  supplier = "Example Devices Ltd"
  revision = 2
  [delivery]
  endpoint = "https://telemetry.example.com:4318"
  [product]
  purpose = "p"
  benefit = "b"
  retention = "1 day"
  resolution = "10s"
  signals = ["*"]
  [environment]
  purpose = "p"
  benefit = "b"
  retention = "1 day"
  resolution = "10s"
  signals = ["*"]
  """

/// An agreement with these words on `product` and `environment`.
func agreement(
  product: String = "share", environment: String = "share", more: String = "",
  offer: String? = offerText
) -> Agreement {
  let consent = """
    schema = 1
    supplier = "Example Devices Ltd"
    accepts = 2
    [sources]
    product = "\(product)"
    environment = "\(environment)"
    \(more)
    """
  return Agreement(
    consent: .success(try! Consent(parsing: Array(consent.utf8))), consentFile: "consent.toml",
    offer: offer.map { .success(try! Offer(parsing: Array($0.utf8))) }, offerFile: "offer.toml",
    kept: nil, nowMilliseconds: 0)
}

/// A directory that goes with its owner.
final class Shelf {
  private let folder = try! TemporaryDirectory(isInMemory: true)
  var path: String { folder.path }

  /// The files, those of the private folder with its name before theirs.
  var names: [String] {
    (names(path).filter { $0 != "private" } + names("\(path)/private").map { "private/\($0)" })
      .sorted()
  }

  private func names(_ path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  func bytes(_ name: String) -> [UInt8] {
    (try? FileDescriptor.open("\(path)/\(name)", .readOnly).readAll(limitBytes: 1 << 28)) ?? []
  }

  func write(_ bytes: [UInt8], to name: String) throws {
    mkdir("\(path)/private", 0o750)
    try AtomicFile.replace("\(path)/\(name)", with: bytes, mode: 0o644, durability: .volatile)
  }

  /// The files in which `needle` stands anywhere.
  func files(containing needle: [UInt8]) -> [String] {
    names.filter { Self.find(needle, in: bytes($0)) }
  }

  func files(containing text: String) -> [String] { files(containing: Array(text.utf8)) }

  private static func find(_ needle: [UInt8], in bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { haystack in
      needle.withUnsafeBufferPointer { needle in
        var start = 0
        while haystack.count - start >= needle.count,
          let hit = memchr(haystack.baseAddress! + start, Int32(needle[0]), haystack.count - start)
        {
          let offset = UnsafeRawPointer(hit) - UnsafeRawPointer(haystack.baseAddress!)
          if haystack.count - offset < needle.count { return false }
          if memcmp(hit, needle.baseAddress!, needle.count) == 0 { return true }
          start = offset + 1
        }
        return false
      }
    }
  }

  /// A second directory with the same files: what a crash at this moment would leave.
  func copy() throws -> Shelf {
    let copy = Shelf()
    for name in names { try copy.write(bytes(name), to: name) }
    return copy
  }
}

final class Appliance {
  let shelf: Shelf
  let directory: StateDirectory
  let tickMilliseconds: Int64 = 10_000
  var history: History
  var spool: Spool
  var agreement = Agreement(
    consent: nil, consentFile: "consent.toml", offer: nil, offerFile: "offer.toml",
    kept: nil, nowMilliseconds: 0)
  var boot = "boot-1"
  var bootTime: Int64 = 1_000_000
  private let quotaBytes: Int64
  private var gate = Gate()
  private var sample = Sample()
  private var places: [String: SeriesIndex] = [:]

  init(_ shelf: Shelf = Shelf(), quotaBytes: Int64 = 64 << 20) throws {
    self.shelf = shelf
    self.quotaBytes = quotaBytes
    directory = StateDirectory(shelf.path)
    history = try History.open(directory, quotaBytes: quotaBytes, rowsPerSeal: 6)
    spool = try Spool.open(directory, quotaBytes: quotaBytes, tickMilliseconds: tickMilliseconds)
  }

  /// Ends the program and starts it again; `boot` is new when the machine went down as well.
  func restart(boot: String? = nil) throws {
    history = try History.open(directory, quotaBytes: quotaBytes, rowsPerSeal: 6)
    spool = try Spool.open(directory, quotaBytes: quotaBytes, tickMilliseconds: tickMilliseconds)
    if let boot {
      self.boot = boot
      bootTime = 20_000
    }
    try agree(agreement)
  }

  @discardableResult
  func agree(_ agreement: Agreement) throws -> [GrantChange] {
    self.agreement = agreement
    gate.admit(agreement)
    try seal()
    history.begin()
    let changes = try spool.settleGrants(by: agreement, nowMilliseconds: bootTime)
    spool.begin(agreement, grants: try spool.openGrants())
    return changes
  }

  /// One tick: readings by signal, or by signal and the name of a network interface.
  func tick(_ readings: [(signal: Signal, device: String?, value: Int64)]) {
    bootTime += tickMilliseconds
    sample.begin(atBootTimeMilliseconds: bootTime)
    for reading in readings {
      let name = reading.signal.name + (reading.device ?? "")
      let attributes =
        reading.device.map { [Attribute("network.interface.name", .string($0))] } ?? []
      let place = places[name] ?? sample.add(reading.signal, attributes)
      places[name] = place
      sample.set(place, reading.value)
    }
    gate.permit(sample)
    guard gate.hasPermittedReadings else { return }
    history.append(gate.permitted)
    let agreement = agreement
    spool.append(gate.permitted) { agreement.asksForExtremes(of: $0) }
  }

  func tick(_ signal: Signal, _ value: Int64) { tick([(signal, nil, value)]) }

  var context: BatchContext {
    BatchContext(
      boot: boot, offsetMilliseconds: 1_700_000_000_000, isSynchronised: true,
      fingerprint: [UInt8](repeating: 9, count: 32))
  }

  func seal(facts: [DataSource: [Fact]] = [:]) throws {
    let agreement = agreement
    try history.seal(context, facts: facts) { agreement.stillAllows($0, atLeast: .local) }
    try spool.seal(context, facts: facts) { agreement.stillAllows($0, atLeast: .share) }
  }

  /// What a connection of its own reads from one of the files.
  func integer(_ path: String, _ sql: String) throws -> Int64 {
    try Database(path, .readOnly, busyTimeoutMilliseconds: 0).integer(sql)
  }

  /// Every reading of a database in the order of its batches: signal, device, tick, value.
  func readings(_ path: String, condition: String = "true") throws -> [String] {
    let database = try Database(path, .readOnly, busyTimeoutMilliseconds: 0)
    var names: [Int64: String] = [:]
    var rows = try database.prepare("SELECT number, signal, attributes FROM series")
    while try rows.step() { names[rows.integer(0)] = rows.text(1) + " " + rows.text(2) }
    var readings: [String] = []
    rows = try database.prepare("SELECT columns FROM live WHERE \(condition) ORDER BY number")
    while try rows.step() {
      let content = SealedBatch.content(rows.blob(0))!
      for column in content.columns {
        for (tick, value) in zip(content.ticks, column.values) {
          if let value { readings.append("\(names[column.series] ?? "?") \(tick) \(value)") }
        }
      }
    }
    return readings
  }

  /// Carries out what is owed, step by step. `between` runs before each further step.
  func rewriteSpool(between: () throws -> Void = {}) throws {
    while try spool.owesDeletion() {
      guard var rewrite = try Rewrite.begin(spool) else { return }
      while [.unfinished, .blocked].contains(try rewrite.step(&spool, nowMilliseconds: 7)) {
        try between()
      }
    }
  }

  func rewriteHistory(between: () throws -> Void = {}) throws {
    while try history.owesDeletion() {
      var rewrite = try Rewrite.begin(history)
      while [.unfinished, .blocked].contains(try rewrite.step(&history, nowMilliseconds: 7)) {
        try between()
      }
    }
  }
}

/// Random numbers that come back for the same seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

extension ChainVerdict {
  var brokenRow: Int64? {
    guard case .broken(let row, _) = self else { return nil }
    return row
  }
}
