import Linux
import Telemetry
import TestSupport
import Testing

@testable import Sampling

@Suite("The probes, tick by tick")
struct SamplerTests {
  private static let heading = "Inter-|   Receive  |  Transmit\n face |bytes    packets\n"

  /// A table in which each interface has received the given number of bytes.
  private func netDev(_ interfaces: KeyValuePairs<String, Int>) -> String {
    Self.heading
      + interfaces.map { "  \($0.key): \($0.value) 1 0 0 0 0 0 0 2 3 0 0 0 0 0 0\n" }.joined()
  }

  private let netDevOnly: Set<String> = ["/proc/net/dev"]

  private func received(_ rig: Rig) -> [String: Int64] {
    var received: [String: Int64] = [:]
    for (label, value) in rig.readings where label.hasPrefix("system.network.io") {
      let words = label.split(separator: " ")
      if words.last == "receive" { received[String(words[1])] = value }
    }
    return received
  }

  @Test("a device that is plugged in later gets new places, and old places keep theirs")
  func pluggedIn() throws {
    let rig = try Rig()
    try rig.kernel.write("proc/net/dev", netDev(["lo": 1, "eth0": 2]))
    rig.tick(wanted: netDevOnly)
    let before = rig.sampler.sample.series.map(\.label)
    #expect(before.count == 16)
    try rig.kernel.write("proc/net/dev", netDev(["lo": 3, "usb0": 9, "eth0": 4]))
    rig.tick(wanted: netDevOnly)
    let after = rig.sampler.sample.series.map(\.label)
    #expect(Array(after.prefix(16)) == before)
    #expect(
      after.dropFirst(16).count == 8 && after.dropFirst(16).allSatisfy { $0.contains(" usb0 ") })
    #expect(received(rig) == ["lo": 3, "eth0": 4, "usb0": 9])
  }

  @Test("an interface that vanishes is absent, and has its old place when it comes back")
  func vanishes() throws {
    let rig = try Rig()
    try rig.kernel.write("proc/net/dev", netDev(["lo": 1, "eth0": 2, "wlan0": 3]))
    rig.tick(wanted: netDevOnly)
    try rig.kernel.write("proc/net/dev", netDev(["lo": 4, "wlan0": 5]))
    rig.tick(wanted: netDevOnly)
    #expect(received(rig) == ["lo": 4, "wlan0": 5])
    try rig.kernel.write("proc/net/dev", netDev(["lo": 6, "wlan0": 7, "eth0": 0]))
    rig.tick(wanted: netDevOnly)
    #expect(received(rig) == ["lo": 6, "wlan0": 7, "eth0": 0])
    #expect(rig.sampler.sample.series.count == 24)
    #expect(rig.reports == [])
  }

  @Test("the order of the interfaces does not matter", arguments: seeds)
  func order(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let rig = try Rig()
    for tick in 0..<5 {
      let lines = (0..<10).filter { _ in Int.random(in: 0..<4, using: &generator) > 0 }.shuffled(
        using: &generator)
      let text = lines.map { "eth\($0): \(tick * 100 + $0) 1 0 0 0 0 0 0 2 3 0 0 0 0 0 0\n" }
        .joined()
      try rig.kernel.write("proc/net/dev", Self.heading + text)
      rig.tick(wanted: netDevOnly)
      let expected = lines.map { ("eth\($0)", Int64(tick * 100 + $0)) }
      #expect(received(rig) == Dictionary(uniqueKeysWithValues: expected), "seed \(seed)")
    }
  }

  @Test("devices beyond the limit are counted and not sampled")
  func tooMany() throws {
    let directory = try TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    let lines = (0..<70).map { "eth\($0): \($0) 1 0 0 0 0 0 0 2 3 0 0 0 0 0 0\n" }.joined()
    try directory.write("proc/net/dev", Self.heading + lines)
    let probe = ProcNetDevProbe(below: KernelRoot(directory.path), DeviceRules().interfaces)
    var sample = Sample()
    for _ in 0..<2 {
      #expect(probe.sample(into: &sample) == .readings)
      #expect(probe.leftOut == 6)
      let count = sample.series.count
      #expect(count == 64 * 8)
    }
    try directory.write("proc/net/dev", Self.heading)
    #expect(probe.sample(into: &sample) == .readings)
    #expect(probe.leftOut == 0)
  }

  @Test("a table that breaks off half-way gives no readings at all")
  func half() throws {
    let rig = try Rig()
    try rig.kernel.write("proc/net/dev", netDev(["lo": 1, "eth0": 2]) + "  eth1: 5 ")
    rig.tick(wanted: netDevOnly)
    #expect(
      rig.reports == [
        "/proc/net/dev failed: /proc/net/dev is malformed: expected at least twelve counters below 2^63 "
          + "behind each name"
      ])
    #expect(rig.readings == [:])
  }

  @Test(
    "a probe that fails costs its own readings only",
    arguments: [
      "stat", "meminfo", "loadavg", "net/dev", "uptime", "vmstat", "swaps", "diskstats", "locks",
      "net/tcp", "net/udp", "self/mountinfo", "pressure/io", "pressure/irq", "sys/fs/file-nr",
      "sys/kernel/threads-max",
    ])
  func failsAlone(file: String) throws {
    let rig = try Rig("industrial-x86")
    rig.tick()
    let all = rig.readings
    try rig.kernel.write("proc/\(file)", "nonsense\n")
    rig.sampler.refresh(wanted: allFiles)
    rig.tick(afterSeconds: 3600)
    #expect(rig.reports.count == 1)
    #expect(rig.reports[0].hasPrefix("/proc/\(file) failed: /proc/\(file) is malformed: expected "))
    let origin = "/proc/\(file)"
    let transport = file.hasPrefix("net/") ? " " + file.dropFirst(4) : ""
    let others = all.filter { label, _ in
      !Catalog.signal(String(label.prefix { $0 != " " }))!.origins.contains(origin)
        || label.contains("connection.count") && !label.hasSuffix(transport)
    }
    #expect(others.count < all.count)
    #expect(rig.readings == others)
  }

  @Test("a failure is counted at each tick and reported once for each change")
  func reportsOnce() throws {
    let rig = try Rig("small-arm64")
    let good = try #require(fixture("small-arm64", "proc/loadavg"))
    var reported: [Int] = []
    for (tick, isGood) in [true, false, false, false, true, true, false].enumerated() {
      try rig.kernel.write("proc/loadavg", isGood ? good : Array("bad".utf8))
      rig.tick(wanted: ["/proc/loadavg", "/proc/stat"])
      if !rig.reports.isEmpty { reported.append(tick) }
    }
    #expect(reported == [1, 4, 6])
    #expect(rig.record("/proc/loadavg").failures == 4)
    #expect(rig.record("/proc/loadavg").outcomeName == "failed")
    #expect(rig.record("/proc/stat").failures == 0)
  }

  @Test("a file that appears later is reported and read from then on")
  func appears() throws {
    let rig = try Rig()
    rig.tick()
    // That sensors, batteries, swap space and pressure are not there is no news.
    #expect(rig.reports.count == 14 && rig.reports.allSatisfy { $0.hasSuffix(" absent") })
    #expect(!rig.reports.contains { $0.hasPrefix("/sys/") || $0.contains("/proc/pressure") })
    #expect(rig.readings == [:])
    rig.tick()
    #expect(rig.reports == [])
    try rig.kernel.write("proc/uptime", "12.5 3\n")
    rig.tick()
    #expect(rig.reports == ["/proc/uptime readings"])
    #expect(rig.readings == ["system.uptime": 1250])
    #expect(rig.record("/proc/uptime").failures == 0)
  }

  @Test("a file that cannot be read is a failure that names it, and no absence")
  func unreadable() throws {
    let rig = try Rig()
    try rig.kernel.write("proc/uptime/inside", "")
    rig.tick(wanted: ["/proc/uptime"])
    #expect(
      rig.reports == [
        "/proc/uptime failed: cannot read \(rig.kernel.path("proc/uptime")): Is a directory"
      ])
  }

  @Test("a probe of which nothing is wanted is not run")
  func unwanted() throws {
    let rig = try Rig("industrial-x86")
    try rig.kernel.write("proc/stat", "nonsense")
    rig.tick(wanted: ["/proc/loadavg"])
    #expect(rig.reports == [])
    #expect(rig.readings.count == 3)
    #expect(rig.record("/proc/loadavg").outcomeName == "readings")
    #expect(
      rig.sampler.records.count { $0.outcomeName == "not-run" } == rig.sampler.records.count - 1)
    // Its series have no places yet: nothing of the file is known.
    #expect(rig.sampler.sample.series.count == 3)
    rig.tick(wanted: [])
    #expect(rig.readings == [:])
    #expect(rig.sampler.records.allSatisfy { $0.outcomeName == "not-run" && $0.failures == 0 })
  }

  @Test("memory that is available beyond what there is gives no memory in use")
  func inconsistent() throws {
    let rig = try Rig()
    try rig.kernel.write("proc/meminfo", "MemTotal: 10 kB\nMemAvailable: 11 kB\n")
    rig.tick(wanted: ["/proc/meminfo"])
    #expect(rig.readings == ["system.memory.limit": 10240, "system.memory.linux.available": 11264])
  }

  @Test("huge pages have readings where there is a pool, and zeros when it is given back")
  func hugePages() throws {
    let rig = try Rig()
    func tick(_ total: Int, _ free: Int) throws -> [String: Int64] {
      try rig.kernel.write(
        "proc/meminfo",
        "MemTotal: 10 kB\nHugePages_Total: \(total)\nHugePages_Free: \(free)\nHugePages_Rsvd: 2\n"
          + "HugePages_Surp: 1\nHugepagesize: 2048 kB\n")
      rig.tick(wanted: ["/proc/meminfo"])
      return rig.readings.filter { $0.key.contains("huge") }
    }
    #expect(try tick(0, 0) == [:])
    let pool = "system.memory.linux.hugepages."
    #expect(
      try tick(8, 5) == [
        pool + "limit": 8, pool + "usage used": 3, pool + "usage free": 5, pool + "reserved": 2,
        pool + "surplus": 1, pool + "page_size": 2_097_152,
      ])
    #expect(try tick(0, 0)[pool + "limit"] == 0 && rig.readings[pool + "usage used"] == 0)
    // More free than there are is nothing to go by.
    #expect(try tick(3, 4) == [:])
  }

  @Test("what is expensive is counted at its own pace, and is absent in between")
  func slow() throws {
    let rig = try Rig("industrial-x86")
    let slow = ["system.process.count", "system.filesystem.lock", "system.network.connection"]
    func counted(afterSeconds seconds: Int64) -> [String] {
      rig.tick(afterSeconds: seconds)
      return slow.filter { name in rig.readings.keys.contains { $0.hasPrefix(name) } }
    }
    #expect(counted(afterSeconds: 1) == slow)
    #expect(counted(afterSeconds: 59) == [])
    #expect(counted(afterSeconds: 1) == Array(slow.prefix(2)))
    #expect(counted(afterSeconds: 839) == Array(slow.prefix(2)))
    #expect(counted(afterSeconds: 1) == slow.suffix(1))
    // Once denied and agreed again, nobody waits for the next quarter of an hour.
    rig.tick(wanted: [])
    #expect(counted(afterSeconds: 1) == slow)
  }

  @Test("the stamp is that of the tick")
  func stamp() throws {
    let rig = try Rig("container")
    rig.tick()
    rig.tick()
    #expect(rig.sampler.sample.bootTimeMilliseconds == 2000)
  }
}
