// The layer that a kept reason is about: every sentence that a failure can have is sorted.

import Delivery
import HTTPS
import Testing

@Suite("The failed layer")
struct FailedLayerTests {
  private static let failures: [(HTTPSError.Failure, isAtProxy: Bool, FailedLayer)] = [
    (.couldNotResolve, false, .dns), (.couldNotResolve, true, .dns),
    (.couldNotConnect, false, .tcp), (.couldNotConnect, true, .proxy),
    (.timedOut, false, .tcp), (.timedOut, true, .proxy), (.connectionLost, false, .tcp),
    (.certificateUntrusted, false, .tls), (.certificateUntrusted, true, .proxy),
    (.certificateNameMismatch, false, .tls), (.certificateExpired, false, .tls),
    (.certificateNotYetValid, false, .tls), (.caFileUnusable, false, .settings),
    (.clientCertificateUnusable, false, .settings),
    (.clientCertificateRefused, false, .authentication),
    (.proxyRefused(status: 403), true, .proxy), (.proxyRefused(status: 407), true, .proxy),
    (.proxyRefused(status: 503), true, .tcp), (.tlsFailed, false, .tls),
    (.responseTooLarge, false, .http), (.invalidRequest, false, .settings),
    (.other(code: 99), false, .http),
  ]

  @Test(arguments: failures.indices)
  func `every failure of the way is at its layer`(index: Int) {
    let (failure, isAtProxy, layer) = Self.failures[index]
    let error = HTTPSError(
      failure, endpoint: "telemetry.example:4318", detail: "Connection reset", isAtProxy: isAtProxy)
    #expect(FailedLayer(ofReason: error.description) == layer, "\(error)")
  }

  @Test func `every answer is HTTP's, except those on who may come in`() {
    let answers: [(Int, FailedLayer)] = [
      (401, .authentication), (403, .authentication), (404, .http), (302, .http), (429, .http),
      (500, .http), (503, .http),
    ]
    for (status, layer) in answers {
      let reason: String
      switch UploadResult(Response(status: status, contentType: "text/html"), nowMilliseconds: 0) {
      case .retryLater(let text, _), .failedThere(let text), .tooLarge(let text),
        .notTheSupplier(let text):
        reason = text
      case .accepted, .refused, .stopped, .overQuota: reason = ""
      }
      #expect(FailedLayer(ofReason: reason) == layer, "\(status): \(reason)")
    }
  }
}
