import HTTPS
import Testing

@Suite("A connection is kept while it is good and given up when it is not")
struct ConnectionTests {
  @Test("posts share a connection")
  func keepAlive() throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/test")
    for _ in 1...3 {
      #expect(try client.post(server.request("/connection")).body == Array("1".utf8))
    }
  }

  @Test("a connection that the server closed between posts is replaced without an error")
  func droppedBetweenPosts() throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/test")
    #expect(try client.post(server.request("/drop")).body == Array("1".utf8))
    #expect(try client.post(server.request("/connection")).body == Array("2".utf8))
  }

  @Test(
    "a request that met a RST on a connection kept open goes again on a fresh one, byte for byte",
    arguments: [3, 60_000, 8 << 20])
  func resetOnReuse(count: Int) throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/test")
    #expect(try client.post(server.request("/connection")).body == Array("1".utf8))
    var request = server.request("/reset-once")
    request.responseBytesMax = 8 << 20
    let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    #expect(try client.post(request, body).body == body)
    #expect(try client.post(server.request("/connection")).body == Array("2".utf8))
  }

  @Test(
    "a server that ends each fresh connection with a RST is tried once on one, and not for ever")
  func resetAlways() throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/test")
    #expect(try client.post(server.request("/connection")).body == Array("1".utf8))
    #expect(throws: HTTPSError.self) { try client.post(server.request("/reset")) }
    #expect(try client.post(server.request("/connection")).body == Array("3".utf8))
  }

  @Test("an answer that broke off on a connection kept open is not asked for again")
  func brokenOffOnReuse() throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/test")
    #expect(try client.post(server.request("/connection")).body == Array("1".utf8))
    #expect(throws: HTTPSError.self) { try client.post(server.request("/half-close")) }
    #expect(try client.post(server.request("/connection")).body == Array("2".utf8))
  }

  @Test("a body is sent no faster than allowed, and only as slowly as that")
  func rate() throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/test")
    var request = server.request("/mirror")
    request.sendBytesPerSecondMax = 32 << 10
    let clock = ContinuousClock()
    let limited = try clock.measure {
      _ = try client.post(request, [UInt8](repeating: 7, count: 64 << 10))
    }
    // The first half second's worth leaves at once.
    #expect(limited >= .seconds(1) && limited < .seconds(20), "\(limited)")
    // Neither the limit nor anything else of a request passes on to the next.
    let free = try clock.measure {
      _ = try client.post(server.request("/connection"), [UInt8](repeating: 7, count: 2 << 20))
    }
    #expect(free < .seconds(20), "64 s at the limit: \(free)")
  }

  @Test("an address of IPv6 is connected to, and verified")
  func ipv6() throws {
    let server = try Server("ipv6")
    var client = try Client(userAgent: "accord/test")
    let response = try client.post(server.request("/head", host: "[::1]"))
    #expect(
      String(decoding: response.body, as: UTF8.self).contains("Host: [::1]:\(server.port)\r\n"))
  }

  @Test(
    "a connection that ends before the answer is lost",
    arguments: ["/close", "/half-close", "/reset"])
  func lost(path: String) throws {
    let server = try Server()
    // Large enough that a reset comes while it is being sent.
    let body = [UInt8](repeating: 7, count: 8 << 20)
    #expect(try failure(of: server.request(path), body: body)?.failure == .connectionLost)
  }

  @Test("a server that never answers is given up after the timeout")
  func neverAnswers() throws {
    let server = try Server()
    var request = server.request("/hang")
    request.timeoutSeconds = 1
    let error = try #require(try failure(of: request))
    #expect(error.failure == .timedOut && !error.isBeforeRequest)
  }

  @Test("a server that never begins TLS is given up after the connect timeout")
  func neverConnects() throws {
    let server = try Server("silent")
    var request = server.request("/mirror")
    request.connectTimeoutSeconds = 1
    let error = try #require(try failure(of: request))
    #expect(error.failure == .timedOut && error.isBeforeRequest)
  }

  @Test("an answer that stops half-way is given up long before the timeout")
  func stalls() throws {
    let server = try Server()
    var request = server.request("/half")
    request.stallSeconds = 1
    let error = try #require(try failure(of: request))
    #expect(error.failure == .timedOut)
    // The words of libcurl for a stall; a passed timeout has others.
    #expect(error.detail.contains("too slow"))
  }

  @Test(
    "a transfer in which nothing moves can be interrupted, and its connection is closed",
    arguments: ["/hang", "/half"])
  func interruption(path: String) throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/test")
    #expect(try client.post(server.request("/connection")).body == Array("1".utf8))
    let clock = ContinuousClock()
    var firstAsked: ContinuousClock.Instant?
    do throws(HTTPSError) {
      _ = try client.post(server.request(path), body: [1]) {
        // By then everything that moves has moved.
        let first = firstAsked ?? clock.now
        firstAsked = first
        return clock.now - first < .seconds(1)
      }
      Issue.record("the transfer was not interrupted")
    } catch {
      #expect(error.failure == .interrupted)
    }
    #expect(try client.post(server.request("/connection")).body == Array("2".utf8))
  }

  @Test("a transfer that is interrupted from the start never reaches the server")
  func interruptedAtOnce() throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/test")
    do throws(HTTPSError) {
      _ = try client.post(server.request("/mirror"), body: [1]) { false }
      Issue.record("the transfer was not interrupted")
    } catch {
      #expect(error.failure == .interrupted)
    }
  }

  @Test("a port at which nobody listens is an error of its own, with the kernel's reason")
  func refused() throws {
    let server = try Server()
    let request = server.request("/mirror?token=secret")
    server.stop()
    // The CA file went with the server; the connection fails before it would be read.
    var without = request
    without.caFile = nil
    let error = try #require(try failure(of: without))
    #expect(error.failure == .couldNotConnect && error.isBeforeRequest)
    #expect(error.description.contains("127.0.0.1:\(server.port)"))
    #expect(error.description.contains("Connection refused"))
    #expect(!error.description.contains("secret"))
  }

  @Test("a host without an address is an error of its own")
  func unresolvable() throws {
    // A label of more than 63 characters has no address, and nobody is asked for it.
    let host = String(repeating: "a", count: 64) + ".invalid"
    let request = Request(url: "https://\(host)/v1/logs?token=secret", contentType: "a/b")
    let error = try #require(try failure(of: request))
    #expect(error.failure == .couldNotResolve && error.isBeforeRequest)
    #expect(error.endpoint == "\(host):443")
    #expect(!error.description.contains("secret"))
  }

  @Test("an error does not spoil the client")
  func afterAnError() throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/test")
    for path in ["/close", "/half-close"] {
      #expect(throws: HTTPSError.self) { _ = try client.post(server.request(path)) }
      #expect(try client.post(server.request("/mirror"), [9]).body == [9])
    }
  }
}
