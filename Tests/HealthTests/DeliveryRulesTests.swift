// The way to the supplier, and what every list of findings has in common.

import Health
import Testing

@Suite("The delivery")
struct DeliveryRulesTests {
  private static let day: Int64 = 86_400_000

  private func delivery(_ change: (inout DeliveryFacts) -> Void) -> [HealthFinding] {
    findings {
      $0.delivery.isSharing = true
      change(&$0.delivery)
    }
  }

  private func failure(_ milliseconds: Int64?, lastAccepted: String? = nil) -> DeliveryFacts.Failure
  {
    DeliveryFacts.Failure(
      layer: "TCP", reason: "nobody listens", forMilliseconds: milliseconds,
      lastAccepted: lastAccepted)
  }

  private func backlog(_ age: Int64?, used: Double = 0.1) -> DeliveryFacts.Backlog {
    DeliveryFacts.Backlog(
      batches: 1_440, bytes: Int64(used * 1_048_576), quotaBytes: 1_048_576, ageMilliseconds: age,
      oldest: "T", firstEvicted: "environment")
  }

  @Test func `a receiver that is not reached is a warning for an hour, and says the layer`() {
    func level(_ milliseconds: Int64?) -> HealthLevel? {
      delivery { $0.failure = failure(milliseconds) }.first?.level
    }
    #expect(level(nil) == .warning)
    #expect(level(3_599_999) == .warning)
    #expect(level(3_600_000) == .critical)
    let found = delivery {
      $0.failure = failure(7_200_000, lastAccepted: "T0")
      $0.backlog = backlog(7_200_000)
    }
    #expect(
      found.map(\.sentence) == [
        "uploads fail for 2 h at the layer TCP: nobody listens; something was last accepted at T0; 1,440 batches wait"
      ])
    #expect(found[0].remedy.hasSuffix("accord doctor"))
  }

  @Test func `what waits for a day has a cause, and for a week is critical`() {
    func level(_ age: Int64?, used: Double = 0.1) -> HealthLevel? {
      delivery { $0.backlog = backlog(age, used: used) }.first?.level
    }
    #expect(level(nil) == nil)
    #expect(level(Self.day - 1) == nil)
    #expect(level(Self.day) == .warning)
    #expect(level(7 * Self.day - 1) == .warning)
    #expect(level(7 * Self.day) == .critical)
    #expect(level(0, used: 0.89) == nil)
    #expect(level(0, used: 0.91) == .critical)
  }

  @Test func `a backlog says what gives way, and when`() {
    let found = delivery { $0.backlog = backlog(30 * Self.day, used: 0.5) }
    #expect(
      found.map(\.sentence) == [
        "1,440 batches wait to be sent, the oldest 30 days old (T): 50 % of the quota of 1.0 MiB, the oldest of environment "
          + "give way in about 30 days"
      ])
    #expect(found[0].remedy == "send it now: accord upload")
    let full = delivery { $0.backlog = backlog(30 * Self.day, used: 1) }
    #expect(full[0].sentence.hasSuffix("the oldest of environment give way now"))
  }

  @Test func `one batch waits, and two wait`() {
    func sentence(_ batches: Int64) -> String {
      delivery {
        $0.failure = failure(nil)
        $0.backlog = DeliveryFacts.Backlog(
          batches: batches, bytes: 1, quotaBytes: 1_048_576, ageMilliseconds: nil, oldest: "T",
          firstEvicted: "environment")
      }[0].sentence
    }
    #expect(sentence(1).hasSuffix("; 1 batch waits"))
    #expect(sentence(2).hasSuffix("; 2 batches wait"))
  }

  @Test func `without sharing nothing is amiss here`() {
    let found = findings {
      $0.delivery.failure = failure(nil)
      $0.delivery.backlog = backlog(30 * Self.day)
      $0.delivery.obstacle = .init(unit: "accord-upload.timer", isMasked: false)
      $0.delivery.refusedBatches = 3
    }
    #expect(found == [])
  }

  @Test func `a unit that keeps uploads from happening is critical, and the remedy is its own`() {
    #expect(delivery { $0.obstacle = nil } == [])
    for (isMasked, remedy) in [
      (false, "systemctl restart accordd"),
      (true, "systemctl unmask accord-upload.service && systemctl restart accordd"),
    ] {
      let found = delivery {
        $0.obstacle = .init(unit: "accord-upload.service", isMasked: isMasked)
      }
      #expect(level(found) == .critical)
      #expect(found[0].sentence.contains("accord-upload.service"))
      #expect(found[0].remedy.hasSuffix(": \(remedy)"))
    }
  }

  @Test func `a batch that the receiver refused for good is a warning`() {
    #expect(level(delivery { $0.refusedBatches = 1 }) == .warning)
  }

  @Test func `readings that the receiver took and threw away are a warning`() {
    let found = delivery { ($0.acceptedReadings, $0.rejectedReadings) = (814, 812) }
    #expect(level(found) == .warning)
    #expect(
      found[0].sentence
        == "the receiver took what was sent and did not keep 812 of 814 readings; they are not sent again"
    )
    #expect(delivery { $0.acceptedReadings = 814 } == [])
  }

  /// Whatever is wrong together: the worst first, one sentence each, and for the same level cause before effect.
  @Test(arguments: 0..<256)
  func `the worst comes first, in one sentence with one thing to do`(what: Int) {
    let found = findings { facts in
      func isSick(_ bit: Int) -> Bool { what >> bit & 1 == 1 }
      if isSick(0) { facts.agent.state = .stopped(at: "T") }
      if isSick(1) { for reading in fileSystem(used: 1e9, free: 0) { facts.machine.add(reading) } }
      if isSick(2) { facts.machine.add(pressure("memory", "1m", 0.3)) }
      if isSick(3) { facts.clock.wallMilliseconds = 0 }
      if isSick(4) { facts.agreement.endsInDays = 3 }
      if isSick(5) { facts.recording.readingsLost = 7 }
      facts.delivery.isSharing = true
      if isSick(6) { facts.delivery.failure = failure(nil) }
      if isSick(7) { facts.delivery.backlog = backlog(30 * Self.day) }
    }
    #expect(found.count == what.nonzeroBitCount)
    #expect(found.map(\.level) == found.map(\.level).sorted(by: >))
    for finding in found {
      #expect(finding.level > .good && !finding.remedy.isEmpty && !finding.subject.isEmpty)
      #expect(!finding.sentence.contains("\n") && finding.sentence.last != ".")
    }
    if what & 0b11 == 0b11 { #expect(found[0].subject == "disk /data") }
  }
}

