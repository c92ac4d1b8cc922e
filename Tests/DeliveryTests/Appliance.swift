// An appliance in a temporary directory: both halves of the agreement as files, and a real spool filled
// through the gate, as accordd fills it. Only the clock and the receiver are the test's.

import Compression
import Configuration
import HTTPS
import Handshake
import Linux
import Recording
import SQLite
import Telemetry
import TestSupport

@testable import Delivery

let offerText = """
  schema = 1
  supplier = "Example Devices Ltd"
  revision = 2
  [delivery]
  endpoint = "https://telemetry.example.com:4318"
  [product]
  purpose = "p"
  benefit = "b"
  retention = "400 days"
  resolution = "10s"
  signals = ["os.*", "system.uptime"]
  [environment]
  purpose = "p"
  benefit = "b"
  retention = "90 days"
  resolution = "10s"
  signals = ["system.*"]
  extremes = ["system.cpu.load_average.1m"]
  """

let consentText = """
  schema = 1
  supplier = "Example Devices Ltd"
  accepts = 2
  [sources]
  product = "share"
  environment = "share"
  """

/// 2026-11-21 00:00 UTC.
let today = TurnedClock.today

/// The two halves as an agreement, without files.
func agreement(consent: String = consentText, offer: String = offerText) throws -> Agreement {
  Agreement(
    consent: .success(try Consent(parsing: Array(consent.utf8))), consentFile: "consent.toml",
    offer: .success(try Offer(parsing: Array(offer.utf8))), offerFile: "offer.toml",
    kept: nil,
    nowMilliseconds: today)
}

final class Appliance {
  private let temporary: TemporaryDirectory
  let prefix: String
  /// The machine has been up for an hour when a test begins.
  let clock = TurnedClock(bootTimeMilliseconds: 3_600_000, offsetMilliseconds: today)
  let locations: Locations
  let directory: StateDirectory

  init() throws {
    temporary = try TemporaryDirectory()
    prefix = temporary.path
    locations = Locations(prefix: prefix)
    directory = StateDirectory(locations.state)
    try Directory.create(locations.configuration, mode: 0o755)
    try Directory.create(locations.state, mode: 0o755)
    try write(offer: offerText)
    try write(consent: consentText)
    _ = try Identity.create(directory, isKnown: false)
    try accept(offerText)
  }

  /// Keeps an offer as accordd does when it is accepted.
  func accept(_ offer: String) throws {
    let accepted = AcceptedOffer(freezing: try Offer(parsing: Array(offer.utf8)))
    let ledger = try ledger()
    try ledger.begin(directory)
    try ledger.accept(
      accepted, consentModifiedNanoseconds: nil, in: directory,
      atMilliseconds: clock.wallTimeMilliseconds)
  }

  func write(consent: String) throws {
    try AtomicFile.replace(
      locations.consent, with: Array(consent.utf8), mode: 0o644, durability: .volatile)
  }

  func write(offer: String) throws {
    try AtomicFile.replace(
      locations.offer, with: Array(offer.utf8), mode: 0o644, durability: .volatile)
  }

  func write(settings: String) throws {
    try AtomicFile.replace(
      locations.settings, with: Array(settings.utf8), mode: 0o644, durability: .volatile)
  }

  func spool() throws -> Spool {
    try Spool.open(directory, quotaBytes: 64 << 20, tickMilliseconds: 10_000)
  }

  func outbox() throws -> Outbox { try Outbox.openForDelivery(directory)! }

  func ledger() throws -> Ledger { try Ledger.open(directory, busyMilliseconds: 1_000) }

  /// One reading of some series.
  typealias Reading = (signal: Signal, attributes: [Attribute], value: Int64)

  /// Records one batch: a tick every 10 s with the readings that `readings` gives for it.
  func record(
    ticks: Int = 1, under agreement: Agreement? = nil, boot: String? = nil, facts: [Fact] = [],
    _ readings: (Int) -> [Reading] = Appliance.ordinary
  ) throws {
    let agreement = try agreement ?? DeliveryTests.agreement()
    var spool = try spool()
    _ = try spool.settleGrants(by: agreement, nowMilliseconds: clock.wallTimeMilliseconds)
    spool.begin(agreement, grants: try spool.openGrants())
    var gate = Gate()
    gate.admit(agreement)
    for tick in 0..<ticks {
      var sample = Sample()
      sample.begin(atBootTimeMilliseconds: clock.bootTimeMilliseconds)
      for reading in readings(tick) {
        sample.set(sample.add(reading.signal, reading.attributes), reading.value)
      }
      gate.permit(sample)
      spool.append(gate.permitted) { agreement.asksForExtremes(of: $0) }
      clock.bootTimeMilliseconds += 10_000
    }
    try spool.seal(
      BatchContext(
        boot: try boot ?? BootID.current(), offsetMilliseconds: clock.offsetMilliseconds,
        isSynchronised: clock.isSynchronised, fingerprint: [1]),
      facts: [.product: facts]
    ) { agreement.stillAllows($0, atLeast: .share) }
  }

