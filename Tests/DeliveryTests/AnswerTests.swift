import HTTPS
import Handshake
import Linux
import Recording
import Telemetry
import TestSupport
import Testing

@testable import Delivery

@Suite("What answers do to the spool")
struct AnswerTests {
  @Test("a batch that the receiver fails over does not hold up newer ones or other sources")
  func stuckBatch() throws {
    let appliance = try Appliance()
    try appliance.record(facts: [Fact(Catalog.osVersion, "12")])
    try appliance.record(facts: [Fact(Catalog.osVersion, "13")])
    var first: [UInt8]?
    let stuck = Receiver { _, _, body in
      first = first ?? body
      return body == first ? reply(500) : acceptance
    }
    for _ in 1...7 {
      _ = try appliance.upload(isByHand: false, to: stuck)
      #expect(try appliance.states() == ["pending", "sent", "sent", "sent"])
      appliance.clock.bootTimeMilliseconds += 4 * 3_600_000
    }
    _ = try appliance.upload(isByHand: false, to: stuck)
    #expect(try appliance.states() == ["refused", "sent", "sent", "sent"])
  }

  @Test("a receiver that fails over everything costs no batch, however long it does")
  func brokenReceiver() throws {
    let appliance = try Appliance()
    for _ in 0..<4 { try appliance.record() }
    let receiver = Receiver { _, _, _ in reply(500) }
    for _ in 0..<20 { _ = try appliance.upload(to: receiver) }
    #expect(try appliance.states() == Array(repeating: "pending", count: 8))
    _ = try appliance.upload(to: Receiver())
    #expect(try appliance.states() == Array(repeating: "sent", count: 8))
  }

  @Test("attempts that never reached the receiver do not count against a batch")
  func failuresAreTheReceiversOwn() throws {
    let appliance = try Appliance()
    try appliance.record()
    for _ in 0..<20 {
      _ = try appliance.upload(to: Receiver { _, _, _ in .failure(.couldNotConnect) })
    }
    let once = Receiver { receiver, _, _ in receiver.taken.count == 1 ? reply(500) : acceptance }
    _ = try appliance.upload(to: once)
    #expect(try appliance.states() == ["pending", "sent"])
  }

  @Test("one bad batch among many is found, and only it is set aside")
  func oneBadBatch() throws {
    let appliance = try Appliance()
    for value in 0..<20 as Range<Int64> {
      try appliance.record { _ in [(Catalog.uptime, [], value)] }
    }
    let receiver = Receiver()
    receiver.answers = { receiver, request, _ in
      guard request.url.hasSuffix("/v1/metrics") else { return acceptance }
      let points = try! DecodedMetrics(try! receiver.metrics().last!).points
      return points.contains { $0.value == 0.13 } ? reply(400) : acceptance
    }
    _ = try appliance.upload(to: receiver)
    var expected = Array(repeating: "sent", count: 20)
    expected[13] = "refused"
    #expect(try appliance.states() == expected)
    #expect(receiver.taken.count < 20)
  }

  @Test("a damaged batch becomes a counted gap, and is not among what is announced")
  func damagedBatch() throws {
    let appliance = try Appliance()
    for _ in 0..<3 { try appliance.record { _ in [(Catalog.uptime, [], 1)] } }
    let damaged = try appliance.outbox().pending(.product, after: 0, limit: 9)[1]
    try appliance.damage(damaged)
    let report = try appliance.upload(to: Receiver())
    #expect(report.sent.map(\.batches) == [2])
    #expect(try appliance.states() == ["sent", "sent"])
    let gaps = try RecordSummary.ofSpool(try appliance.outbox()).gaps
    #expect(gaps.map(\.reason) == ["damaged"] && gaps.map(\.batches) == [1])
    // The totals that triggers keep agree with what is there.
    #expect(try appliance.count("SELECT sum(batches) FROM totals") == 2)
  }

  @Test("a pause that was asked for is kept by the timer, for events too, and ends")
  func pause() throws {
    let appliance = try Appliance()
    try appliance.record()
    _ = try appliance.upload(
      to: Receiver { receiver, _, _ in
        receiver.taken.count == 1 ? acceptance : reply(503, nil, retryAfter: "600")
      })
    let receiver = Receiver()
    let report = try appliance.upload(isByHand: false, to: receiver)
    #expect(receiver.taken.isEmpty && report.waitsUntilMilliseconds != nil)
    // Nothing waits any more, but the event still does.
    try appliance.sql("DELETE FROM batches WHERE state = 0")
    #expect(try appliance.upload(isByHand: false, to: receiver).stopped == nil)
    #expect(receiver.taken.isEmpty)
    try appliance.record()
    appliance.clock.bootTimeMilliseconds += 600_000
    _ = try appliance.upload(isByHand: false, to: receiver)
    #expect(try appliance.states() == ["sent", "sent", "sent"])
    #expect(try receiver.logs().count == 1)
  }

