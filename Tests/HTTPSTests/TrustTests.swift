import Foundation
import HTTPS
import Testing

@Suite("Only a server that proves who it is gets a request")
struct TrustTests {
  @Test(
    "a bad certificate is refused, and the error says what is wrong with it",
    arguments: [
      ("wrong-name", HTTPSError.Failure.certificateNameMismatch),
      ("expired", .certificateExpired),
      ("not-yet-valid", .certificateNotYetValid),
    ])
  func badCertificate(kind: String, expected: HTTPSError.Failure) throws {
    let server = try Server(kind)
    let error = try #require(try failure(of: server.request("/mirror")))
    #expect(error.failure == expected, "\(error)")
    #expect(error.endpoint == "127.0.0.1:\(server.port)")
  }

  @Test("a certificate of another authority is refused")
  func otherAuthority() throws {
    let server = try Server()
    let other = try Server()
    var request = server.request("/mirror")
    request.caFile = other.caFile
    #expect(try failure(of: request)?.failure == .certificateUntrusted)
  }

  @Test("the name is compared with the host of the URL, be it a name or an address")
  func hostName() throws {
    let server = try Server()
    for host in ["localhost", "127.0.0.1"] {
      #expect(try failure(of: server.request("/mirror", host: host)) == nil)
    }
  }

  @Test("trust is a matter of each request: neither it nor its connection passes on to the next")
  func trustDoesNotPassOn() throws {
    let server = try Server()
    var client = try Client(userAgent: "accord/test")
    let trusting = server.request("/mirror")
    var usingTheSystem = trusting
    usingTheSystem.caFile = nil
    for _ in 1...2 {
      _ = try client.post(trusting)
      do throws(HTTPSError) {
        _ = try client.post(usingTheSystem)
        Issue.record("the system's authorities do not know this server")
      } catch {
        #expect(error.failure == .certificateUntrusted)
      }
    }
  }

  @Test("a CA file that is missing, empty, a folder or no PEM is an error of its own")
  func caFile() throws {
    let server = try Server()
    let script = URL(fileURLWithPath: #filePath).path
    for caFile in ["/nonexistent/ca.pem", "/dev/null", "/", script, "", "a\0b"] {
      var request = server.request("/mirror")
      request.caFile = caFile
      #expect(try failure(of: request)?.failure == .caFileUnusable, "\(caFile)")
    }
  }

  @Test("authorities can be given as text, several of them, in the place of a file")
  func caText() throws {
    let (server, other) = (try Server(), try Server())
    let contents = try [server, other].map {
      [UInt8](try Data(contentsOf: URL(filePath: $0.caFile)))
    }
    func failure(trusting text: [UInt8], besideSystem: Bool = false) throws -> HTTPSError.Failure? {
      var request = server.request("/mirror")
      request.caFile = nil
      request.caText = text
      request.trustsSystemBesideText = besideSystem
      return try HTTPSTests.failure(of: request)?.failure
    }
    #expect(try failure(trusting: contents[1] + contents[0]) == nil)
    #expect(try failure(trusting: contents[0], besideSystem: true) == nil)
    #expect(try failure(trusting: contents[1]) == .certificateUntrusted)
    #expect(try failure(trusting: Array("no PEM".utf8)) == .caFileUnusable)
    #expect(try failure(trusting: []) == .caFileUnusable)
  }

  @Test(
    "a server that asks who is there is shown the client certificate", arguments: ["1.2", "1.3"])
  func clientCertificate(version: String) throws {
    let server = try Server("mutual", tls: version)
    var request = server.request("/mirror")
    request.clientCertificate = (server.file("client.pem"), server.bytes("client.key"))
    #expect(try failure(of: request) == nil)
    // A certificate that nobody vouches for.
    request.clientCertificate = (server.file("own.pem"), server.bytes("client.key"))
    #expect(try failure(of: request)?.failure == .clientCertificateRefused)
  }

  @Test(
    "the certificate is a matter of each request: without it a connection kept open is not used")
  func clientCertificateDoesNotPassOn() throws {
    let server = try Server("mutual", tls: "1.3")
    var client = try Client(userAgent: "accord/test")
    var request = server.request("/mirror")
    request.clientCertificate = (server.file("client.pem"), server.bytes("client.key"))
    _ = try client.post(request)
    request.clientCertificate = nil
    do throws(HTTPSError) {
      _ = try client.post(request)
      Issue.record("the server wants a certificate")
    } catch {
      #expect(error.failure == .clientCertificateRefused, "\(error)")
    }
  }

  @Test(
    "a client certificate that cannot be used is an error of its own, and nobody is asked at a terminal"
  )
  func unusableClientCertificate() throws {
    let server = try Server("mutual")
    var request = server.request("/mirror")
    for (file, key) in [
      ("missing.pem", "client.key"), ("client.pem", "missing.key"), ("client.pem", "leaf.key"),
      ("ca.cnf", "client.key"), ("client.pem", "ca.cnf"), ("client.pem", "locked.key"),
    ] {
      request.clientCertificate = (server.file(file), server.bytes(key))
      #expect(try failure(of: request)?.failure == .clientCertificateUnusable, "\(file) \(key)")
    }
  }

  @Test("TLS 1.2 and 1.3 are spoken", arguments: ["1.2", "1.3"])
  func newVersions(version: String) throws {
    let server = try Server(tls: version)
    #expect(try failure(of: server.request("/mirror")) == nil)
  }

  @Test("TLS 1.1 is not spoken, even where the system's OpenSSL would")
  func oldVersion() async {
    // In a process of its own: OpenSSL reads its configuration once.
    await #expect(processExitsWith: .success) {
      let server = try Server(tls: "1.1")
      let folder = URL(fileURLWithPath: server.caFile).deletingLastPathComponent()
      setenv("OPENSSL_CONF", folder.appendingPathComponent("lax.cnf").path, 1)
      #expect(try failure(of: server.request("/mirror"))?.failure == .tlsFailed)
    }
  }

  @Test("a server without TLS is not spoken to")
  func noTLS() throws {
    let server = try Server("plain")
    #expect(try failure(of: server.request("/mirror"))?.failure == .tlsFailed)
  }
}
