import HTTPS
import Linux
import Recording
import Telemetry
import TestSupport
import Testing

@testable import Delivery

@Suite("The customer's bounds on the line, in a run")
struct UploadBoundsTests {
  /// Appliances whose settings have a quota.
  private func appliance(_ quota: String = "64 KiB") throws -> Appliance {
    let appliance = try Appliance()
    try appliance.write(settings: "[upload]\ndaily_quota = \"\(quota)\"\n")
    return appliance
  }

  private func used(_ appliance: Appliance) throws -> Int64? {
    try appliance.outbox().uploadState("quota_bytes")
  }

  @Test("a hold ends the run whoever asked for it, and the longest one is told")
  func holds() {
    for isByHand in [true, false] {
      var schedule = UploadScheduleTests.schedule(isByHand: isByHand)
      schedule.hold(untilMilliseconds: today + 5, for: .window)
      #expect(schedule.next() == .wait(untilMilliseconds: today + 5, for: .window))
      schedule.hold(untilMilliseconds: today + 9, for: .quota)
      schedule.hold(untilMilliseconds: today + 7, for: .window)
      #expect(schedule.next() == .wait(untilMilliseconds: today + 9, for: .quota))
      #expect(!schedule.mayContact)
    }
  }

  @Test("a quota that is used up ends the run without a failure or a pause")
  func overQuota() {
    var schedule = UploadScheduleTests.schedule(isByHand: true)
    let steps = UploadScheduleTests.steps(
      &schedule, [(1, UploadScheduleTests.ok), (1, .overQuota(untilMilliseconds: today + 9))])
    #expect(steps.last == .wait(untilMilliseconds: today + 9, for: .quota))
    #expect(!schedule.mayContact && schedule.pause == UploadScheduleTests.none)
  }

  @Test("every request counts, and what never left does not")
  func counts() throws {
    let appliance = try appliance()
    try appliance.record()
    for failure in [HTTPSError.Failure.couldNotResolve, .timedOut, .proxyRefused(status: 407)] {
      let unreached = Receiver { _, _, _ in .failure(failure, isBeforeRequest: true) }
      _ = try appliance.upload(to: unreached)
      #expect(try used(appliance) == 0)
    }
    let lost = Receiver { _, _, _ in .failure(.connectionLost) }
    _ = try appliance.upload(to: lost)
    var expected = lost.taken.reduce(0) { $0 + Int64($1.body.count + Limits.requestHeadBytes) }
    #expect(try used(appliance) == expected)
    let receiver = Receiver()
    _ = try appliance.upload(to: receiver)
    #expect(receiver.taken.count == 3)
    expected += receiver.taken.reduce(0) { $0 + Int64($1.body.count + Limits.requestHeadBytes) }
    #expect(try used(appliance) == expected)
  }

  @Test("a request that is under way when the process dies is paid for")
  func killed() throws {
    let appliance = try appliance()
    try appliance.record()
    var during: Int64?
    let receiver = Receiver { _, _, _ in
      during = try? self.used(appliance)
      return .failure(.interrupted)
    }
    _ = try appliance.upload(to: receiver)
    #expect(during ?? 0 > Int64(Limits.requestHeadBytes))
  }

  @Test("a quota that is used up holds everybody until the next day, and is no failure")
  func usedUp() throws {
    let appliance = try appliance()
    try appliance.record()
    let now = appliance.clock.wallTimeMilliseconds
    try appliance.outbox().setUploadState("quota_day", now / DailyQuota.dayMilliseconds)
    try appliance.outbox().setUploadState("quota_bytes", 64 << 10)
    let receiver = Receiver()
    for isByHand in [true, false] {
      let report = try appliance.upload(isByHand: isByHand, to: receiver)
      #expect(report.waitsFor == .quota && report.stopped == nil)
      #expect(report.waitsUntilMilliseconds == today + DailyQuota.dayMilliseconds)
    }
    #expect(try receiver.taken.isEmpty && appliance.states() == ["pending", "pending"])
    #expect(try appliance.outbox().uploadState("not_before_ms") == nil)
    appliance.clock.offsetMilliseconds += DailyQuota.dayMilliseconds
    let report = try appliance.upload(isByHand: false, to: receiver)
    #expect(try report.waitsFor == nil && appliance.states() == ["sent", "sent"])
  }

  @Test("what is left of a quota is used by smaller requests, and the rest waits")
  func split() throws {
    let appliance = try appliance()
    for _ in 0..<40 { try appliance.record() }
    let all = Receiver()
    try appliance.outbox().setUploadState(
      "quota_day", appliance.clock.wallTimeMilliseconds / DailyQuota.dayMilliseconds)
    try appliance.outbox().setUploadState("quota_bytes", (64 << 10) - 1_500)
    let report = try appliance.upload(to: all)
    let states = try appliance.states()
    #expect(report.waitsFor == .quota)
    #expect(states.contains("sent") && states.contains("pending"))
    #expect(try #require(try used(appliance)) <= 64 << 10)
  }

  @Test("outside its window the timer's run waits, and a person's does not; inside both go")
  func window() throws {
    let appliance = try Appliance()
    try appliance.record()
    let minute = CalendarTime.localMinuteOfDay(milliseconds: appliance.clock.wallTimeMilliseconds)
    func time(_ offset: Int) -> String {
      let minute = (minute + offset + 1_440) % 1_440
      return
        "\(minute / 60 < 10 ? "0" : "")\(minute / 60):\(minute % 60 < 10 ? "0" : "")\(minute % 60)"
    }
    let receiver = Receiver()
    try appliance.write(settings: "[upload]\nwindow = \"\(time(30))-\(time(90))\"\n")
    var report = try appliance.upload(isByHand: false, to: receiver)
    #expect(report.waitsFor == .window && receiver.taken.isEmpty)
    let wait = try #require(report.waitsUntilMilliseconds) - appliance.clock.wallTimeMilliseconds
    #expect((29 * 60_000...30 * 60_000).contains(wait))
    _ = try appliance.upload(isByHand: true, to: receiver)
    #expect(try appliance.states() == ["sent", "sent"])
    try appliance.record()
    try appliance.write(settings: "[upload]\nwindow = \"\(time(-30))-\(time(30))\"\n")
    report = try appliance.upload(isByHand: false, to: receiver)
    #expect(try report.waitsFor == nil && appliance.states() == Array(repeating: "sent", count: 4))
  }

  @Test("a window that closes during a run ends it before the next request")
  func closes() throws {
    let appliance = try Appliance()
    try appliance.record()
    let minute = CalendarTime.localMinuteOfDay(milliseconds: appliance.clock.wallTimeMilliseconds)
    func time(_ minute: Int) -> String {
      "\(minute / 60 < 10 ? "0" : "")\(minute / 60):\(minute % 60 < 10 ? "0" : "")\(minute % 60)"
    }
    try appliance.write(
      settings:
        "[upload]\nwindow = \"\(time((minute + 1_435) % 1_440))-\(time((minute + 5) % 1_440))\"\n")
    let receiver = Receiver { _, _, _ in
      appliance.clock.bootTimeMilliseconds += 600_000
      return acceptance
    }
    let report = try appliance.upload(isByHand: false, to: receiver)
    #expect(report.waitsFor == .window && receiver.taken.count == 1)
    #expect(try appliance.states() == ["sent", "pending"])
  }
}