  @Test(
    "a receiver without a place for events gets readings, and is not asked for more than it says")
  func metricsOnly() throws {
    for (status, type) in [
      (404, "text/plain"), (413, "text/html"), (400, protobuf), (500, protobuf),
    ] {
      let appliance = try Appliance()
      try appliance.record()
      let receiver = Receiver { _, request, _ in
        request.url.hasSuffix("/v1/logs") ? reply(status, type) : acceptance
      }
      let report = try appliance.upload(to: receiver)
      #expect(report.stopped == nil && report.notes.count == 1)
      #expect(try appliance.states() == ["sent", "sent"])
      _ = try appliance.upload(to: receiver)
      // The same words would be refused again; a missing or failing place may be there the next time.
      #expect(receiver.taken.count == ([400, 413].contains(status) ? 3 : 4), "\(status)")
    }
  }

  // MARK: bounds

  @Test("deliveries and boots are forgotten when nothing needs them any more")
  func forgetting() throws {
    let appliance = try Appliance()
    try appliance.record(boot: "first") { _ in [MetricsBodyTests.cpu("user", 1)] }
    try appliance.record { _ in [MetricsBodyTests.cpu("user", 1)] }
    _ = try appliance.upload(to: Receiver())
    try appliance.sql(
      """
      INSERT INTO deliveries (id, "grant", fingerprint, batches, first_batch, last_batch, readings, bytes,
        digest, tried_ms, outcome, is_recorded)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
      SELECT i, 99, x'', 1, 0, 0, 1, 1, x'', i, iif(i = 2, 'trying', 'accepted'), i != 1 FROM n
      """)
    _ = try appliance.upload(to: Receiver())
    // The newest thousand, one that is owed a ledger row and has it now, and none that nobody tries.
    #expect(try appliance.count("SELECT count(*) FROM deliveries WHERE outcome = 'trying'") == 0)
    #expect((999...1_001).contains(try appliance.count("SELECT count(*) FROM deliveries")))
    #expect(try appliance.count("SELECT count(*) FROM boots") == 2)
    try appliance.sql("DELETE FROM batches WHERE number = 1")
    _ = try appliance.upload(to: Receiver())
    #expect(try appliance.count("SELECT count(*) FROM boots") == 1)
    #expect(try appliance.count("SELECT count(*) FROM baselines") == 1)
    // What is counted on is what it was: zero at the boot.
    try appliance.record { _ in [MetricsBodyTests.cpu("user", 201)] }
    #expect(try MetricsBodyTests.decoded(appliance).points.map(\.value) == [2.01])
  }

  // MARK: simulation

  @Test(
    "whatever is answered, every batch is in the end sent or set aside once",
    arguments: 1...12 as ClosedRange<UInt64>)
  func simulation(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let appliance = try Appliance()
    var recorded = 0
    var acceptedTimes: [DataSource: [Int64]] = [:]
    let receiver = Receiver()
    receiver.answers = { receiver, request, _ in
      let answers: [Receiver.Answer] = [
        acceptance, acceptance, acceptance, reply(500), reply(413),
        reply(400), reply(503, nil, retryAfter: "1"),
        reply(401, nil), .failure(.connectionLost), .failure(.certificateExpired),
      ]
      let answer = answers.randomElement(using: &generator)!
      if request.url.hasSuffix("/v1/metrics"), case .response(let response) = answer,
        response.status == 200
      {
        let metrics = try! DecodedMetrics(try! receiver.metrics().last!)
        let source =
          metrics.scopeAttributes == ["accord.source=product"] ? DataSource.product : .environment
        acceptedTimes[source, default: []] += Set(metrics.points.map(\.time))
      }
      return answer
    }
    for _ in 0..<6 {
      for _ in 0..<Int.random(in: 1...12, using: &generator) {
        try appliance.record()
        recorded += 2
      }
      _ = try appliance.upload(to: receiver)
      appliance.clock.bootTimeMilliseconds += 900_000
    }
    receiver.answers = { receiver, request, _ in
      if request.url.hasSuffix("/v1/metrics") {
        let metrics = try! DecodedMetrics(try! receiver.metrics().last!)
        let source =
          metrics.scopeAttributes == ["accord.source=product"] ? DataSource.product : .environment
        acceptedTimes[source, default: []] += Set(metrics.points.map(\.time))
      }
      return acceptance
    }
    _ = try appliance.upload(to: receiver)
    let states = try appliance.states()
    #expect(states.count == recorded, "seed \(seed)")
    #expect(Set(states).isSubset(of: ["sent", "refused"]), "seed \(seed)")
    for (source, times) in acceptedTimes {
      // Nothing was accepted twice, because no acceptance was lost.
      #expect(Set(times).count == times.count, "seed \(seed) \(source.name)")
    }
    let sent = states.count { $0 == "sent" }
    #expect(acceptedTimes.values.reduce(0) { $0 + $1.count } == sent, "seed \(seed)")
    let finished = try appliance.count("SELECT count(*) FROM deliveries WHERE outcome != 'trying'")
    #expect(
      try appliance.count(UploaderTests.uploadRows, in: appliance.directory.ledger) == finished)
    #expect(try appliance.ledger().verify().brokenRow == nil)
    #expect(
      try appliance.count("SELECT sum(batches) FROM deliveries WHERE outcome = 'accepted'") == sent)
  }
}
