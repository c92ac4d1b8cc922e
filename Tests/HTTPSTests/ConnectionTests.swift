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
    #expect(try failure(of: request)?.failure == .timedOut)
  }

  @Test("a server that never begins TLS is given up after the connect timeout")
  func neverConnects() throws {
    let server = try Server("silent")
    var request = server.request("/mirror")
    request.connectTimeoutSeconds = 1
    let error = try #require(try failure(of: request))
    #expect(error.failure == .timedOut)
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
    #expect(error.failure == .couldNotConnect)
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
    #expect(error.failure == .couldNotResolve)
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