  static func ordinary(_ tick: Int) -> [Reading] {
    [(Catalog.uptime, [], Int64(100 + tick)), (Catalog.load1, [], Int64(50 + tick))]
  }

  /// One run of the uploader, with `receiver` in the place of the network.
  func upload(isByHand: Bool = true, to receiver: Receiver) throws(UploadRefusal) -> UploadReport {
    try Uploader.run(locations, clock: clock, isByHand: isByHand) {
      request, body, mayGoOn throws(HTTPSError) in
      try receiver.answer(request, body, mayGoOn)
    }
  }

  func states() throws -> [String] {
    try outbox().batches(in: [.pending, .sent, .refused, .timeUnknown]).map(\.stateName)
  }
}

extension Appliance {
  /// Changes one batch so that it cannot be read any more.
  func damage(_ batch: BatchSummary) throws {
    try sql("UPDATE batches SET columns = x'00' WHERE number = \(batch.number)")
  }

  func sql(_ statement: String) throws {
    let database = try Database(directory.spool, .readWrite, busyTimeoutMilliseconds: 0)
    try database.execute(statement)
  }

  func count(_ query: String, in path: String? = nil) throws -> Int64 {
    let database = try Database(
      path ?? directory.spool, .readWrite, busyTimeoutMilliseconds: 0)
    return try database.integer(query)
  }
}

/// A receiver that answers as a test says.
final class Receiver {
  enum Answer {
    case response(Response)
    case failure(HTTPSError.Failure, isBeforeRequest: Bool = false)
    /// Takes the request in, and then the power goes out: whatever the test does happens before the answer.
    case meanwhile(() throws -> Void, Response)
  }

  struct Taken: Equatable {
    let url: String
    let body: [UInt8]
  }

  private(set) var taken: [Taken] = []
  var answers: (Receiver, Request, [UInt8]) -> Answer

  init(_ answers: @escaping (Receiver, Request, [UInt8]) -> Answer = { _, _, _ in acceptance }) {
    self.answers = answers
  }

  /// The bodies of metrics requests, decompressed.
  func metrics() throws -> [WireMessage] { try decoded("/v1/metrics") }
  func logs() throws -> [WireMessage] { try decoded("/v1/logs") }

  private func decoded(_ path: String) throws -> [WireMessage] {
    try taken.filter { $0.url.hasSuffix(path) && !$0.body.isEmpty }.map {
      try WireMessage(try Decompressor.decompress($0.body, .gzip, limitBytes: 1 << 24))
    }
  }

  func answer(
    _ request: Request, _ body: [UInt8], _ mayGoOn: () -> Bool
  ) throws(HTTPSError) -> Response {
    taken.append(Taken(url: request.url, body: body))
    // No run of these tests has a reason for more: this one would never end.
    precondition(taken.count < 3_000, "the run does not end")
    switch answers(self, request, body) {
    case .response(let response): return response
    case .failure(let failure, let isBeforeRequest):
      throw HTTPSError(
        failure, endpoint: "telemetry.example.com:4318", isBeforeRequest: isBeforeRequest)
    case .meanwhile(let happens, let response):
      do { try happens() } catch { preconditionFailure("\(error)") }
      guard mayGoOn() else { throw HTTPSError(.interrupted) }
      return response
    }
  }
}

let protobuf = "application/x-protobuf"
var acceptance: Receiver.Answer { reply(200) }

func reply(
  _ status: Int, _ type: String? = protobuf, _ body: [UInt8] = [], retryAfter: String? = nil,
  date: Int64? = nil
) -> Receiver.Answer {
  .response(
    Response(
      status: status, contentType: type, dateUnixSeconds: date, retryAfter: retryAfter, body: body))
}

extension ChainVerdict {
  var brokenRow: Int64? {
    guard case .broken(let row, _) = self else { return nil }
    return row
  }
}
