import Configuration
import Glibc
import Linux
import TestSupport
import Testing

@testable import Daemon

@Suite("What the service manager is told")
struct SupervisionTests {
  let directory: TemporaryDirectory
  let mailbox: Mailbox
  let journal = Journal()

  init() throws {
    directory = try TemporaryDirectory()
    mailbox = Mailbox(directory.path("notify"))
  }

  private func supervision(watchdog: Int64?, tick: Int64 = 10_000) throws -> Supervision {
    Supervision(
      try NotifySocket.open(directory.path("notify")), watchdogMilliseconds: watchdog,
      tickMilliseconds: tick, log: journal.log)
  }

  @Test("READY comes with the first tick, STATUS when it changes, a ping with each tick")
  func order() throws {
    var supervision = try supervision(watchdog: 20_000)
    #expect(mailbox.take().isEmpty)
    for status in ["idle", "idle", "sampling", "sampling"] { supervision.ticked(status) }
    supervision.stopping()
    #expect(
      mailbox.take() == [
        "READY=1\nSTATUS=idle", "WATCHDOG=1", "WATCHDOG=1", "STATUS=sampling", "WATCHDOG=1",
        "WATCHDOG=1", "STOPPING=1",
      ])
    #expect(supervision.silenceMillisecondsMax == nil && journal.lines.isEmpty)
  }

  @Test("without a watchdog there are no pings, and without a manager there is nothing")
  func without() throws {
    var unwatched = try supervision(watchdog: nil)
    unwatched.ticked("idle")
    unwatched.pingWatchdog()
    #expect(mailbox.take() == ["READY=1\nSTATUS=idle"])
    var alone = Supervision(
      nil, watchdogMilliseconds: 100, tickMilliseconds: 10_000, log: journal.log)
    alone.ticked("idle")
    alone.stopping()
    #expect(alone.silenceMillisecondsMax == nil && journal.lines.isEmpty)
  }

  @Test(
    "the loop wakes between ticks only for a watchdog of less than two, and says so once",
    arguments: [(19_999, 9_999), (20_000, nil), (1, 1), (60_000, nil)] as [(Int64, Int64?)])
  func short(watchdog: Int64, silence: Int64?) throws {
    var supervision = try supervision(watchdog: watchdog)
    #expect(supervision.silenceMillisecondsMax == silence)
    for _ in 0..<3 { supervision.ticked("idle") }
    #expect(journal.lines.count == (silence == nil ? 0 : 1))
    #expect(silence == nil || journal.says("set WatchdogSec= to two ticks or more"))
  }

  @Test("READY and STATUS that were not taken are sent again, a ping is not")
  func again() throws {
    unlink(directory.path("notify"))
    var supervision = try supervision(watchdog: 20_000)
    for _ in 0..<3 { supervision.ticked("idle") }
    let mailbox = Mailbox(directory.path("notify"))
    supervision.ticked("idle")
    #expect(mailbox.take() == ["READY=1\nSTATUS=idle", "WATCHDOG=1"])
  }

  @Test("a status is one line of a length that systemd reads, cut between characters")
  func length() throws {
    var supervision = try supervision(watchdog: nil)
    supervision.ticked("held\nREADY=0 " + String(repeating: "ä", count: 3_000))
    let message = try #require(mailbox.take().first)
    #expect(message.hasPrefix("READY=1\nSTATUS=held READY=0 ää") && message.hasSuffix("ä"))
    #expect((900...1_020).contains(message.utf8.count))
  }

  @Test(
    "the watchdog's time is honoured when it is meant for this process",
    arguments: [
      ("20000000", nil, 20_000), ("20000000", "self", 20_000), ("20000000", "1", nil),
      (nil, nil, nil), ("0", nil, nil), ("-5", nil, nil), ("soon", nil, nil),
    ] as [(String?, String?, Int64?)])
  func watchdog(microseconds: String?, process: String?, expected: Int64?) {
    let process = process == "self" ? "\(getpid())" : process
    #expect(Supervision.watchdogMilliseconds(microseconds, for: process) == expected)
  }

  @Test("the status says what the agreement comes to, and what is in the way")
  func work() throws {
    let appliance = try Appliance(consent: nil)
    appliance.run(seconds: 10)
    #expect(appliance.agent.work == "no agreement: nothing is sampled, nobody is contacted")
    appliance.consent(consent(environment: "local"))
    appliance.run(seconds: 10)
    #expect(appliance.agent.work == "sampling: product share, environment local")
    appliance.consent(consent(product: "deny", environment: "deny"))
    appliance.run(seconds: 10)
    #expect(appliance.agent.work == "no source is agreed: nothing is sampled")
    appliance.consent(consent(environment: "locl"))
    appliance.run(seconds: 10)
    #expect(
      appliance.agent.work.hasPrefix(
        "agreement held: \(appliance.locations.consent):6:15: unknown value \"locl\""))
    appliance.consent(consent(environment: "local"))
    appliance.remove(appliance.locations.offer)
    appliance.run(seconds: 10)
    #expect(
      appliance.agent.work.hasPrefix(
        "sampling: product held, environment local; nothing is shared: \(appliance.locations.offer): there is no offer"
      ))
  }
}

@Suite("The journal")
struct LogTests {
  @Test("lines carry their level only where standard error is the journal's own stream")
  func stream() throws {
    let directory = try TemporaryDirectory()
    let output = try #require(try FileState.of(try directory.write("stderr", "")))
    #expect(Log.isJournal("\(output.device):\(output.inode)", output))
    for other in [
      nil, "", "\(output.device)", "\(output.inode):\(output.device + 1)",
      "\(output.device):\(output.inode)1",
    ] {
      #expect(!Log.isJournal(other, output))
    }
    #expect(!Log.isJournal("8:1", nil))
  }
}
