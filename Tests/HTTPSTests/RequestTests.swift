import Foundation
import HTTPS
import Testing

@Suite("A request is sent as it was meant, or not at all")
struct RequestTests {
  @Test("the server sees the method, the path and the headers, and nothing more")
  func head() throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/1.2.3")
    var request = server.request("/head?a=b")
    request.contentEncoding = "gzip"
    request.headers = [("Authorization", "Bearer x y"), ("X-Empty", ""), ("X-Blank", " \t")]
    let response = try client.post(request, [1, 2, 3])
    let lines = String(decoding: response.body, as: UTF8.self).split(separator: "\r\n")
    #expect(lines.first == "POST /head?a=b HTTP/1.1")
    #expect(
      Set(lines.dropFirst()) == [
        "Host: 127.0.0.1:\(server.port)", "User-Agent: accord/1.2.3", "Accept: */*",
        "Content-Type: application/x-protobuf", "Content-Encoding: gzip", "Content-Length: 3",
        "Authorization: Bearer x y", "X-Empty:", "X-Blank:",
      ])
  }

  @Test("a large body is announced by its length alone")
  func largeBody() throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/test")
    let response = try client.post(server.request("/head"), [UInt8](repeating: 7, count: 3 << 20))
    let head = String(decoding: response.body, as: UTF8.self)
    #expect(head.contains("Content-Length: \(3 << 20)\r\n"))
    #expect(!head.contains("Expect"))
    #expect(!head.contains("Transfer-Encoding"))
  }

  @Test("the body arrives byte for byte, an empty one too")
  func body() throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/test")
    for count in [0, 1, 255, 60_000] {
      let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      #expect(try client.post(server.request("/mirror"), body).body == body)
    }
  }

  @Test(
    "a header that would be more than one header is refused",
    arguments: [
      ("X-A", "a\r\nX-B: b"), ("X-A", "a\nb"), ("X-A", "a\rb"), ("X-A", "a\0b"), ("X-A", "\u{7F}"),
      ("X-A\r\nX-B", "a"), ("X-A\n", "a"), ("X-A\0", "a"), ("X A", "a"), ("X-A:", "a"), ("", "a"),
      ("Ümlaut", "a"),
    ])
  func headerInjection(name: String, value: String) throws {
    var request = Request(url: "https://127.0.0.1:1/", contentType: "a/b")
    request.headers = [(name, value)]
    let error = try #require(try failure(of: request))
    #expect(error.failure == .invalidRequest)
  }

  @Test(
    "headers that the client sets cannot be set by others",
    arguments: ["Content-Length", "transfer-encoding", "HOST", "Content-Type", "Expect"])
  func reservedHeaders(name: String) throws {
    var request = Request(url: "https://127.0.0.1:1/", contentType: "a/b")
    request.headers = [(name, "1")]
    let error = try #require(try failure(of: request))
    #expect(error.failure == .invalidRequest)
    #expect(error.description.contains(name))
  }

  @Test("a line break in the content type, encoding or user agent is refused")
  func otherInjection() throws {
    let typed = Request(url: "https://127.0.0.1:1/", contentType: "a/b\r\nX: y")
    let encoded = Request(
      url: "https://127.0.0.1:1/", contentType: "a/b", contentEncoding: "gzip\n")
    for request in [typed, encoded] {
      #expect(try failure(of: request)?.failure == .invalidRequest)
    }
    #expect(throws: HTTPSError.self) { _ = try Client(userAgent: "a\r\nX: y") }
  }

  @Test(
    "a URL that is not https is refused",
    arguments: [
      "http://127.0.0.1/", "HTTP://127.0.0.1/", "file:///etc/passwd", "ftp://127.0.0.1/",
      "127.0.0.1/", "", "https://", "https://127.0.0.1:99999/",
      "https://127.0.0.1/\0", "https://127.0.0.1/a b", "https://127.0.0.1/\r\n", "ht\0tps://a/",
    ])
  func notHTTPS(url: String) throws {
    let error = try #require(try failure(of: Request(url: url, contentType: "a/b")))
    #expect(error.failure == .invalidRequest)
  }

  @Test("a time limit of zero is refused, because to libcurl it would be none")
  func zeroSeconds() throws {
    let requests = (0..<3).map { index in
      var request = Request(url: "https://127.0.0.1:1/", contentType: "a/b")
      if index == 0 { request.timeoutSeconds = 0 }
      if index == 1 { request.connectTimeoutSeconds = 0 }
      if index == 2 { request.stallSeconds = 0 }
      return request
    }
    for request in requests { #expect(try failure(of: request)?.failure == .invalidRequest) }
  }

  @Test("a proxy in the environment is ignored")
  func environmentProxy() async {
    // In a process of its own: the environment belongs to all threads.
    await #expect(processExitsWith: .success) {
      setenv("https_proxy", "http://127.0.0.1:1", 1)
      setenv("ALL_PROXY", "http://127.0.0.1:1", 1)
      let server = try Server()
      var client = try Client(userAgent: "accord/test")
      _ = try client.post(server.request("/mirror"))
    }
  }
}
