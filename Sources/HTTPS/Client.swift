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
// file or header of the last request. A connection that the server closed meanwhile is noticed and
// replaced by libcurl, without an error. A connection is reused only by a request that trusts the
// same authorities.
//
// Certificate errors are told apart by OpenSSL's numbers: this expects libcurl's OpenSSL flavour,
// 7.85 or newer.

import CCurl

/// An HTTPS client for one request at a time.
@safe
package struct Client: ~Copyable {
  private let handle: UnsafeMutableRawPointer
  /// libcurl's words on the last error: CURL_ERROR_SIZE bytes.
  private let errorText: UnsafeMutablePointer<CChar>
  private let userAgent: String

  /// libcurl wants one call in the life of a process, before all others and from one thread at a
  /// time: a static is initialised on its first use, and once.
  private static let libraryStatus = curl_library_initialize()

  /// Makes a client without connecting.
  ///
  /// - Parameter userAgent: the `User-Agent` header: product, slash, version.
  package init(userAgent: String) throws(HTTPSError) {
    guard HeaderList.isValue(userAgent) else {
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
  ///   false closes the
  ///   connection, and the error is `.interrupted`.
  package mutating func post(
    _ request: Request, body: [UInt8], shouldContinue: () -> Bool
  ) throws(HTTPSError) -> Response {
    let endpoint = try Endpoint(url: request.url)
    // To libcurl, zero seconds are no limit.
    guard min(request.connectTimeoutSeconds, request.timeoutSeconds, request.stallSeconds) >= 1
    else {
      throw HTTPSError(.invalidRequest, endpoint: endpoint.text, detail: "a time limit is missing")
    }
    let headers = try HeaderList(request)
    defer { unsafe curl_easy_reset(handle) }
    unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    try configure(request, endpoint)
    let (code, transfer) = withoutActuallyEscaping(shouldContinue) { shouldContinue in
      var transfer = Transfer(
        bodyBytesMax: request.responseBytesMax, shouldContinue: shouldContinue)
      let code = perform(&transfer, headers, body)
      return (code, (body: transfer.body, end: transfer.end))
    }
    switch transfer.end {
    case .bodyTooLarge: throw HTTPSError(.responseTooLarge, endpoint: endpoint.text)
    case .interrupted: throw HTTPSError(.interrupted, endpoint: endpoint.text)
    case nil: break
    }
    guard code == CURLE_OK else { throw error(code, endpoint) }
    return response(body: transfer.body)
  }

  private func configure(_ request: Request, _ endpoint: Endpoint) throws(HTTPSError) {
    var results = unsafe [
      curl_handle_set_error_text(handle, errorText),
      curl_handle_set_url(handle, request.url),
      curl_handle_allow_https_only(handle),
      curl_handle_refuse_redirects(handle),
      curl_handle_use_no_proxy(handle),
      curl_handle_use_http_1_1(handle),
      curl_handle_verify_peer(handle),
      curl_handle_verify_host_name(handle),
      curl_handle_require_tls_1_2(handle),
      curl_handle_set_user_agent(handle, userAgent),
      curl_handle_use_post(handle),
      curl_handle_set_connect_timeout(handle, request.connectTimeoutSeconds),
      curl_handle_set_timeout(handle, request.timeoutSeconds),
      curl_handle_set_stall_bytes_per_second(handle, 1),
      curl_handle_set_stall_timeout(handle, request.stallSeconds),
      curl_handle_use_no_signals(handle),
      curl_handle_set_body_receiver(handle, Transfer.receiveBody),
      curl_handle_set_progress_observer(handle, Transfer.observeProgress),
      curl_handle_enable_progress(handle),
    ]
    if let caFile = request.caFile {
      guard !caFile.isEmpty, !caFile.utf8.contains(0) else {
        throw HTTPSError(.caFileUnusable, endpoint: endpoint.text, detail: "not a file name")
      }
      unsafe results += [
        curl_handle_set_ca_file(handle, caFile), curl_handle_use_no_ca_folder(handle),
      ]
    }
    for result in results where result != CURLE_OK { throw error(result, endpoint) }
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

  private func error(_ code: CURLcode, _ endpoint: Endpoint) -> HTTPSError {
    var verifyResult = 0
    unsafe curl_handle_get_verify_result(handle, &verifyResult)
    let failure = HTTPSError.Failure(code, verifyResult: verifyResult)
    let words =
      if failure == .couldNotConnect, let reason = unsafe curl_handle_get_connect_failure(handle) {
        unsafe String(cString: reason)
      } else if unsafe errorText.pointee != 0 {
        unsafe String(cString: errorText)
      } else {
        unsafe String(cString: curl_easy_strerror(code))
      }
    return HTTPSError(failure, endpoint: endpoint.text, detail: words)
  }
}
