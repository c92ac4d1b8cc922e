import Delivery
import HTTPS
import TestSupport
import Testing

@Suite("Answers are sorted by what to do next")
struct UploadResultTests {
  /// Only what decides: not the words.
  enum Kind: String {
    case accepted, retryLater, failedThere, tooLarge, refused, notTheSupplier, stopped, overQuota

    init(_ result: UploadResult) {
      self =
        switch result {
        case .accepted: .accepted
        case .retryLater: .retryLater
        case .failedThere: .failedThere
        case .tooLarge: .tooLarge
        case .refused: .refused
        case .notTheSupplier: .notTheSupplier
        case .stopped: .stopped
        case .overQuota: .overQuota
        }
    }
  }

  static func result(_ status: Int, _ type: String?, _ body: [UInt8]) -> UploadResult {
    UploadResult(Response(status: status, contentType: type, body: body), nowMilliseconds: today)
  }

  /// Every status that HTTP can have, whatever stands in the answer.
  @Test("every status leads to the action of its row", arguments: 100...999)
  func statuses(status: Int) {
    let bodies: [(type: String?, body: [UInt8], isProtocol: Bool)] = [
      (protobuf, [], true), (protobuf, [0x0a, 0x00], true), ("text/html", [0x3c], false),
      (nil, [0x3c], false), ("application/json", Array("{}".utf8), false),
    ]
    for (type, body, isProtocol) in bodies {
      let expected: Kind =
        switch status {
        case 200...299: isProtocol ? .accepted : .notTheSupplier
        case 400: isProtocol ? .refused : .notTheSupplier
        case 413: .tooLarge
        case 429, 502, 503, 504: .retryLater
        case 500...599: .failedThere
        default: .notTheSupplier
        }
      #expect(Kind(Self.result(status, type, body)) == expected, "\(status) \(type ?? "-")")
    }
  }

  @Test(
    "the media type is compared as media types are",
    arguments: [
      (protobuf, true), ("Application/X-Protobuf", true), ("application/x-protobuf; a=b", true),
      (" application/x-protobuf ;charset=utf-8", true), ("application/protobuf", false),
      ("application/x-protobuf2", false), ("text/html; x=application/x-protobuf", false),
      ("", false),
    ])
  func mediaTypes(type: String, isProtocol: Bool) {
    #expect(Kind(Self.result(400, type, [])) == (isProtocol ? .refused : .notTheSupplier))
    #expect(Kind(Self.result(200, type, [1])) == (isProtocol ? .accepted : .notTheSupplier))
  }

  @Test("an empty 200 is an acceptance, whatever type it claims")
  func emptyAnswer() {
    for type in [nil, "text/plain", protobuf] {
      #expect(Self.result(200, type, []) == .accepted(rejected: 0, message: ""))
    }
  }

  @Test("a partial success says how many and why, and one that cannot be read is a success")
  func partialSuccess() {
    // partial_success { rejected: 2, error_message: "too old" }
    let partial: [UInt8] = [0x0a, 0x0b, 0x08, 2, 0x12, 7] + Array("too old".utf8)
    #expect(Self.result(200, protobuf, partial) == .accepted(rejected: 2, message: "too old"))
    #expect(Self.result(200, protobuf, [0xff]) == .accepted(rejected: 0, message: ""))
    #expect(Self.result(400, protobuf, [0xff]) == .refused(message: "bad data"))
    let status: [UInt8] = [0x08, 3, 0x12, 3] + Array("bad".utf8)
    #expect(Self.result(400, protobuf, status) == .refused(message: "bad"))
  }

