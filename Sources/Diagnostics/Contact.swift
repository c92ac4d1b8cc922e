// What the way to the receiver and its answer come to, layer by layer.

internal import Configuration
internal import Delivery
internal import HTTPS
internal import Linux
internal import Telemetry

extension Diagnosis {
  /// How long before its end a certificate is worth a word.
  private static let noticeSeconds: Int64 = 14 * 86_400

  /// Returns whether the way is open as far as TLS.
  mutating func describe(_ probe: Probe, _ settings: UploadSettings) -> Bool {
    let failure = probe.failure?.description ?? ""
    let proxy = settings.proxy
    if probe.stage == .name { return fail(.dns, failure) }
    let whose = proxy.map { "the proxy \($0)" } ?? "the receiver"
    let looksUp = proxy == nil ? "" : "; it looks up the receiver's name itself"
    add(
      .dns, .ok,
      probe.address.isEmpty
        ? "\(whose) has an address" : "\(whose) is at \(probe.address)\(looksUp)")
    if probe.stage == .proxy {
      // A proxy that tried has let this appliance through.
      if case .proxyRefused(let status)? = probe.failure?.failure,
        HTTPSError.cannotReach.contains(status)
      {
        add(.proxy, .ok, "\(whose) answers")
        return fail(.tcp, failure)
      }
      return fail(.proxy, failure)
    }
    add(.proxy, .ok, proxy == nil ? "none is set" : "\(whose) opens the way")
    if probe.stage == .connection { return fail(.tcp, failure) }
    add(.tcp, .ok, proxy == nil ? "connected" : "connected by the proxy")
    if probe.stage == .tls {
      let shown = probe.certificates.isEmpty ? "" : " This is what it showed, unverified:"
      add(.tls, .failed, failure + shown, probe.certificates)
      return false
    }
    describe(probe.certificates, version: probe.tlsVersion ?? "TLS")
    return true
  }

  private mutating func fail(_ layer: Layer, _ text: String) -> Bool {
    add(layer, .failed, text)
    return false
  }

  private mutating func describe(_ certificates: [Certificate], version: String) {
    let now = SystemClock().wallTimeMilliseconds / 1000
    let isEnding = certificates.contains {
      $0.notAfterUnixSeconds ?? .max < now + Self.noticeSeconds
    }
    add(
      .tls, isEnding ? .warning : .ok,
      isEnding
        ? "\(version), verified; a certificate ends within 14 days: have the receiver renew it"
        : "\(version), verified", certificates)
  }

  /// The answer to a request without readings.
  mutating func describe(_ response: Response, _ settings: UploadSettings) {
    let result = UploadResult(response, nowMilliseconds: SystemClock().wallTimeMilliseconds)
    switch result {
    case .accepted:
      add(.http, .ok, "HTTP \(response.status): an OTLP receiver")
      let shown = settings.identifiers
      add(
        .authentication, .ok,
        shown.isEmpty
          ? "the receiver asks for none"
          : "accepted with the \(shown.joined(separator: " and the "))")
    case .notTheSupplier(let reason) where [401, 403].contains(response.status):
      add(.http, .ok, "HTTP \(response.status): a server that answers")
      add(.authentication, .failed, reason)
    case .refused(let reason):
      add(.http, .warning, "an OTLP receiver, which refuses a request without readings: \(reason)")
    case .retryLater(let reason, _), .failedThere(let reason), .tooLarge(let reason),
      .notTheSupplier(let reason):
      add(.http, .failed, reason)
    case .stopped, .overQuota: break
    }
  }
}
