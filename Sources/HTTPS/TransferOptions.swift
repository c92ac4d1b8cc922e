// What libcurl is told before a transfer, and what it says after one that failed.

import CCurl

extension Client {
  /// Sets everything but what is lent for the length of a transfer.
  func configure(_ request: Request, _ endpoint: Endpoint) throws(HTTPSError) {
    var results = unsafe [
      curl_handle_set_error_text(handle, errorText),
      curl_handle_set_url(handle, request.url),
      curl_handle_allow_https_only(handle),
      curl_handle_refuse_redirects(handle),
      curl_handle_set_proxy(handle, request.proxy ?? ""),
      curl_handle_exempt_no_host_from_proxy(handle),
      curl_handle_hide_headers_from_proxy(handle),
      curl_handle_use_http_1_1(handle),
      curl_handle_verify_peer(handle),
      curl_handle_verify_host_name(handle),
      curl_handle_require_tls_1_2(handle),
      curl_handle_never_ask_for_passphrase(handle),
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
    results += try trust(request, endpoint)
    if let certificate = request.clientCertificate {
      unsafe results += [
        curl_handle_set_client_certificate(handle, certificate.file),
        certificate.key.withUnsafeBytes { pem in
          unsafe curl_handle_set_client_key(handle, pem.baseAddress, pem.count)
        },
      ]
    }
    if let rate = request.sendBytesPerSecondMax {
      unsafe results += [
        curl_handle_set_send_bytes_per_second_max(handle, curl_off_t(rate)),
        curl_handle_set_send_buffer_bytes(handle, 16 << 10),
      ]
    }
    for result in results where result != CURLE_OK { throw error(result, endpoint, nil) }
  }

  private func trust(_ request: Request, _ endpoint: Endpoint) throws(HTTPSError) -> [CURLcode] {
    if let text = request.caText {
      let result = unsafe text.withUnsafeBytes {
        unsafe curl_handle_set_ca_text(handle, $0.baseAddress, $0.count)
      }
      return [result]
        + (request.trustsSystemBesideText ? [] : unsafe [curl_handle_use_no_ca_folder(handle)])
    }
    guard let caFile = request.caFile else { return [] }
    guard !caFile.isEmpty, !caFile.utf8.contains(0) else {
      throw HTTPSError(.caFileUnusable, endpoint: endpoint.text, detail: "not a file name")
    }
    return unsafe [
      curl_handle_set_ca_file(handle, caFile), curl_handle_set_proxy_ca_file(handle, caFile),
      curl_handle_use_no_ca_folder(handle),
    ]
  }

  /// Why the last transfer failed, and with whom.
  func error(_ code: CURLcode, _ endpoint: Endpoint, _ proxy: Endpoint?) -> HTTPSError {
    var (proxyStatus, verifyResult) = (0, 0)
    var readyTime: curl_off_t = 0
    unsafe curl_handle_get_proxy_status(handle, &proxyStatus)
    unsafe curl_handle_get_ready_time(handle, &readyTime)
    // Before the proxy has opened the way, everything that goes wrong is a matter of the proxy.
    let isAtProxy = proxy != nil && readyTime == 0 && proxyStatus / 100 != 2
    let party = (isAtProxy ? proxy : nil) ?? endpoint
    if isAtProxy, proxyStatus > 0 {
      return HTTPSError(
        .proxyRefused(status: proxyStatus), endpoint: party.text, isAtProxy: true,
        isBeforeRequest: true)
    }
    if isAtProxy {
      unsafe curl_handle_get_proxy_verify_result(handle, &verifyResult)
    } else {
      unsafe curl_handle_get_verify_result(handle, &verifyResult)
    }
    let words = words(code)
    let failure = HTTPSError.Failure(code, verifyResult: verifyResult, words: words)
    return HTTPSError(
      failure, endpoint: party.text, detail: words, isAtProxy: isAtProxy,
      isBeforeRequest: readyTime == 0)
  }

  private func words(_ code: CURLcode) -> String {
    // An alert about the certificate may come too late to be read.
    let hint =
      code == CURLE_SEND_ERROR ? "; a server that misses a client certificate does that too" : ""
    return spoken(code) + hint
  }

  private func spoken(_ code: CURLcode) -> String {
    if code == CURLE_COULDNT_CONNECT, let reason = unsafe curl_handle_get_connect_failure(handle) {
      unsafe String(cString: reason)
    } else if unsafe errorText.pointee != 0 {
      unsafe String(cString: errorText)
    } else {
      unsafe String(cString: curl_easy_strerror(code))
    }
  }
}
