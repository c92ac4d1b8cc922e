// A header with a line break in it would be two headers, or the end of them all. Names are
// therefore tokens and values are without control characters (RFC 9110, 5.1 and 5.5), also in what
// a person wrote into a file.

import CCurl

/// What a header that somebody else chose may be.
package enum HeaderField {
  /// What the client or libcurl sets itself, what describes this one connection, and what is meant for a
  /// proxy: a second one would contradict it, or tell the server what it is not to know.
  private static let reserved: Set = [
    "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect",
    "host", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade", "user-agent",
  ]

  /// Why this cannot be sent, as a clause; nil when it can. The value may be a secret: only the name is
  /// told, and only one that is safe to print.
  package static func problem(name: String, value: String) -> String? {
    if !isName(name) { return "a header's name has a character it may not have" }
    if reserved.contains(name.lowercased()) { return "the header \(name) is set by the client" }
    return isValue(value) ? nil : "the value of the header \(name) has a control character"
  }

  /// Whether a text can be the value of a header.
  static func isValue(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 == 0x09 || $0 >= 0x20 && $0 != 0x7F }
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }
}

/// The headers of a request in libcurl's form. It does not copy them, so they are lent to a
/// transfer.
@safe
struct HeaderList: ~Copyable {
  private(set) var list: UnsafeMutablePointer<curl_slist>?

  init(_ request: Request) throws(HTTPSError) {
    unsafe list = nil
    try append("Content-Type", request.contentType)
    if let encoding = request.contentEncoding { try append("Content-Encoding", encoding) }
    // libcurl announces a large body with `Expect: 100-continue` and waits a second for a server
    // that does not know it. A name with nothing after the colon keeps libcurl from sending the
    // header.
    try append(line: "Expect:")
    for (name, value) in request.headers {
      if let problem = HeaderField.problem(name: name, value: value) {
        throw HTTPSError(.invalidRequest, detail: problem)
      }
      try append(name, value)
    }
  }

  deinit { unsafe curl_slist_free_all(list) }

  private mutating func append(_ name: String, _ value: String) throws(HTTPSError) {
    guard HeaderField.isValue(value) else {
      throw HTTPSError(
        .invalidRequest, detail: "the value of the header \(name) has a control character")
    }
    // libcurl's way to say that a header is empty rather than not to be sent.
    let isBlank = value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
    try append(line: isBlank ? "\(name);" : "\(name): \(value)")
  }

  private mutating func append(line: String) throws(HTTPSError) {
    guard let longer = unsafe curl_slist_append(list, line) else {
      throw HTTPSError(.other(code: CURLE_OUT_OF_MEMORY.rawValue), detail: "out of memory")
    }
    unsafe list = longer
  }
}
