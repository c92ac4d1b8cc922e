// The URL is taken apart by the parser that will also use it, so that what is checked is what is
// connected to.

import CCurl

extension Request {
  func proxyEndpoint() throws(HTTPSError) -> Endpoint? {
    guard let proxy else { return nil }
    return try Endpoint(url: proxy, schemes: ["http", "https"])
  }
}

/// Where a URL leads, for messages: the URL itself may hold secrets.
struct Endpoint {
  /// `host:port`
  let text: String

  /// Takes a URL apart. It must have one of the schemes and a host.
  init(url: String, schemes: Set<String> = ["https"]) throws(HTTPSError) {
    guard !url.utf8.contains(0), let parts = unsafe curl_url() else {
      throw HTTPSError(.invalidRequest, detail: "the URL cannot be read")
    }
    defer { unsafe curl_url_cleanup(parts) }
    guard unsafe curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK,
      let host = unsafe Self.part(CURLUPART_HOST, of: parts),
      let port = unsafe Self.part(CURLUPART_PORT, of: parts)
    else { throw HTTPSError(.invalidRequest, detail: "the URL cannot be read") }
    text = "\(host):\(port)"
    guard let scheme = unsafe Self.part(CURLUPART_SCHEME, of: parts), schemes.contains(scheme)
    else {
      let expected = schemes.sorted().joined(separator: " or ")
      throw HTTPSError(.invalidRequest, endpoint: text, detail: "the URL is not \(expected)")
    }
  }

  private static func part(_ part: CURLUPart, of parts: OpaquePointer) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    let found = unsafe curl_url_get(parts, part, &text, UInt32(CURLU_DEFAULT_PORT))
    guard found == CURLUE_OK, let text = unsafe text else { return nil }
    defer { unsafe curl_free(text) }
    return unsafe String(cString: text)
  }
}
