// `accord doctor`: goes the way of an upload layer by layer, says what it finds, and stops at the first layer that fails.
// It changes nothing. What is wrong with the units, the clock, the disk or the offer does not end the way.
//
// Without an agreement that shares something nobody is contacted, DNS included, unless a person asks for it. The way up to
// TLS is gone without a request; then one is sent that holds no readings, with everything that an upload would show.

package import Configuration
internal import Delivery
internal import HTTPS
package import Handshake
package import Linux
internal import Recording
internal import Telemetry

package struct Diagnosis: Sendable {
  /// One for each layer, in order.
  package private(set) var findings: [Finding] = []
  /// Whether the files came to a valid agreement, be it one that shares nothing.
  package internal(set) var hasAgreement = false

  package var hasFailed: Bool {
    findings.contains { $0.state == .failed && $0.layer != .agreement }
  }

  /// When the receiver of the offer is contacted.
  package enum Contact: Sendable {
    /// Never, and nobody's name is looked up.
    case never
    /// When something is shared with it.
    case ifShared
    case always
  }

  package static func make(
    _ locations: Locations, _ agreement: Agreement, clock: any Clock, contacting contact: Contact
  ) -> Diagnosis {
    var diagnosis = Diagnosis()
    diagnosis.examine(locations, agreement, clock, contact)
    for layer in Layer.allCases.dropFirst(diagnosis.findings.count) {
      diagnosis.add(layer, .notTried, "")
    }
    return diagnosis
  }

  private mutating func examine(
    _ locations: Locations, _ agreement: Agreement, _ clock: any Clock, _ contact: Contact
  ) {
    let owners = TrustedOwners(prefix: locations.prefix)
    let settings: UploadSettings
    do {
      settings = try Settings.read(locations.settings).upload
    } catch { return add(.settings, .failed, error.description) }
    let caFile = agreement.offer?.certificatePath(in: locations.configuration)
    let wrongOwner =
      Connection.problem(with: settings, locations, trusting: owners)
      ?? caFile.flatMap { owners.problem(withCertificates: $0) }
    let request: Request?
    let connection: Connection?
    do {
      connection = wrongOwner == nil ? try Connection(settings, locations, trusting: owners) : nil
      request = try agreement.offer.flatMap { offer throws(FileProblem) in
        try connection?.request(
          to: offer.recipient.endpoint + "/v1/metrics", bodyBytes: 0, caFile: caFile)
      }
    } catch { return add(.settings, .failed, "\(error)") }
    let isThere = ((try? FileState.of(locations.settings)) ?? nil) != nil
    let ending = settings.clientCertificateFile.flatMap { name in
      ClientCertificate.notice(of: name, in: locations.configuration, clock)
    }
    add(
      .settings, ending == nil ? .ok : .warning,
      ending
        ?? (isThere
          ? "\(locations.settings) and the files that it names can be read"
          : "there is no \(locations.settings), so everything is as by default"))
    if let wrongOwner { return add(.ownership, .failed, "\(wrongOwner)") }
    add(.ownership, .ok, "nobody else can write these files, or read what is secret in them")
    lookAtUnits(locations, SystemdAnswer.ask(locations))
    lookAt(clock, Ledger.trustedMoment(locations))
    lookAtDisk(locations)
    lookAtOffer(agreement)
    guard lookAt(agreement, contact), let request else { return }
    self.contact(request, settings)
  }

  private mutating func contact(_ request: Request, _ settings: UploadSettings) {
    let probe: Probe
    do throws(HTTPSError) {
      probe = try Client(userAgent: AgentVersion.userAgent).probe(request)
    } catch { return add(.dns, .failed, error.description) }
    guard describe(probe, settings) else { return }
    if let failure = probe.failure {
      guard failure.failure == .clientCertificateRefused else {
        return add(.http, .failed, failure.description)
      }
      add(.http, .notTried, "")
      return add(.authentication, .failed, failure.description)
    }
    do throws(HTTPSError) {
      var client = try Client(userAgent: AgentVersion.userAgent)
      let response = try client.post(request, body: []) { true }
      describe(response, settings)
    } catch { add(.http, .failed, error.description) }
  }

  mutating func add(
    _ layer: Layer, _ state: Finding.State, _ text: String, _ certificates: [Certificate] = []
  ) {
    findings.append(Finding(layer, state, text, certificates))
  }
}

extension Ledger {
  fileprivate static func trustedMoment(_ locations: Locations) -> TrustedMoment? {
    (try? trustedMoment(StateDirectory(locations.state))) ?? nil
  }
}
