import Foundation
import Inventory
import Testing

@testable import Inventory

@Suite("Captured machines")
struct CapturedMachineTests {
  @Test(
    "every section of every captured machine is made without a problem",
    arguments: [
      "industrial-x86", "small-arm64", "container",
    ])
  func whole(machine: String) {
    for section in InventorySections.all {
      let content = collect(section.name, root: captured(machine), units: ["product"])
      let expected =
        section.name == "pressure" && machine != "industrial-x86"
        ? ["this kernel does not count pressure (CONFIG_PSI, psi=1)"] : []
      #expect(content.problems == expected, "\(machine) \(section.name)")
    }
  }

  @Test("a line controller: what it is, its full disk, its faulty sensor, its swap and its UPS")
  func industrial() {
    let root = captured("industrial-x86")
    let appliance = collect("hardware", root: root).fields("Appliance")
    #expect(
      appliance["maker"] == "Example Automation GmbH" && appliance["product"] == "EA-IPC 4020")
    #expect(appliance["product family"] == nil, "\"To be filled by O.E.M.\" is no name")
    let recordings = collect("mounts", root: root).row(
      "File systems", "mounted at", "/srv/recordings")
    #expect(recordings["used"] == "75.3 %" && recordings["device"] == "/dev/nvme0n1p1")
    let plant = collect("mounts", root: root).row("File systems", "mounted at", "/mnt/plant")
    #expect(plant["device"] == "nfs4" && plant["used"] == "68.4 %")
    let sensors = collect("thermal", root: root)
    #expect(sensors.row("Sensors", "sensor", "nct6775.656/temp2")["says"] == "alarm fault")
    #expect(
      sensors.row("Sensors", "sensor", "nvme0/temp2")["high"] == "-", "65261.85 °C is no limit")
    #expect(collect("memory", root: root).fields("Memory, since the start")["oom_kill"] == "3")
    #expect(collect("power", root: root).fields("Power supply BAT0")["kind"] == "UPS")
    let disks = collect("block-devices", root: root).rows("Disks").map { $0["device"] }
    #expect(
      disks == ["dm-0", "dm-1", "nvme0n1", "sda", "sdb", "zram0"]
        || disks == ["dm-0", "dm-1", "nvme0n1", "sda", "sdb"])
  }

  @Test(
    "a board with an old kernel: device tree, read-only root, a swap file with a blank in its name")
  func board() {
    let root = captured("small-arm64")
    let appliance = collect("hardware", root: root).fields("Appliance")
    #expect(appliance["model"] == "Example Boards Tiny64 Rev B")
    #expect(appliance["compatible"] == "example-boards,tiny64 allwinner,sun50i-a64")
    let mounts = collect("mounts", root: root)
    #expect(mounts.row("File systems", "mounted at", "/")["mode"] == "ro")
    #expect(mounts.row("File systems", "mounted at", "/srv/www")["mode"] == "ro here")
    #expect(
      collect("memory", root: root).row("Swap", "device", "/data/swap file")["size"] == "255.9 MiB")
  }

  @Test("programs that choose their names: brackets, blanks and states inside them are names")
  func programs() {
    let content = collect("processes", root: captured("industrial-x86"))
    #expect(content.fields("Processes")["processes"] == "12")
    #expect(content.rows("Waiting for a device").map { $0["program"] } == ["jbd2/dm-0-8"])
    let times = content.rows("Processor time, by program, of those that run").map { $0["program"] }
    #expect(times.contains("control) R ("))
  }
}

@Suite("The machine that runs the tests")
struct LiveMachineTests {
  @Test("every section but the journals is made, and says what the machine's own files say")
  func live() throws {
    for section in InventorySections.all where !section.isLog {
      let content = collect(section.name, root: "", units: ["product"])
      #expect(!content.text.isEmpty, "\(section.name)")
    }
    let release = try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
    #expect(collect("kernel", root: "").fields("Kernel")["release"] == release.trimmed)
    let mounts = collect("mounts", root: "")
    let root = mounts.rows("File systems").first { $0["mounted at"] == "/" }
    #expect(root?["size"].map { $0 != "-" } == true, "the root file system was asked")
    let interfaces = try FileManager.default.contentsOfDirectory(atPath: "/sys/class/net")
    let shown = collect("network", root: "").rows("Interfaces").compactMap { $0["interface"] }
    #expect(Set(shown).isSubset(of: interfaces) && shown.contains("lo"))
    let busy = collect("processes", root: "").blocks.contains { block in
      if case .table(let title, _, _) = block {
        title.hasPrefix("Processor time during ")
      } else {
        false
      }
    }
    #expect(busy)
    #expect(collect("clock", root: "").fields("Clocks")["synchronised"] != nil)
  }

  @Test("no section of it names the machine, its hardware addresses or its boot")
  func identities() throws {
    var secrets = [
      try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8).trimmed
    ]
    for interface in try FileManager.default.contentsOfDirectory(atPath: "/sys/class/net") {
      let address = try? String(
        contentsOfFile: "/sys/class/net/\(interface)/address", encoding: .utf8)
      if let address = address?.trimmed, address.contains(where: { $0 != "0" && $0 != ":" }) {
        secrets.append(address)
      }
    }
    if let machine = try? String(contentsOfFile: "/etc/machine-id", encoding: .utf8).trimmed,
      !machine.isEmpty
    {
      secrets.append(machine)
    }
    for section in InventorySections.all where !section.isLog {
      let text = collect(section.name, root: "").text
      for secret in secrets { #expect(!text.contains(secret), "\(section.name)") }
    }
  }
}
