import HTTPS
import Handshake
import Recording
import Telemetry
import TestSupport
import Testing

@testable import Delivery

@Suite("Rule 14: what the delivering program writes into the ledger")
struct LedgerRowsTests {
  private func count(_ appliance: Appliance, _ condition: String) throws -> Int64 {
    try appliance.count(
      "SELECT count(*) FROM ledger WHERE \(condition)", in: appliance.directory.ledger)
  }

  @Test("an answer is its outcome, status and counts, and never the receiver's words")
  func answers() throws {
    let appliance = try Appliance()
    for _ in 0..<3 { try appliance.record() }
    // google.rpc.Status with a message (field 2).
    let words = Array("canary words".utf8)
    let refusal = [0x12, UInt8(words.count)] + words
    let receiver = Receiver { receiver, _, _ in
      receiver.taken.count < 4 ? reply(400, protobuf, refusal) : acceptance
    }
    _ = try appliance.upload(to: receiver)
    #expect(try appliance.outbox().latestDelivery() != nil)
    #expect(
      try count(
        appliance,
        "kind = 'upload' AND detail ->> '$.outcome' = 'refused' AND detail ->> '$.status' = 400")
        == 1)
    #expect(
      try count(
        appliance,
        "kind = 'upload' AND detail ->> '$.outcome' = 'accepted' AND detail ->> '$.status' = 200")
        >= 2)
    #expect(try count(appliance, "instr(detail, 'canary')") == 0)
  }

  @Test("what left without an answer for good is told as well, and what never left is not")
  func tried() throws {
    let appliance = try Appliance()
    try appliance.record()
    for answer in [
      Receiver.Answer.failure(.couldNotConnect, isBeforeRequest: true), .failure(.connectionLost),
      reply(503),
    ] {
      _ = try appliance.upload(to: Receiver { _, _, _ in answer })
    }
    #expect(try count(appliance, "kind = 'upload'") == 0)
    #expect(
      try count(appliance, "kind = 'upload-tried' AND detail ->> '$.status' IS NULL") == 1)
    #expect(try count(appliance, "kind = 'upload-tried' AND detail ->> '$.status' = 503") == 1)
    // The same body went both times.
    #expect(
      try appliance.count(
        "SELECT count(DISTINCT detail ->> '$.body_sha256') FROM ledger",
        in: appliance.directory.ledger) == 1)
  }

  @Test("batches are named by their ids, those that follow each other as a range")
  func ids() throws {
    let appliance = try Appliance()
    for _ in 0..<5 { try appliance.record() }
    let batches = try appliance.outbox().batches(in: [.pending]).filter { $0.source == .product }
    let ids = batches.map(\.id)
    #expect(Uploader.ids(batches) == [ids[0] + "..5"])
    #expect(Uploader.ids([batches[0]]) == [ids[0]])
    #expect(
      Uploader.ids([batches[0], batches[2], batches[3]]) == [ids[0], ids[2] + "..4"])
    #expect(Uploader.ids([]).isEmpty)
  }

  @Test("batches of which nobody will know when they were taken are a gap of the spool")
  func timeless() throws {
    let appliance = try Appliance()
    appliance.clock.isSynchronised = false
    try appliance.record(boot: "earlier")
    appliance.clock.isSynchronised = true
    for _ in 0..<2 { _ = try appliance.upload(to: Receiver()) }
    #expect(
      try appliance.count("SELECT count(*) FROM gaps WHERE reason = 'time-unknown' AND batches = 1")
        == 2)
    let spool = try appliance.spool()
    let ledger = try appliance.ledger()
    for _ in 0..<2 { try ledger.recordGaps(of: spool, atMilliseconds: 1) }
    #expect(try count(appliance, "kind = 'gap' AND detail ->> '$.reason' = 'time-unknown'") == 2)
    #expect(try appliance.count("SELECT count(*) FROM gaps WHERE NOT is_recorded") == 0)
  }
}
