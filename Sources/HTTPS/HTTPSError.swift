// libcurl has some hundred error codes. They are sorted here by what somebody can do about them,
// and the certificate errors also by what OpenSSL found (CURLINFO_SSL_VERIFYRESULT: the
// X509_V_ERR_… numbers of openssl/x509_vfy.h).

import CCurl

/// Why a request got no answer.
package struct HTTPSError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What happened, sorted by what can be done about it.
  package enum Failure: Hashable, Sendable {
    case couldNotResolve
    case couldNotConnect
    case timedOut
    /// The server, or something between, ended the connection before the answer was whole.
    case connectionLost
    /// The server's certificate was issued by nobody that is trusted.
    case certificateUntrusted
    case certificateNameMismatch
    case certificateExpired
    /// As often as not, the appliance's own clock is wrong.
    case certificateNotYetValid
    /// The file of trusted authorities cannot be read, or holds none.
    case caFileUnusable
    /// The client certificate or its key cannot be read, or they do not belong together.
    case clientCertificateUnusable
    /// The server wants a client certificate, or another one.
    case clientCertificateRefused
    /// The proxy answered CONNECT with this HTTP status.
    case proxyRefused(status: Int)
    /// Another TLS error: no common protocol version, or no TLS at all.
    case tlsFailed
    case responseTooLarge
    /// `shouldContinue` said no.
    case interrupted
    case invalidRequest
    /// Another error of libcurl, by its number.
    case other(code: UInt32)
  }

  /// What happened.
  package let failure: Failure
  /// `host:port` as far as they are known, otherwise empty. Never more of the URL: paths and
  /// queries may be secret.
  package let endpoint: String
  /// Whether it happened on the way to the proxy or at it: `endpoint` is the proxy's then.
  package let isAtProxy: Bool
  /// Whether it happened before the first byte of the request could leave.
  package let isBeforeRequest: Bool
  /// What libcurl, OpenSSL or the kernel said, in printable ASCII; may be empty.
  package let detail: String

  package init(
    _ failure: Failure, endpoint: String = "", detail: String = "", isAtProxy: Bool = false,
    isBeforeRequest: Bool = false
  ) {
    self.failure = failure
    self.endpoint = endpoint
    self.isAtProxy = isAtProxy
    self.isBeforeRequest = isBeforeRequest
    self.detail = Self.printable(detail)
  }

  /// OpenSSL quotes the peer's certificate: nothing of it may reach a terminal as a control character.
  static func printable(_ text: String) -> String {
    let printable = text.utf8.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
    return String(decoding: printable, as: UTF8.self)
  }

  /// The statuses by which a proxy says that it tried (RFC 9110, 15.6).
  package static let cannotReach: Set = [502, 503, 504]

  /// One sentence: what happened, with whom, and what to look at.
  package var description: String {
    let reason = detail.isEmpty ? "" : " (\(detail))"
    let endpoint = isAtProxy ? "the proxy \(self.endpoint)" : self.endpoint
    return switch failure {
    case .couldNotResolve:
      "The host of \(endpoint) has no address\(reason): check its spelling and the DNS settings."
    case .couldNotConnect:
      "Nothing accepts connections at \(endpoint)\(reason): check the port and the network."
    case .timedOut:
      "The transfer to \(endpoint) took too long\(reason): check the network, or try again later."
    case .connectionLost:
      "The connection to \(endpoint) ended before the answer was whole\(reason): try again later."
    case .certificateUntrusted:
      "The certificate of \(endpoint) is not from a trusted authority\(reason): check the CA file."
    case .certificateNameMismatch:
      "The certificate of \(endpoint) is for another name\(reason): check the host."
    case .certificateExpired:
      "The certificate of \(endpoint) has expired: have it renewed, or check this machine's clock."
    case .certificateNotYetValid:
      "The certificate of \(endpoint) is not valid yet: check this machine's clock."
    case .caFileUnusable:
      "The CA file for \(endpoint) cannot be used\(reason): check that it is readable PEM."
    case .clientCertificateUnusable:
      "The client certificate for \(endpoint) cannot be used\(reason): "
        + "check 'client_cert' and 'client_key'."
    case .clientCertificateRefused:
      "The client certificate is refused by \(endpoint), or missing\(reason): check 'client_cert'."
    case .proxyRefused(407):
      "The proxy \(self.endpoint) wants another user and password (HTTP 407): check 'proxy'."
    case .proxyRefused(let status) where Self.cannotReach.contains(status):
      "The proxy \(self.endpoint) cannot reach the receiver (HTTP \(status)): check the endpoint, or try again later."
    case .proxyRefused(let status):
      "The proxy \(self.endpoint) does not let this appliance through (HTTP \(status)): have the endpoint allowed there."
    case .tlsFailed:
      "There is no TLS connection to \(endpoint)\(reason): check that it serves TLS 1.2 or newer."
    case .responseTooLarge:
      "The answer of \(endpoint) is larger than allowed: check that this is the right endpoint."
    case .interrupted:
      "The transfer to \(endpoint) was stopped on this side: it can be tried again."
    case .invalidRequest:
      "The request cannot be sent\(reason): check the settings of the endpoint and its headers."
    case .other(let code):
      "The transfer to \(endpoint) failed with libcurl's error \(code)\(reason): try again later."
    }
  }
}

extension HTTPSError.Failure {
  /// Sorts an error of libcurl. The two that a transfer causes itself are not among them.
  ///
  /// - Parameter words: libcurl's. Only they tell an alert of the server from a lost connection.
  init(_ code: CURLcode, verifyResult: Int, words: String) {
    let isAboutCertificate =
      words.contains(" alert ") && (words.contains("certificate") || words.contains("unknown ca"))
    switch code {
    case CURLE_SSL_CLIENTCERT: self = .clientCertificateRefused
    case CURLE_SSL_CONNECT_ERROR where isAboutCertificate,
      CURLE_SEND_ERROR where isAboutCertificate,
      CURLE_RECV_ERROR where isAboutCertificate:
      self = .clientCertificateRefused
    case CURLE_SSL_CERTPROBLEM: self = .clientCertificateUnusable
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .couldNotResolve
    case CURLE_COULDNT_CONNECT: self = .couldNotConnect
    case CURLE_OPERATION_TIMEDOUT: self = .timedOut
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE:
      self = .connectionLost
    case CURLE_SSL_CACERT_BADFILE: self = .caFileUnusable
    case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER: self = .tlsFailed
    case CURLE_PEER_FAILED_VERIFICATION:
      switch verifyResult {
      case 9: self = .certificateNotYetValid
      case 10: self = .certificateExpired
      // libcurl compares the name itself, after the chain was found to be good but before it asks
      // OpenSSL for the result: that still says "unspecified". 62 and 64 are OpenSSL's own findings
      // on a name and an address.
      case 0, 1, 62, 64: self = .certificateNameMismatch
      default: self = .certificateUntrusted
      }
    default: self = .other(code: code.rawValue)
    }
  }
}
