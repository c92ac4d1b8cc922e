internal import CCurl

/// A server's whole answer, of any status: what a 503 or a 302 means is for the caller to say.
package struct Response: Hashable, Sendable {
  /// 100 to 999.
  package let status: Int
  /// The `Content-Type` header as it came.
  package let contentType: String?
  /// The `Date` header, Unix time in seconds. It comes from a server whose certificate was
  /// verified.
  package let dateUnixSeconds: Int64?
  /// The `Retry-After` header as it came: a number of seconds or a date.
  package let retryAfter: String?
  /// At most the request's `responseBytesMax`.
  package let body: [UInt8]

  package init(
    status: Int, contentType: String? = nil, dateUnixSeconds: Int64? = nil,
    retryAfter: String? = nil, body: [UInt8] = []
  ) {
    self.status = status
    self.contentType = contentType
    self.dateUnixSeconds = dateUnixSeconds
    self.retryAfter = retryAfter
    self.body = body
  }
}

/// Dates as HTTP writes them.
package enum HTTPDate {
  /// Unix seconds, or nil when the text is no date of the years 1970 to 9999: a server may write any year,
  /// and one of ten digits would not fit the arithmetic with times. The corresponding C function is
  /// `curl_getdate`.
  package static func unixSeconds(_ text: String) -> Int64? {
    let seconds = unsafe Int64(curl_getdate(text, nil))
    return (0...253_402_300_799).contains(seconds) ? seconds : nil
  }
}
