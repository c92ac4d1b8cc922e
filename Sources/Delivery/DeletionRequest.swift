// The one notice that leaves after a revocation, and only if the customer wants it (rule 14): an event that asks the
// receiver to delete what came under a pseudonym. Its resource names the service and that pseudonym; it holds neither
// readings nor anything else that goes with them.

internal import Compression
package import Configuration
internal import HTTPS
package import Handshake
internal import JSON
package import Linux
internal import OTLP
internal import Recording
package import Telemetry

package enum DeletionRequest {
  package static let name = "accord.deletion_request"

  /// What became of it.
  package struct Outcome: Equatable, Sendable {
    package let isTaken: Bool
    /// A clause: "the receiver took it".
    package let answer: String

    package init(isTaken: Bool, answer: String) {
      self.isTaken = isTaken
      self.answer = answer
    }
  }

  /// Asks the receiver of the offer that had been accepted: no other ever got anything.
  package static func send(
    _ locations: Locations, to offer: Offer, pseudonym: String, sources: [DataSource],
    clock: any Clock
  ) -> Outcome {
    let outcome: Outcome
    do {
      outcome = try ask(locations, offer, body(pseudonym, sources, clock), clock)
    } catch { outcome = Outcome(isTaken: false, answer: "\(error)") }
    record(outcome, locations, clock)
    return outcome
  }

  static func body(
    _ pseudonym: String, _ sources: [DataSource], _ clock: any Clock
  ) -> [UInt8] {
    let time = UnixTime.nanoseconds(clock.wallTimeMilliseconds)
    let event = LogRecord(
      timeUnixNanoseconds: time, observedTimeUnixNanoseconds: time, severity: .info,
      attributes: [KeyValue("accord.sources", .array(sources.map { .string($0.name) }))],
      eventName: name)
    return LogsRequest.encode(
      resource: [
        Attribute("service.name", .string("accord")),
        Attribute("service.instance.id", .string(pseudonym)),
      ], scopes: [LogScope(name: "accord", version: "", records: [event])],
      schemaURL: Catalog.schemaURL)
  }

  private static func ask(
    _ locations: Locations, _ offer: Offer, _ body: [UInt8], _ clock: any Clock
  ) throws -> Outcome {
    let settings = try Settings.read(locations.settings).upload
    let connection = try Connection(
      settings, locations, trusting: TrustedOwners(prefix: locations.prefix))
    var compressor = Compressor(.gzip)
    let compressed = compressor.compress(body)
    let request = try connection.request(
      to: offer.recipient.endpoint + "/v1/logs", bodyBytes: compressed.count,
      caFile: offer.certificatePath(in: locations.configuration))
    var client = try Client(userAgent: AgentVersion.userAgent)
    let result: UploadResult
    do throws(HTTPSError) {
      let response = try client.post(request, body: compressed) { true }
      result = UploadResult(response, nowMilliseconds: clock.wallTimeMilliseconds)
    } catch { result = UploadResult(error) }
    switch result {
    case .accepted(rejected: 0, let message):
      return Outcome(
        isTaken: true,
        answer: "the receiver took it" + (message.isEmpty ? "" : " and says: \(message)"))
    case .accepted(_, let message), .refused(let message):
      return Outcome(isTaken: false, answer: "the receiver refused it: \(message)")
    case .retryLater(let reason, _), .failedThere(let reason), .tooLarge(let reason),
      .notTheSupplier(let reason):
      return Outcome(isTaken: false, answer: reason)
    case .stopped, .overQuota: return Outcome(isTaken: false, answer: "it was not sent")
    }
  }

  private static func record(_ outcome: Outcome, _ locations: Locations, _ clock: any Clock) {
    let ledger = try? Ledger.open(
      StateDirectory(locations.state), busyMilliseconds: Limits.commandBusyMilliseconds)
    try? ledger?.append(.deletionAsked, atMilliseconds: clock.wallTimeMilliseconds) { detail in
      detail.member("is_taken", outcome.isTaken)
    }
  }
}
