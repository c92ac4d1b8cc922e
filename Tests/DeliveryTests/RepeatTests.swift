import Configuration
import Foundation
import HTTPS
import Handshake
import Linux
import Recording
import Telemetry
import TestSupport
import Testing

@testable import Delivery

@Suite("A delivery that is cut short is repeated with the same id and the same bytes")
struct RepeatTests {
  // MARK: repeats

  /// A run that ends without an answer; then `meanwhile`, and a run that is accepted. Returns whether the first
  /// request of the second run has the bytes and the id of the first one.
  static func repeats(_ meanwhile: (Appliance) throws -> Void) throws -> (bytes: Bool, id: Bool) {
    let appliance = try Appliance()
    try appliance.record(ticks: 2, facts: [Fact(Catalog.osVersion, "12")]) {
      Appliance.ordinary($0) + [MetricsBodyTests.cpu("user", Int64($0))]
    }
    let lost = Receiver { _, _, _ in .failure(.connectionLost) }
    _ = try appliance.upload(to: lost)
    let id = try appliance.outbox().latestDelivery()?.id
    try meanwhile(appliance)
    let receiver = Receiver()
    _ = try appliance.upload(to: receiver)
    let ids = try Self.ids(appliance)
    return (receiver.taken.first?.body == lost.taken[0].body, ids.contains(id!))
  }

  static func ids(_ appliance: Appliance) throws -> [String] {
    try appliance.outbox().batches(in: [.sent]).compactMap(\.delivery).map {
      try appliance.outbox().delivery($0)!.id
    }
  }

  @Test("a repeat after a lost answer has the same id and the same bytes")
  func sameRepeat() throws {
    #expect(try Self.repeats { _ in } == (true, true))
  }

  @Test("what is recorded and what the clock does between does not change a repeat")
  func repeatAfterChanges() throws {
    let result = try Self.repeats { appliance in
      appliance.clock.offsetMilliseconds += 77_000
      appliance.clock.isSynchronised = false
      try appliance.record(facts: [Fact(Catalog.osVersion, "13")])
    }
    #expect(result == (true, true))
  }

  @Test("under another agreement it is another delivery")
  func repeatUnderAnotherAgreement() throws {
    let result = try Self.repeats { appliance in
      try appliance.write(consent: consentText + "\n[withhold]\nsignals = [\"os.version\"]")
    }
    #expect(result == (false, false))
    // Even one that comes to the same bytes.
    let same = try Self.repeats { appliance in
      try appliance.write(consent: consentText + "\n[withhold]\nsignals = [\"system.network.*\"]")
    }
    #expect(same == (true, false))
  }

  @Test("bytes that another version of the program makes are another delivery")
  func repeatByAnotherVersion() throws {
    let result = try Self.repeats { try $0.sql("UPDATE deliveries SET digest = x'00'") }
    #expect(result == (true, false))
  }

  @Test("a delivery of which a batch was evicted is another delivery")
  func repeatAfterEviction() throws {
    let appliance = try Appliance()
    for _ in 0..<3 { try appliance.record { _ in [(Catalog.uptime, [], 1)] } }
    _ = try appliance.upload(to: Receiver { _, _, _ in .failure(.timedOut) })
    let id = try appliance.outbox().latestDelivery()?.id
    try appliance.sql("DELETE FROM batches WHERE number = 1")
    let report = try appliance.upload(to: Receiver())
    #expect(report.sent.map(\.batches) == [2])
    #expect(try !Self.ids(appliance).contains(id!))
    #expect(try appliance.count("SELECT count(*) FROM deliveries") == 1)
  }

  @Test("a delivery that is given up does not take the batches of the next one")
  func neighbours() throws {
    let appliance = try Appliance()
    for _ in 0..<4 { try appliance.record { _ in [(Catalog.uptime, [], 1)] } }
    // All four, then the older two, then the newer two.
    let first = Receiver { receiver, _, _ in
      [reply(413), reply(500), .failure(.connectionLost)][receiver.taken.count - 1]
    }
    _ = try appliance.upload(to: first)
    try appliance.sql("DELETE FROM batches WHERE number = 1")
    let second = Receiver()
    let report = try appliance.upload(to: second)
    #expect(report.sent.map(\.batches) == [3] && report.sent.map(\.requests) == [2])
    #expect(second.taken[1].body == first.taken[2].body)
  }

  // MARK: what if the power goes out here?

  @Test("power lost while the request is under way: the same bytes go again under the same id")
  func powerLostDuringTheRequest() throws {
    let appliance = try Appliance()
    try appliance.record()
    let saved = appliance.prefix + "/saved"
    let state = appliance.locations.state
    let first = Receiver { receiver, _, _ in
      .meanwhile(
        {
          if receiver.taken.count == 1 {
            try FileManager.default.copyItem(atPath: state, toPath: saved)
          }
        }, Response(status: 200))
    }
    _ = try appliance.upload(to: first)
    try FileManager.default.removeItem(atPath: state)
    try FileManager.default.moveItem(atPath: saved, toPath: state)
    #expect(try appliance.states() == ["pending", "pending"])
    let id = try appliance.outbox().latestDelivery()?.id
    let second = Receiver()
    _ = try appliance.upload(to: second)
    #expect(second.taken[0] == first.taken[0])
    #expect(try Self.ids(appliance).contains(id!))
  }

  @Test("power lost before the ledger row, or between it and its mark: it is written once")
  func powerLostAroundTheLedger() throws {
    let appliance = try Appliance()
    try appliance.record()
    _ = try appliance.upload(to: Receiver())
    let rows = { try appliance.count(UploaderTests.uploadRows, in: appliance.directory.ledger) }
    #expect(try rows() == 2)
    // The row is there, its mark is not.
    try appliance.sql("UPDATE deliveries SET is_recorded = 0")
    _ = try appliance.upload(to: Receiver())
    #expect(try rows() == 2)
    #expect(try appliance.count("SELECT sum(is_recorded) FROM deliveries") == 2)
    // Neither is: a delivery that was committed and nothing else.
    try appliance.sql("UPDATE deliveries SET is_recorded = 0, id = 'f00d' WHERE number = 1")
    _ = try appliance.upload(to: Receiver())
    #expect(try rows() == 3)
    #expect(try appliance.ledger().verify().brokenRow == nil)
  }

  @Test("power lost before the event was marked: the same event goes again")
  func powerLostAroundTheEvent() throws {
    let appliance = try Appliance()
    try appliance.record()
    let (first, second) = (Receiver(), Receiver())
    _ = try appliance.upload(to: first)
    try appliance.sql("UPDATE deliveries SET is_announced = 0")
    _ = try appliance.upload(to: second)
    func ids(_ receiver: Receiver) throws -> [String] {
      try receiver.logs()[0].messages(1)[0].messages(2)[0].messages(2).map {
        try DecodedMetrics.attributes(try $0.messages(6)).first!
      }
    }
    #expect(try ids(first) == ids(second))
    #expect(try ids(first).allSatisfy { $0.hasPrefix("log.record.uid=") })
  }
}
