import Foundation
import Inventory
import Testing

@Suite("Files that are not what they seem")
struct HostileTreeTests {
  @Test(
    "a pipe in the place of a file costs only itself",
    arguments: [
      ("memory", "/proc/meminfo", "Swap"),
      ("mounts", "/proc/self/mountinfo", "Errors that file systems have counted"),
      ("network", "/sys/class/net/eth0/operstate", "Interfaces"),
      ("thermal", "/sys/class/hwmon/hwmon0/temp1_input", "Sensors"),
    ])
  func pipes(section: String, path: String, remains: String) throws {
    let machine = try fullMachine()
    try FileManager.default.removeItem(atPath: machine.root + path)
    #expect(mkfifo(machine.root + path, 0o600) == 0)
    let content = machine.collect(section)
    #expect(content.problems == ["\(path) is a pipe, not a file: not read"])
    #expect(!content.rows(remains).isEmpty)
  }

  @Test(
    "a path that could not be read names a device as the consent lets it be named",
    arguments: [
      ("network", "/sys/class/net/", "eth0", "/mtu", "network.interface.name"),
      ("block-devices", "/sys/block/", "sda", "/size", "system.device"),
      ("power", "/sys/class/power_supply/", "BAT0", "/energy_full", "hw.id"),
      ("power", "/sys/class/power_supply/", "psy-USBC000:001", "/status", "hw.id"),
    ])
  func redacted(section: String, folder: String, name: String, file: String, key: String) throws {
    let machine = try fullMachine()
    let path = machine.root + folder + name + file
    try machine.add([folder + name + file: ""])
    try FileManager.default.removeItem(atPath: path)
    #expect(mkfifo(path, 0o600) == 0)
    for shown in ["a-hash", nil] {
      let content = collect(section, root: machine.root) { $0 == key ? shown : $1 }
      #expect(!content.problems.contains { $0.contains(name) })
      #expect(
        shown == nil
          || content.problems == ["\(folder)a-hash\(file) is a pipe, not a file: not read"])
    }
  }

  @Test("one fault of many devices is told of some, and the rest are counted")
  func manyProblems() throws {
    let machine = try MadeMachine()
    for number in 1...45 {
      let folder = "/sys/class/net/eth\(number)"
      try machine.add([folder + "/mtu": "1500\n"])
      #expect(mkfifo(machine.root + folder + "/operstate", 0o600) == 0)
    }
    let problems = machine.collect("network").problems
    #expect(Set(problems).count == 41 && problems.last == "5 more of this kind")
  }

  @Test("a file without end is read up to its bound, and the section says so")
  func endless() throws {
    let machine = try fullMachine()
    let path = machine.root + "/proc/vmstat"
    try FileManager.default.removeItem(atPath: path)
    #expect(FileManager.default.createFile(atPath: path, contents: Data("oom_kill 3\n".utf8)))
    #expect(truncate(path, 1 << 40) == 0)
    let content = machine.collect("memory")
    #expect(content.problems == ["/proc/vmstat is longer than 1.0 MiB: the rest is left out"])
    #expect(content.fields("Memory, since the start")["oom_kill"] == "3")
  }

  @Test("a link to a device is not followed")
  func links() throws {
    let machine = try fullMachine()
    try FileManager.default.removeItem(atPath: machine.root + "/proc/meminfo")
    try machine.link("/proc/meminfo", to: "/dev/zero")
    #expect(
      machine.collect("memory").problems == ["/proc/meminfo: Too many levels of symbolic links"])
  }

  @Test("a link of the tree that leads out of it is nobody's file")
  func outward() throws {
    let machine = try MadeMachine()
    let other = try MadeMachine(["/secret": "NAME=outside\nnameserver 192.0.2.1\n"])
    try machine.link("/etc/os-release", to: other.root + "/secret")
    try machine.link("/etc/resolv.conf", to: other.root + "/secret")
    #expect(machine.collect("packages").blocks.isEmpty)
    #expect(machine.collect("network").blocks.isEmpty)
  }

  @Test(
    "a folder in the place of a file, and a file in the place of a folder, cost only themselves")
  func exchanged() throws {
    let machine = try fullMachine()
    try FileManager.default.removeItem(atPath: machine.root + "/proc/swaps")
    try FileManager.default.createDirectory(
      atPath: machine.root + "/proc/swaps", withIntermediateDirectories: true)
    #expect(
      machine.collect("memory").problems == ["/proc/swaps is a directory, not a file: not read"])
    try machine.add(["/sys/class/watchdog2": ""])
    try FileManager.default.removeItem(atPath: machine.root + "/sys/class/hwmon")
    try machine.add(["/sys/class/hwmon": "a file"])
    let content = machine.collect("thermal")
    #expect(content.rows("Sensors").isEmpty && content.rows("Thermal zones").count == 1)
  }

  @Test("names with line breaks, escapes and thousands of letters stay in their line and harmless")
  func names() throws {
    let machine = try fullMachine()
    let hostile = "a\nb\u{1B}[2J\u{202E}c\rd"
    try machine.add([
      "/proc/78/stat":
        "78 (\(hostile)) D 1 78 78 0 -1 0 0 0 0 0 300 200 0 0 20 0 4 0 1000 0 9000 0\n",
      "/sys/class/net/\(hostile)/mtu": "1500\n",
      "/sys/block/\(hostile)/size": "1024\n",
      "/sys/class/power_supply/\(hostile)/type": String(repeating: "long", count: 2500),
      "/sys/class/dmi/id/board_name": String(repeating: "n", count: 10_000),
      "/proc/self/mountinfo":
        "20 1 8:2 / /mnt/\\033[2J\\012 rw - ext4 /dev/\(String(repeating: "x", count: 10_000)) rw\n",
    ])
    for section in InventorySections.all {
      let text = machine.collect(section.name, units: [hostile, "--help", "../../etc"]).text
      #expect(
        text.unicodeScalars.allSatisfy {
          $0 == "\n" || ($0.value >= 0x20 && $0.value != 0x7F && $0.value != 0x202E)
        })
      #expect(text.split(separator: "\n").allSatisfy { $0.count < 2_000 }, "\(section.name)")
    }
    #expect(machine.collect("processes").text.contains("a\\u{A}b\\u{1B}[2J\\u{202E}c\\u{D}d"))
    #expect(machine.collect("mounts").text.contains("/mnt/\\u{1B}[2J\\u{A}"))
    #expect(
      machine.collect("services", units: [hostile, "--help"]).problems
        == ["a name that no unit can have is left out"])
  }

  @Test("numbers beyond all measure trap nowhere", arguments: 0..<4)
  func numbers(round: Int) throws {
    let machine = try fullMachine()
    let numbers = [
      "9223372036854775807", "-9223372036854775808", "99999999999999999999999", "",
    ]
    for (position, file) in toldFiles.sorted(by: { $0.key < $1.key }).enumerated() {
      let number = numbers[(position + round) % numbers.count]
      try machine.add([file.key: file.value.replacing(/[0-9]+/, with: number)])
    }
    for section in InventorySections.all {
      #expect(!machine.collect(section.name, units: ["product"]).text.isEmpty)
    }
  }

  @Test("a tree in which nothing is says nothing, and complains of nothing")
  func empty() throws {
    let machine = try MadeMachine()
    for section in InventorySections.all {
      let content = machine.collect(section.name, units: ["product"])
      #expect(content.blocks.isEmpty && content.problems.isEmpty, "\(section.name): \(content)")
    }
  }

  @Test("hundreds of devices are bounded, and the section says how many there are")
  func many() throws {
    let machine = try MadeMachine()
    for number in 0..<300 {
      try machine.add(["/sys/class/net/veth\(number)/mtu": "1500\n"])
    }
    let content = machine.collect("network")
    #expect(content.rows("Interfaces").count == InventoryLimits.rowsMax)
    #expect(content.problems == ["/sys/class/net has 300 entries: only 256 of them are looked at"])
  }
}
