import Foundation
import Linux
import Telemetry
import TestSupport
import Testing

@testable import Sampling

@Suite("Devices that come and go")
struct DeviceTests {
  /// Writes the files of one device.
  private func write(_ rig: Rig, _ folder: String, _ files: KeyValuePairs<String, String>) throws {
    for (name, text) in files { try rig.kernel.write("\(folder)/\(name)", text + "\n") }
  }

  private func link(_ rig: Rig, _ path: String, to target: String) throws {
    let file = rig.kernel.path(path)
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: target)
  }

  private func look(_ rig: Rig, _ files: Set<String>) {
    rig.sampler.refresh(wanted: files)
    rig.tick(wanted: files)
  }

  private let hwmon: Set = ["/sys/class/hwmon"]

  @Test("a chip that is numbered anew keeps its series")
  func renumbered() throws {
    let rig = try Rig("industrial-x86")
    rig.tick(wanted: hwmon)
    let before = rig.readings
    #expect(before.count > 60)
    let places = rig.sampler.sample.series.count
    for number in [1, 3] {
      let links = rig.kernel.path("sys/class/hwmon")
      let old = try FileManager.default.destinationOfSymbolicLink(atPath: links + "/hwmon\(number)")
      let new = old.replacingOccurrences(
        of: "hwmon/hwmon\(number)", with: "hwmon/hwmon\(number + 4)")
      try FileManager.default.moveItem(
        atPath: links + "/" + old, toPath: links + "/" + new)
      try rig.kernel.remove("sys/class/hwmon/hwmon\(number)")
      try link(rig, "sys/class/hwmon/hwmon\(number + 4)", to: new)
    }
    look(rig, hwmon)
    #expect(rig.readings == before)
    #expect(rig.sampler.sample.series.count == places)
  }

  @Test("a chip without a device behind it keeps its series too")
  func virtual() throws {
    let rig = try Rig()
    try write(rig, "sys/class/hwmon/hwmon3", ["name": "acpitz", "temp1_input": "27800"])
    look(rig, hwmon)
    try FileManager.default.moveItem(
      atPath: rig.kernel.path("sys/class/hwmon/hwmon3"),
      toPath: rig.kernel.path("sys/class/hwmon/hwmon5"))
    look(rig, hwmon)
    #expect(rig.readings == ["hw.temperature acpitz/temp1 acpitz temp1": 27800])
    #expect(rig.sampler.sample.series.count == 1)
    // Of two that call themselves the same the first has the series; the value of neither is mixed with the other's.
    try write(rig, "sys/class/hwmon/hwmon6", ["name": "acpitz", "temp1_input": "1"])
    look(rig, hwmon)
    #expect(rig.readings == ["hw.temperature acpitz/temp1 acpitz temp1": 27800])
  }

  @Test("a chip that is gone is absent, another under its number is another")
  func replaced() throws {
    let rig = try Rig()
    try write(rig, "sys/devices/a/hwmon/hwmon0", ["name": "a", "temp1_input": "1000"])
    try write(rig, "sys/devices/b/hwmon/hwmon0", ["name": "b", "temp1_input": "2000"])
    try link(rig, "sys/class/hwmon/hwmon0", to: "../../devices/a/hwmon/hwmon0")
    look(rig, hwmon)
    #expect(rig.readings == ["hw.temperature a/temp1 a temp1": 1000])
    try rig.kernel.remove("sys/class/hwmon/hwmon0")
    look(rig, hwmon)
    #expect(rig.readings == [:] && rig.record("/sys/class/hwmon").outcomeName == "absent")
    try link(rig, "sys/class/hwmon/hwmon0", to: "../../devices/b/hwmon/hwmon0")
    look(rig, hwmon)
    #expect(rig.readings == ["hw.temperature b/temp1 b temp1": 2000])
  }

  @Test("what a driver that is loaded later adds to a device is seen at the next look")
  func driver() throws {
    let rig = try Rig()
    let files: Set = ["/sys/devices/system/cpu"]
    try write(rig, "sys/devices/system/cpu/cpu0/topology", ["core_id": "0"])
    try write(rig, "sys/devices/system/cpu/cpu10", ["crash_notes": "0"])
    try write(rig, "sys/devices/system/cpu/cpu+1", ["crash_notes": "0"])
    look(rig, files)
    #expect(rig.readings == ["system.cpu.physical.count": 1])
    try write(rig, "sys/devices/system/cpu/cpu10/cpufreq", ["scaling_cur_freq": "800000"])
    try write(
      rig, "sys/devices/system/cpu/cpu10/topology", ["core_id": "0", "physical_package_id": "1"])
    look(rig, files)
    #expect(
      rig.readings == ["system.cpu.physical.count": 2, "system.cpu.frequency 10": 800_000_000])
  }

  @Test("a value that is no number is a failure that names its file, and costs only itself")
  func noNumber() throws {
    let rig = try Rig()
    try write(
      rig, "sys/class/hwmon/hwmon0", ["name": "a", "temp1_input": "hot", "temp2_input": "-500"])
    look(rig, hwmon)
    #expect(rig.readings == ["hw.temperature a/temp2 a temp2": -500])
    #expect(
      rig.reports == [
        "/sys/class/hwmon failed: \(rig.kernel.path("sys/class/hwmon/hwmon0/temp1_input")) is malformed: "
          + "expected a number"
      ])
    for text in ["", "1e3", "9223372036854775808", "- 5", "12kB"] {
      try rig.kernel.write("sys/class/hwmon/hwmon0/temp1_input", text)
      rig.tick(wanted: hwmon)
      #expect(rig.readings.count == 1, "\(text)")
      #expect(rig.record("/sys/class/hwmon").outcomeName == "failed", "\(text)")
    }
  }

  @Test("a number that overflows in the reading's unit gives no reading")
  func overflow() throws {
    let rig = try Rig()
    try write(rig, "sys/block/sda", ["size": "\(Int64.max / 512 + 1)"])
    look(rig, ["/sys/block"])
    #expect(rig.readings == [:] && rig.record("/sys/block").outcomeName == "failed")
    try rig.kernel.write("sys/block/sda/size", "\(Int64.max / 512)\n")
    rig.tick(wanted: ["/sys/block"])
    #expect(rig.readings == ["system.disk.limit sda": Int64.max / 512 * 512])
  }

  @Test("limits that say that there is none are no limits")
  func limits() throws {
    let rig = try Rig()
    try write(
      rig, "sys/class/hwmon/hwmon0",
      [
        "name": "a", "temp1_input": "1", "temp1_min": "-273150", "temp1_max": "65261850",
        "temp1_crit": "-5",
      ])
    try write(
      rig, "sys/class/thermal/thermal_zone0",
      [
        "type": "z", "temp": "2", "trip_point_0_type": "passive", "trip_point_0_temp": "0",
        "trip_point_1_type": "critical", "trip_point_1_temp": "-274000", "trip_point_2_type": "hot",
        "trip_point_2_temp": "90000",
      ])
    look(rig, ["/sys/class/hwmon", "/sys/class/thermal"])
    #expect(
      rig.readings == [
        "hw.temperature a/temp1 a temp1": 1,
        "hw.temperature.limit a/temp1 high.critical a temp1": -5,
        "hw.temperature thermal_zone0 z": 2,
      ])
  }

  @Test("a full socket, an empty one, and mains that failed")
  func supplies() throws {
    let rig = try Rig()
    let files: Set = ["/sys/class/power_supply"]
    for (name, type, online) in [
      ("AC", "Mains", "0"), ("AC2", "Mains", "1"), ("usb", "USB", "0"), ("qi", "Wireless", "0"),
    ] {
      try write(rig, "sys/class/power_supply/\(name)", ["type": type, "online": online])
    }
    try write(
      rig, "sys/class/power_supply/mouse", ["type": "Battery", "scope": "Device", "capacity": "3"])
    look(rig, files)
    #expect(rig.readings.count == 6)
    #expect(rig.readings["hw.status AC AC failed power_supply"] == 1)
    #expect(rig.readings["hw.status AC AC ok power_supply"] == 0)
    #expect(rig.readings["hw.status AC2 AC2 ok power_supply"] == 1)
  }

  @Test(
    "a battery's health in three words, and none for what nobody knows",
    arguments: [
      ("Good", 0), ("Cold", 1), ("Over voltage", 1), ("Dead", 2), ("No battery", 2),
      ("Unknown", nil), ("Splendid", nil),
    ] as [(String, Int?)])
  func health(word: String, expected: Int?) throws {
    let rig = try Rig()
    try write(rig, "sys/class/power_supply/B", ["type": "Battery", "health": word])
    look(rig, ["/sys/class/power_supply"])
    let states = ["ok", "degraded", "failed"].map { rig.readings["hw.status B B \($0) battery"] }
    #expect(states == (0..<3).map { state in expected.map { state == $0 ? 1 : 0 } })
  }

  @Test(
    "a partition is never counted, neither sampled nor left out, and a disk whose folder comes late is"
  )
  func partitions() throws {
    let rig = try Rig()
    let files: Set = ["/proc/diskstats"]
    let names = (0..<70).flatMap { ["sd\($0)", "sd\($0)p1", "sd\($0)p2"] }
    try rig.kernel.write(
      "proc/diskstats", names.map { "8 0 \($0) 1 0 0 0 0 0 0 0 0 0 0\n" }.joined())
    for number in 1..<70 { try rig.kernel.write("sys/block/sd\(number)/size", "8") }
    let read = "system.disk.operations"
    func sampled() -> Int { rig.readings.keys.count { $0.hasPrefix(read) && $0.contains("read") } }
    for _ in 0..<2 {
      look(rig, files)
      #expect(sampled() == 64 && rig.record("/proc/diskstats").leftOut == 5)
      #expect(!rig.readings.keys.contains { $0.contains("p1") })
    }
    try rig.kernel.write("sys/block/sd0/size", "8")
    rig.tick(wanted: files)
    #expect(rig.readings["\(read) read sd0"] == nil)
    look(rig, files)
    #expect(rig.readings["\(read) read sd0"] == 1 && rig.record("/proc/diskstats").leftOut == 6)
  }

  @Test("devices and sensors beyond the limits stay counted at every look")
  func tooMany() throws {
    let rig = try Rig()
    for number in 100..<170 { try rig.kernel.write("sys/block/sd\(number)/size", "8") }
    for number in 0..<300 {
      try rig.kernel.write("sys/class/hwmon/hwmon0/temp\(number)_input", "5")
    }
    try rig.kernel.write("sys/class/hwmon/hwmon0/name", "many")
    let files: Set = ["/sys/block", "/sys/class/hwmon"]
    for _ in 0..<3 {
      look(rig, files)
      #expect(rig.readings.keys.count { $0.hasPrefix("system.disk.limit") } == 64)
      #expect(rig.readings.keys.count { $0.hasPrefix("hw.temperature") } == 256)
      #expect(rig.record("/sys/block").leftOut == 6 && rig.record("/sys/class/hwmon").leftOut == 1)
    }
    rig.tick(wanted: [])
    #expect(rig.record("/sys/block").leftOut == 0)
  }

  @Test("a name with a slash is one disk in both places, and one pattern is for both")
  func slash() throws {
    var rules = DeviceRules()
    for deny in [[], ["cciss/*"]] {
      rules.disks.deny = deny
      let rig = try Rig(devices: rules)
      try rig.kernel.write("proc/diskstats", "104 0 cciss/c0d0 1 0 0 0 0 0 0 0 0 0 0\n")
      try rig.kernel.write("sys/block/cciss!c0d0/size", "8\n")
      look(rig, ["/sys/block", "/proc/diskstats"])
      #expect(rig.readings["system.disk.limit cciss/c0d0"] == (deny.isEmpty ? 4096 : nil))
      #expect(rig.readings.count == (deny.isEmpty ? 10 : 0))
    }
  }

  @Test("a hundred rounds of plugging and unplugging leave no file open")
  func descriptors() throws {
    let rig = try Rig("industrial-x86")
    func open() -> Int {
      let folder = "/proc/self/fd"
      let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      return files.compactMap {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
      }
      .count { $0.contains(rig.kernel.path) }
    }
    look(rig, allFiles)
    let before = open()
    #expect(before > 40)
    let chip = "sys/class/hwmon/hwmon2"
    let target = try FileManager.default.destinationOfSymbolicLink(atPath: rig.kernel.path(chip))
    let readings = rig.readings
    for _ in 0..<100 {
      try rig.kernel.remove(chip)
      look(rig, allFiles)
      #expect(open() < before)
      try link(rig, chip, to: target)
      look(rig, allFiles)
    }
    #expect(open() == before)
    let slow = ["system.network.connection", "system.process.count", "system.filesystem.lock"]
    #expect(rig.readings == readings.filter { label, _ in !slow.contains { label.hasPrefix($0) } })
  }
}
