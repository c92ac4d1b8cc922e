// Going the whole way to a server without sending a request: name, connection, proxy, TLS. libcurl ends a transfer with
// CURLOPT_CONNECT_ONLY there, so that not one byte of HTTP leaves, but for a proxy's CONNECT.
//
// OpenSSL breaks off when a certificate is refused, before libcurl keeps the chain. So that it can be shown what was
// refused, the way is gone a second time then, without verification, without the client certificate, and again without
// a request: what comes back is looked at, and nothing is told to whoever sent it.

import CCurl

/// What was seen on the way to a server, as far as the way went.
package struct Probe: Sendable {
  package enum Stage: Sendable {
    case name
    /// To the server.
    case connection
    /// To the proxy, and what it said.
    case proxy
    case tls
    /// The server was ready for a request.
    case ready
  }

  /// How far it came: the stage at which it failed, or `ready`.
  package let stage: Stage
  package let failure: HTTPSError?
  /// That of the server, or of the proxy; empty when nothing was connected to.
  package let address: String
  /// As OpenSSL names it: `TLSv1.3`. Nil when none was agreed.
  package let tlsVersion: String?
  /// The server's certificate first. What was refused is here too.
  package let certificates: [Certificate]
}

/// What a server says of itself, or what an authority says of it.
package struct Certificate: Sendable {
  package let subject: String
  package let issuer: String
  /// Unix seconds; nil when it cannot be read.
  package let notAfterUnixSeconds: Int64?
}

extension Client {
  /// Goes to the server of a request, and no further. The client cannot be used afterwards.
  package consuming func probe(_ request: Request) throws(HTTPSError) -> Probe {
    let endpoint = try Endpoint(url: request.url)
    let proxy = try request.proxyEndpoint()
    let (code, observer) = try connect(request, endpoint)
    var failure: HTTPSError? = code == CURLE_OK ? nil : error(code, endpoint, proxy)
    let stage = stage(failure, observer)
    let address = unsafe String(cString: curl_handle_get_address(handle))
    var certificates = certificates()
    if stage == .tls, failure?.isAtProxy == false, certificates.isEmpty {
      unsafe curl_easy_reset(handle)
      var unverified = request
      unverified.clientCertificate = nil
      _ = try connect(unverified, endpoint, verifies: false)
      certificates = self.certificates()
    }
    if failure == nil {
      let objection = unsafe curl_handle_await_objection(handle, 500)
      if objection != CURLE_OK { failure = error(objection, endpoint, proxy) }
    }
    return Probe(
      stage: stage, failure: failure, address: address, tlsVersion: observer.tlsVersion,
      certificates: certificates)
  }

  private func connect(
    _ request: Request, _ endpoint: Endpoint, verifies: Bool = true
  ) throws(HTTPSError) -> (CURLcode, WorkObserver) {
    unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    try configure(request, endpoint)
    var observer = WorkObserver()
    let code = unsafe withUnsafeMutablePointer(to: &observer) { context in
      let results = unsafe [
        curl_handle_only_connect(handle), curl_handle_keep_certificates(handle),
        verifies ? CURLE_OK : curl_handle_verify_nothing(handle),
        curl_handle_set_progress_observer(handle) { _, _, _, _, _ in 0 },
        curl_handle_set_work_observer(handle, WorkObserver.note),
        curl_handle_set_work_context(handle, context),
      ]
      let code = unsafe results.first { $0 != CURLE_OK } ?? curl_easy_perform(handle)
      unsafe curl_handle_stop_observing_work(handle)
      return code
    }
    return (code, observer)
  }

  private func stage(_ failure: HTTPSError?, _ observer: WorkObserver) -> Probe.Stage {
    guard let failure else { return .ready }
    var lookupTime: curl_off_t = 0
    unsafe curl_handle_get_lookup_time(handle, &lookupTime)
    if failure.failure == .couldNotResolve || lookupTime == 0 { return .name }
    if failure.isAtProxy { return .proxy }
    return observer.hasBegunTLS ? .tls : .connection
  }

  private func certificates() -> [Certificate] {
    var certificates: [Certificate] = []
    while var line = unsafe curl_handle_get_certificate(handle, Int32(certificates.count)) {
      var fields: [String: String] = [:]
      while true {
        let parts = unsafe String(cString: line.pointee.data).split(separator: ":", maxSplits: 1)
        if parts.count == 2, fields[String(parts[0])] == nil {
          fields[String(parts[0])] = HTTPSError.printable(String(parts[1]))
        }
        guard let next = unsafe line.pointee.next else { break }
        unsafe line = next
      }
      certificates.append(
        Certificate(
          subject: fields["Subject"] ?? "", issuer: fields["Issuer"] ?? "",
          notAfterUnixSeconds: fields["Expire date"].flatMap(HTTPDate.unixSeconds)))
    }
    return certificates
  }
}

/// Hears what libcurl says of its work. It also hears what is sent, the proxy's password for one, and keeps none of it.
private struct WorkObserver {
  var tlsVersion: String?
  var hasBegunTLS = false

  /// The context is a `WorkObserver`.
  static let note: curl_work_observer = { _, type, text, size, context in
    guard let observer = unsafe context?.assumingMemoryBound(to: WorkObserver.self) else {
      return 0
    }
    if type == CURLINFO_SSL_DATA_OUT { unsafe observer.pointee.hasBegunTLS = true }
    guard type == CURLINFO_TEXT, let text = unsafe text else { return 0 }
    let bytes = unsafe UnsafeRawBufferPointer(start: text, count: size)
    // "SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384": the last one is the server's.
    let words = unsafe String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    if words.starts(with: ["SSL", "connection", "using"]), words.count > 3 {
      unsafe observer.pointee.tlsVersion = HTTPSError.printable(String(words[3]))
    }
    return 0
  }
}
