import HTTPS
import Testing

@Suite("An answer is returned whole, whatever it says")
struct ResponseTests {
  @Test("every status is an answer, and a redirect is not followed")
  func statuses() throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/test")
    for status in [200, 302, 307, 400, 413, 429, 503] {
      let response = try client.post(server.request("/status/\(status)"))
      #expect(response.status == status)
      #expect(response.retryAfter == "120")
      #expect(response.dateUnixSeconds == 1_700_000_000)
      #expect(response.contentType == nil)
      #expect(response.body.isEmpty)
    }
  }

  @Test("the content type is returned, and headers that are missing are nil")
  func headers() throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/test")
    let response = try client.post(server.request("/mirror"))
    #expect(response.contentType == "application/x-protobuf")
    #expect(response.retryAfter == nil)
    #expect(response.dateUnixSeconds == nil)
  }

  @Test("a date that is none is nil")
  func oddDate() throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/test")
    #expect(try client.post(server.request("/odd")).dateUnixSeconds == nil)
  }

  @Test("a body of the allowed size is taken, one byte more is refused")
  func bodyLimit() throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/test")
    var request = server.request("/mirror")
    for bytesMax in [0, 1000, 50_000] {
      request.responseBytesMax = bytesMax
      let body = [UInt8](repeating: 7, count: bytesMax)
      #expect(try client.post(request, body).body == body)
      #expect(try failure(of: request, body: body + [7])?.failure == .responseTooLarge)
    }
  }
}
