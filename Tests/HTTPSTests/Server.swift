import Foundation
import HTTPS

/// `server.py` in a process of its own, as long as this lives.
final class Server {
  let port: Int
  /// The authority that issued the server's certificate.
  let caFile: String

  private let process = Process()
  private let input = Pipe()

  struct DidNotStart: Error {}

  /// - Parameters:
  ///   - kind: the server's certificate, or a server without one; see `server.py`.
  ///   - tls: the only version that it offers. Nil: what the local OpenSSL offers.
  init(_ kind: String = "valid", tls: String? = nil) throws {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("server.py").path
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", script, kind] + (tls.map { [$0] } ?? [])
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var line = Data()
    while line.last != UInt8(ascii: "\n") {
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { throw DidNotStart() }
      line += more
    }
    let words = String(decoding: line.dropLast(), as: UTF8.self).split(separator: " ")
    guard words.count == 2, let port = Int(words[0]) else { throw DidNotStart() }
    self.port = port
    caFile = String(words[1])
  }

  deinit { stop() }

  /// A file that the server made beside its authority's certificate.
  func file(_ name: String) -> String {
    URL(fileURLWithPath: caFile).deletingLastPathComponent().appendingPathComponent(name).path
  }

  /// What is in one of its files; nothing where there is none.
  func bytes(_ name: String) -> [UInt8] {
    Array((try? Data(contentsOf: URL(fileURLWithPath: file(name)))) ?? Data())
  }

  /// Ends the server. Its port refuses connections from then on.
  func stop() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// A request to this server that trusts its authority.
  func request(_ path: String, host: String = "127.0.0.1") -> Request {
    var request = Request(
      url: "https://\(host):\(port)\(path)", contentType: "application/x-protobuf")
    request.caFile = caFile
    return request
  }
}

extension Client {
  /// A post that nobody interrupts.
  mutating func post(_ request: Request, _ body: [UInt8] = [1, 2, 3]) throws(HTTPSError) -> Response
  {
    try post(request, body: body) { true }
  }
}

/// Posts once with a client of its own, and returns why that failed.
func failure(of request: Request, body: [UInt8] = [1, 2, 3]) throws -> HTTPSError? {
  var client = try Client(userAgent: "accord/test")
  do throws(HTTPSError) {
    _ = try client.post(request, body)
    return nil
  } catch {
    return error
  }
}
