import Foundation
import HTTPS
import Testing

@Suite("The whole way to a server can be gone without a request")
struct ProbeTests {
  private func probe(_ request: Request) throws -> Probe {
    try Client(userAgent: "accord/test").probe(request)
  }

  @Test("the way to a good server shows its address, TLS and chain", arguments: ["1.2", "1.3"])
  func good(version: String) throws {
    let server = try Server(tls: version)
    let probe = try probe(server.request("/mirror"))
    #expect(probe.stage == .ready && probe.failure == nil)
    #expect(probe.address == "127.0.0.1" && probe.tlsVersion == "TLSv\(version)")
    let certificate = try #require(probe.certificates.first)
    #expect(probe.certificates.count == 1)
    #expect(certificate.subject == "CN = leaf" && certificate.issuer == "CN = Test authority")
    #expect(certificate.notAfterUnixSeconds == 4_102_444_800)
  }

  @Test(
    "a certificate that is refused is shown all the same",
    arguments: [
      ("wrong-name", HTTPSError.Failure.certificateNameMismatch, 4_102_444_800),
      ("expired", .certificateExpired, 1_580_515_200),
      ("not-yet-valid", .certificateNotYetValid, 4_133_980_800),
    ])
  func refused(kind: String, failure: HTTPSError.Failure, notAfter: Int64) throws {
    let server = try Server(kind)
    let probe = try probe(server.request("/mirror"))
    #expect(probe.stage == .tls && probe.failure?.failure == failure)
    #expect(probe.certificates.map(\.notAfterUnixSeconds) == [notAfter])
  }

  @Test(
    "nothing is sent to a server but TLS, and no client certificate to one that is not verified")
  func silent() throws {
    let (server, other) = (try Server("mutual", tls: "1.3"), try Server())
    var request = server.request("/connection")
    request.clientCertificate = (server.file("client.pem"), server.bytes("client.key"))
    let seen = { try String(contentsOfFile: server.file("seen"), encoding: .utf8) }
    #expect(try probe(request).stage == .ready)
    // No request came, and one connection.
    #expect(try seen() == "client\n")
    request.caFile = other.caFile
    let refused = try probe(request)
    #expect(refused.failure?.failure == .certificateUntrusted)
    #expect(refused.certificates.first?.subject == "CN = leaf")
    #expect(try seen() == "client\n")
    var client = try Client(userAgent: "accord/test")
    request.caFile = server.caFile
    _ = try client.post(request)
    #expect(try seen() == "client\nclient\nPOST /connection HTTP/1.1\n")
  }

  @Test("a client certificate that is refused after TLS has begun is found without a request")
  func objection() throws {
    let server = try Server("mutual", tls: "1.3")
    let probe = try probe(server.request("/mirror"))
    #expect(probe.failure?.failure == .clientCertificateRefused)
    #expect(probe.stage == .ready && probe.certificates.first?.subject == "CN = leaf")
  }

  @Test("each stage that fails is told from the others")
  func stages() throws {
    let server = try Server()
    var request = server.request("/mirror")
    request.url = "https://\(String(repeating: "a", count: 64)).invalid/"
    #expect(try probe(request).stage == .name)
    let (plain, silent) = (try Server("plain"), try Server("silent"))
    #expect(try probe(plain.request("/")).stage == .tls)
    request = silent.request("/")
    request.connectTimeoutSeconds = 1
    #expect(try probe(request).stage == .tls)
    request = server.request("/")
    server.stop()
    request.caFile = nil
    #expect(try probe(request).stage == .connection)
  }
}
