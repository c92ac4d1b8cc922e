// Where a delivery failed, for people who ask for one word. The reason of the last run is kept as the sentence that it
// was; this tells the layer from it, beside the sentences themselves (HTTPSError, UploadResult), so that a database of an
// earlier version is understood as well.

package enum FailedLayer: String, CaseIterable, Sendable {
  case settings
  case dns = "DNS"
  case proxy
  case tcp = "TCP"
  case tls = "TLS"
  case http = "HTTP"
  case authentication

  /// The layer that a reason is about; `http` for what is not known.
  package init(ofReason reason: String) {
    func says(_ words: String...) -> Bool { words.contains { reason.contains($0) } }
    if says(" has no address") {
      self = .dns
    } else if says("cannot reach the receiver (HTTP ") {
      self = .tcp
    } else if says("the proxy ", "The proxy ") {
      self = .proxy
    } else if says("Nothing accepts connections", "took too long", "ended before the answer") {
      self = .tcp
    } else if says("The client certificate is refused", "HTTP 401", "HTTP 403") {
      self = .authentication
    } else if says("The certificate of", "no TLS connection") {
      self = .tls
    } else if says(
      "The CA file", "The client certificate for", "cannot be sent", "there is no such file")
    {
      self = .settings
    } else {
      self = .http
    }
  }
}
