// The only way out of the appliance: POST over TLS, through libcurl
// (curl.se/libcurl/c/libcurl-easy.html).
//
// What cannot be switched off, because no setting may weaken it: https only, TLS 1.2 or newer, the
// certificate's chain and name are verified, redirects are returned instead of followed (consent
// names the recipient), and the environment's proxy variables are ignored. HTTP/1.1 only: one
// connection, one request at a time.
//
// One handle serves all requests, so that its connection stays open between them. After each
// transfer the handle's options are reset, which keeps connections and TLS sessions but no pointer,
// file or header of the last request. A connection that the server closed meanwhile is replaced
// without an error, as long as nothing of an answer came. A connection is reused only by a request
// that trusts the same authorities and shows the same certificate.
//
// Certificate errors are told apart by OpenSSL's numbers: this expects libcurl's OpenSSL flavour,
// 7.85 or newer.

import CCurl

/// An HTTPS client for one request at a time.
@safe
package struct Client: ~Copyable {
  let handle: UnsafeMutableRawPointer
  /// libcurl's words on the last error: CURL_ERROR_SIZE bytes.
  let errorText: UnsafeMutablePointer<CChar>
  let userAgent: String

  /// libcurl wants one call in the life of a process, before all others and from one thread at a
  /// time: a static is initialised on its first use, and once.
  private static let libraryStatus = curl_library_initialize()

  /// Makes a client without connecting.
  ///
  /// - Parameter userAgent: the `User-Agent` header: product, slash, version.
  package init(userAgent: String) throws(HTTPSError) {
    guard HeaderField.isValue(userAgent) else {
      throw HTTPSError(.invalidRequest, detail: "the user agent has a control character")
    }
    guard Self.libraryStatus == CURLE_OK, let handle = unsafe curl_easy_init() else {
      throw HTTPSError(
        .other(code: CURLE_FAILED_INIT.rawValue), detail: "libcurl cannot be initialised")
    }
    unsafe self.handle = handle
    unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    self.userAgent = userAgent
  }

  deinit {
    // The handle has the error text's address, so it goes first.
    unsafe curl_easy_cleanup(handle)
    unsafe errorText.deallocate()
  }

  /// Sends a body and waits for the answer, whatever its status.
  ///
  /// - Parameter shouldContinue: asked often, and at least once a second, during the transfer;
  ///   false closes the connection, and the error is `.interrupted`.
  package mutating func post(
    _ request: Request, body: [UInt8], shouldContinue: @escaping () -> Bool
  ) throws(HTTPSError) -> Response {
    let endpoint = try Endpoint(url: request.url)
    // To libcurl, zero seconds are no limit.
    guard min(request.connectTimeoutSeconds, request.timeoutSeconds, request.stallSeconds) >= 1
    else {
      throw HTTPSError(.invalidRequest, endpoint: endpoint.text, detail: "a time limit is missing")
    }
    let headers = try HeaderList(request)
    let proxy = try request.proxyEndpoint()
    defer { unsafe curl_easy_reset(handle) }
    try configure(request, endpoint)
    var (code, transfer) = transfer(request, headers, body, shouldContinue)
    if isStale(code, transfer) {
      unsafe curl_handle_use_fresh_connection(handle)
      (code, transfer) = self.transfer(request, headers, body, shouldContinue)
    }
    switch transfer.end {
    case .bodyTooLarge: throw HTTPSError(.responseTooLarge, endpoint: endpoint.text)
    case .interrupted: throw HTTPSError(.interrupted, endpoint: endpoint.text)
    case nil: break
    }
    guard code == CURLE_OK else { throw error(code, endpoint, proxy) }
    return response(body: transfer.body)
  }

  /// Whether the server had closed a connection that was kept open, and noticed only when the request came:
  /// nothing of an answer is there. libcurl itself repeats such a request unless the end comes while the
  /// body is being sent.
  private func isStale(_ code: CURLcode, _ transfer: (body: [UInt8], end: Transfer.End?)) -> Bool {
    var (connectionsOpened, headerBytes) = (0, 0)
    unsafe curl_handle_get_connections_opened(handle, &connectionsOpened)
    unsafe curl_handle_get_header_bytes(handle, &headerBytes)
    return [CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING].contains(code)
      && connectionsOpened == 0 && headerBytes == 0 && transfer.end == nil
  }

  private func transfer(
    _ request: Request, _ headers: borrowing HeaderList, _ body: [UInt8],
    _ shouldContinue: @escaping () -> Bool
  ) -> (code: CURLcode, (body: [UInt8], end: Transfer.End?)) {
    unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    // withoutActuallyEscaping would put the length of this file's path into the program, wherever it is built.
    var transfer = Transfer(bodyBytesMax: request.responseBytesMax, shouldContinue: shouldContinue)
    let code = perform(&transfer, headers, body)
    return (code, (body: transfer.body, end: transfer.end))
  }

  /// Runs a transfer. The addresses that libcurl is given are valid until this returns: of what it
  /// borrows.
  private func perform(
    _ transfer: inout Transfer, _ headers: borrowing HeaderList, _ body: [UInt8]
  ) -> CURLcode {
    let headerList = unsafe headers.list
    return unsafe body.withUnsafeBytes { bytes in
      unsafe withUnsafeMutablePointer(to: &transfer) { context in
        let results = unsafe [
          curl_handle_set_headers(handle, headerList),
          curl_handle_set_body_size(handle, curl_off_t(bytes.count)),
          curl_handle_set_body(handle, bytes.baseAddress),
          curl_handle_set_body_context(handle, context),
          curl_handle_set_progress_context(handle, context),
        ]
        return unsafe results.first { $0 != CURLE_OK } ?? curl_easy_perform(handle)
      }
    }
  }

  private func response(body: [UInt8]) -> Response {
    var status = 0
    unsafe curl_handle_get_status(handle, &status)
    return Response(
      status: status, contentType: header("Content-Type"),
      dateUnixSeconds: header("Date").flatMap(HTTPDate.unixSeconds),
      retryAfter: header("Retry-After"), body: body)
  }

  private func header(_ name: String) -> String? {
    unsafe curl_handle_get_header(handle, name).map { value in unsafe String(cString: value) }
  }
}
