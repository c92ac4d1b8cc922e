package import HTTPS

/// What is between the settings and the receiver's word, in the order in which it is looked at.
package enum Layer: String, CaseIterable, Sendable {
  case settings
  case ownership
  case units
  case clock
  case disk
  case offer
  case agreement
  case dns = "DNS"
  case proxy
  case tcp = "TCP"
  case tls = "TLS"
  case http = "HTTP"
  case authentication
}

/// What was found at one layer.
package struct Finding: Sendable {
  package enum State: String, Sendable {
    case ok
    case warning
    case failed
    case notTried = "not tried"
  }

  package let layer: Layer
  package let state: State
  /// What was found and, where something is to be done, that one thing; empty when the way ended before it.
  package let text: String
  /// The receiver's certificate and what came with it.
  package let certificates: [Certificate]

  init(_ layer: Layer, _ state: State, _ text: String, _ certificates: [Certificate] = []) {
    self.layer = layer
    self.state = state
    self.text = text
    self.certificates = certificates
  }
}
