import HTTPS
import Handshake
import Linux
import Recording
import Telemetry
import TestSupport
import Testing

@testable import Delivery

@Suite("A run, on a real spool and with a receiver that answers as it is told")
struct UploaderTests {
  // MARK: who may be contacted

  @Test("without an agreement that shares something nobody is contacted")
  func silence() throws {
    let appliance = try Appliance()
    try appliance.record()
    let receiver = Receiver()
    let closed = consentText.replacing("share", with: "local")
    for consent in [closed, consentText + "\nuntil = 2026-11-21", "nonsense"] {
      try appliance.write(consent: consent)
      #expect(throws: UploadRefusal.self) { try appliance.upload(to: receiver) }
    }
    try appliance.write(
      consent: consentText.replacing("[sources]", with: "until = 2026-11-21\n[sources]"))
    #expect(throws: UploadRefusal.self) { try appliance.upload(to: receiver) }
    #expect(receiver.taken.isEmpty)
  }

  @Test("what was agreed with somebody else does not go to the receiver of today")
  func anotherRecipient() throws {
    for (old, new) in [
      ("telemetry.example.com", "elsewhere.example.com"), ("Example Devices", "Other"),
    ] {
      let appliance = try Appliance()
      try appliance.record()
      // Both halves are valid, and accordd has not seen them yet.
      try appliance.write(offer: offerText.replacing(old, with: new))
      try appliance.write(consent: consentText.replacing(old, with: new))
      let receiver = Receiver()
      #expect(throws: UploadRefusal.self) { try appliance.upload(to: receiver) }
      // Accepted, but no reading was taken under that acceptance.
      try appliance.accept(offerText.replacing(old, with: new))
      let report = try appliance.upload(to: receiver)
      #expect(receiver.taken.isEmpty && report.sent.isEmpty)
      #expect(try appliance.states() == ["pending", "pending"])
    }
  }

  @Test("while another upload or a rewrite holds the lock nobody is contacted")
  func lock() throws {
    let appliance = try Appliance()
    try appliance.record()
    let lock = try LockFile.acquire(appliance.directory.uploadLock, .exclusive)
    let receiver = Receiver()
    #expect(throws: UploadRefusal.self) { try appliance.upload(to: receiver) }
    #expect(receiver.taken.isEmpty)
    _ = consume lock
    _ = try appliance.upload(to: receiver)
    #expect(!receiver.taken.isEmpty)
  }

  @Test("readings finer than what is agreed now, and withheld ones, stay, and the run ends")
  func nothingLeft() throws {
    for consent in [
      consentText + "\n[resolution]\nproduct = \"20s\"\nenvironment = \"20s\"",
      consentText + "\n[withhold]\nsignals = [\"system.*\"]",
    ] {
      let appliance = try Appliance()
      for _ in 0..<3 { try appliance.record() }
      try appliance.write(consent: consent)
      let receiver = Receiver()
      let report = try appliance.upload(to: receiver)
      #expect(receiver.taken.isEmpty && report.stopped == nil)
      #expect(try appliance.states() == Array(repeating: "pending", count: 6))
    }
  }

  // MARK: acceptance