@Suite("Numbers in sentences")
struct PhraseTests {
  @Test func `sizes are never larger than they are`() {
    let sizes: [(Double, String)] = [
      (0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_048_575, "1023 KiB"),
      (8_375_000_000, "7.7 GiB"),
    ]
    for (bytes, text) in sizes { #expect(Phrase.size(bytes) == text) }
  }

  @Test func `a share is 100 percent only when it is the whole, and 0 only when it is nothing`() {
    let shares: [(Double, String)] = [
      (0, "0 %"), (0.0001, "less than 0.1 %"), (0.0123, "1.2 %"), (0.5, "50 %"), (0.999, "99 %"),
      (1, "100 %"),
    ]
    for (share, text) in shares { #expect(Phrase.percent(share) == text) }
  }

  @Test func `numbers are grouped, and rounded where they have decimals`() {
    #expect(
      Phrase.count(Int64(1_234_567)) == "1,234,567" && Phrase.count(Int64(-1_000)) == "-1,000")
    #expect(
      Phrase.count(0x1p63) == "9,223,372,036,854,775,807"
        && Phrase.number(-0x1p70) == "-922337203685477580.8")
    #expect(Phrase.size(.infinity).hasSuffix(" TiB") && Phrase.duration(seconds: .nan) == "0 s")
    #expect(
      Phrase.number(87) == "87" && Phrase.number(-0.25) == "-0.3" && Phrase.number(99.96) == "100")
    #expect(
      Phrase.duration(seconds: 119) == "119 s" && Phrase.duration(seconds: 172_800) == "2 days")
  }
}