  @Test("what another machine says cannot move the cursor, turn the text or fill the screen")
  func hostileWords() {
    let evil =
      "\u{1b}[2J\r\nok\u{7}\u{9b}31m\u{202e}abc\u{2028}\0" + String(repeating: "x", count: 900)
    let message = Array(evil.utf8.prefix(1000))
    let field: [UInt8] = [0x12, UInt8(message.count & 0x7f) | 0x80, UInt8(message.count >> 7)]
    let results = [
      Self.result(400, protobuf, field + message),
      Self.result(
        200, protobuf,
        [0x0a, UInt8((message.count + 3) & 0x7f) | 0x80, UInt8((message.count + 3) >> 7)] + field
          + message),
      Self.result(200, evil, [1]), Self.result(400, evil, [1]),
    ]
    for result in results {
      let words = Self.words(result)
      #expect(words.contains("?[2J??ok??31m?abc??x"))
      #expect(
        !words.unicodeScalars.contains { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) })
      #expect(words.count < 500)
    }
  }

  private static func words(_ result: UploadResult) -> String {
    switch result {
    case .accepted(_, let text), .retryLater(let text, _), .failedThere(let text),
      .tooLarge(let text), .refused(let text), .notTheSupplier(let text):
      text
    case .stopped, .overQuota: ""
    }
  }

  static let failures: [(HTTPSError.Failure, Kind)] = [
    (.couldNotResolve, .retryLater), (.couldNotConnect, .retryLater), (.timedOut, .retryLater),
    (.connectionLost, .retryLater), (.tlsFailed, .retryLater),
    (.certificateNotYetValid, .retryLater), (.other(code: 1), .retryLater),
    (.certificateUntrusted, .notTheSupplier), (.certificateNameMismatch, .notTheSupplier),
    (.certificateExpired, .notTheSupplier), (.caFileUnusable, .notTheSupplier),
    (.invalidRequest, .notTheSupplier), (.responseTooLarge, .notTheSupplier),
    (.interrupted, .stopped), (.clientCertificateUnusable, .notTheSupplier),
    (.clientCertificateRefused, .notTheSupplier), (.proxyRefused(status: 407), .notTheSupplier),
    (.proxyRefused(status: 403), .notTheSupplier), (.proxyRefused(status: 502), .retryLater),
    (.proxyRefused(status: 503), .retryLater), (.proxyRefused(status: 504), .retryLater),
  ]

  @Test("every failure of the transport leads to the action of its row")
  func transport() {
    for (failure, kind) in Self.failures {
      let result = UploadResult(HTTPSError(failure, endpoint: "h:1", detail: "d"))
      #expect(Kind(result) == kind, "\(failure)")
      if case .retryLater(_, let after) = result { #expect(after == nil) }
    }
  }

  @Test("only the answers of a busy receiver carry its wish for a pause")
  func wishes() {
    for status in [429, 502, 503, 504] {
      let response = Response(status: status, retryAfter: "120")
      guard case .retryLater(_, let after) = UploadResult(response, nowMilliseconds: today) else {
        Issue.record("\(status)")
        continue
      }
      #expect(after == 120_000)
    }
  }
}

@Suite("Retry-After")
struct RetryAfterTests {
  static let hour: Int64 = 3_600_000

  @Test(
    "both forms are read, and nothing else",
    arguments: [
      ("0", 0), ("1", 1_000), ("120", 120_000), (" 120 ", 120_000), ("\t7\r\n", 7_000),
      ("86400", 86_400_000), ("86401", 86_400_000), ("9223372036854775807", 86_400_000),
      ("99999999999999999999999999", 86_400_000), ("000120", 120_000),
      ("-1", nil), ("+5", nil), ("1.5", nil), ("1 2", nil), ("120, 120", nil), ("3600s", nil),
      ("soon", nil), ("", nil), (" ", nil), ("٣", nil), ("0x10", nil),
      // 2026-11-21 01:00:00 is an hour after `today`.
      ("Sat, 21 Nov 2026 01:00:00 GMT", 3_600_000), ("Saturday, 21-Nov-26 01:00:00 GMT", 3_600_000),
      ("Sat Nov 21 01:00:00 2026", 3_600_000), ("Sat, 21 Nov 2026 00:00:00 GMT", 0),
      ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("Sun, 06 Nov 2095 08:49:37 GMT", 86_400_000),
      ("Sun, 06 Nov 99999 08:49:37 GMT", nil), ("Sun, 06 Nov 2147483647 08:49:37 GMT", nil),
    ] as [(String, Int64?)])
  func forms(text: String, expected: Int64?) {
    #expect(RetryAfter.milliseconds(text, nowMilliseconds: today) == expected)
  }

  @Test("any bytes give a pause of at most a day, or none", arguments: [1, 2, 3] as [UInt64])
  func anything(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let alphabet = Array("0123456789 ,:-+GMTNovSun\t.e%ß")
    for _ in 0..<5_000 {
      let text = String(
        (0..<Int.random(in: 0...30, using: &generator)).map { _ in
          alphabet.randomElement(using: &generator)!
        })
      let now = Int64.random(in: 0...8_000_000_000_000, using: &generator)
      let pause = RetryAfter.milliseconds(text, nowMilliseconds: now)
      #expect(pause.map { (0...86_400_000).contains($0) } ?? true, "seed \(seed): '\(text)'")
    }
  }
}