  @Test("what was accepted is counted, marked, written down and announced once")
  func accepted() throws {
    let appliance = try Appliance()
    for _ in 0..<3 { try appliance.record() }
    let receiver = Receiver()
    let report = try appliance.upload(to: receiver)
    #expect(report.sent.map(\.source) == [.product, .environment])
    #expect(report.sent.map(\.batches) == [3, 3] && report.sent.map(\.requests) == [1, 1])
    // The load has a minimum and a maximum as well.
    #expect(report.sent.map(\.readings) == [3, 9])
    #expect(report.notes.isEmpty && report.stopped == nil)
    #expect(try appliance.states() == Array(repeating: "sent", count: 6))
    #expect(try appliance.count(Self.uploadRows, in: appliance.directory.ledger) == 2)
    let event = try #require(try receiver.logs().first)
    let records = try event.messages(1)[0].messages(2)[0].messages(2)
    #expect(records.count == 2)
    #expect(
      receiver.taken.map(\.url).map { $0.suffix(11) } == [
        "/v1/metrics", "/v1/metrics", "com:4318/v1/logs".suffix(11),
      ])
    _ = try appliance.upload(to: receiver)
    #expect(receiver.taken.count == 3)
  }

  static let uploadRows = "SELECT count(*) FROM ledger WHERE kind = 'upload'"

  @Test("a receiver that claims to have lost more than was sent is not believed")
  func hostileCount() throws {
    let appliance = try Appliance()
    for _ in 0..<2 { try appliance.record() }
    // partial_success { rejected: Int64.max }
    let most: [UInt8] =
      [0x0a, 0x0a, 0x08] + Array(repeating: 0xff, count: 8) + [0x7f]
    let report = try appliance.upload(to: Receiver { _, _, _ in reply(200, protobuf, most) })
    #expect(report.sent.map(\.rejected) == report.sent.map(\.readings))
  }

  // MARK: the agreement during a run

  @Test(
    "an agreement that becomes narrower during the transfer ends it, and nothing counts as sent")
  func narrowed() throws {
    let appliance = try Appliance()
    try appliance.record()
    let receiver = Receiver { _, _, _ in
      .meanwhile(
        {
          try appliance.write(
            consent: consentText.replacing("product = \"share\"", with: "product = \"deny\""))
          appliance.clock.bootTimeMilliseconds += 1_000
        }, Response(status: 200))
    }
    _ = try appliance.upload(to: receiver)
    #expect(try appliance.states() == ["pending", "sent"])
    #expect(
      try receiver.metrics().dropFirst().allSatisfy {
        try DecodedMetrics($0).scopeAttributes == ["accord.source=environment"]
      })
  }

  @Test("an agreement that changes during every transfer does not keep a run going for ever")
  func restless() throws {
    let appliance = try Appliance()
    try appliance.record()
    var revision = 0
    let receiver = Receiver { _, _, _ in
      .meanwhile(
        {
          revision += 1
          try appliance.write(
            consent: consentText.replacing(
              "accepts = 2", with: "accepts = 2\naccepted_by = \"\(revision)\""))
          appliance.clock.bootTimeMilliseconds += 1_000
        }, Response(status: 200))
    }
    _ = try appliance.upload(to: receiver)
    #expect(receiver.taken.count <= 5)
    #expect(try appliance.states() == ["pending", "pending"])
  }

  // MARK: time

  @Test("a clock that nobody vouches for: the receiver's date stamps what waits")
  func timeFromTheReceiver() throws {
    let appliance = try Appliance()
    appliance.clock.isSynchronised = false
    appliance.clock.offsetMilliseconds = 0
    try appliance.record(ticks: 2)
    let now = appliance.clock.bootTimeMilliseconds
    let receiver = Receiver { _, _, _ in reply(200, date: today / 1000) }
    _ = try appliance.upload(to: receiver)
    #expect(receiver.taken[0].body.isEmpty)
    let times = try receiver.metrics().flatMap { try DecodedMetrics($0).points.map(\.time) }
    #expect(Set(times) == [today - (now - 3_600_000), today - (now - 3_610_000)])
    #expect(try appliance.states() == ["sent", "sent"])
  }

  @Test("a clock that was set after the batch was taken needs nobody's date")
  func synchronisedSince() throws {
    let appliance = try Appliance()
    appliance.clock.isSynchronised = false
    appliance.clock.offsetMilliseconds = 0
    try appliance.record()
    appliance.clock.isSynchronised = true
    appliance.clock.offsetMilliseconds = today
    let receiver = Receiver()
    _ = try appliance.upload(to: receiver)
    #expect(
      try receiver.metrics().allSatisfy {
        try DecodedMetrics($0).points[0].time == today + 3_600_000
      })
    #expect(try appliance.states() == ["sent", "sent"])
  }

  @Test(
    "whatever is answered to the question for the time, the run ends and everything stays",
    arguments: [
      (200, protobuf), (204, nil), (400, protobuf), (400, "text/html"), (401, nil), (404, nil),
      (413, nil), (429, nil), (500, protobuf), (503, nil),
    ] as [(Int, String?)])
  func unanswerable(status: Int, type: String?) throws {
    let appliance = try Appliance()
    appliance.clock.isSynchronised = false
    try appliance.record()
    let receiver = Receiver { _, _, _ in reply(status, type) }
    let report = try appliance.upload(to: receiver)
    #expect(receiver.taken.count == 1 && receiver.taken[0].body.isEmpty)
    #expect(report.stopped != nil)
    #expect(try appliance.states() == ["pending", "pending"])
  }

  @Test(
    "no date that a receiver may send stops the program",
    arguments: [0, 253_402_300_799] as [Int64])
  func strangeDates(date: Int64) throws {
    let appliance = try Appliance()
    appliance.clock.isSynchronised = false
    try appliance.record { _ in [MetricsBodyTests.cpu("user", 1), (Catalog.uptime, [], 1)] }
    _ = try appliance.upload(to: Receiver { _, _, _ in reply(200, date: date) })
    #expect(try appliance.states() == ["sent", "sent"])
  }

  @Test("batches of an earlier boot whose time will never be known are set aside and counted")
  func timeless() throws {
    let appliance = try Appliance()
    appliance.clock.isSynchronised = false
    try appliance.record(boot: "earlier")
    appliance.clock.isSynchronised = true
    try appliance.record()
    let report = try appliance.upload(to: Receiver())
    #expect(report.notes.contains { $0.hasPrefix("2 batches were set aside") })
    #expect(try appliance.states() == ["time-unknown", "time-unknown", "sent", "sent"])
  }
}
