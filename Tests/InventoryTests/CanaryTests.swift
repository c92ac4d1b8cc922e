import Inventory
import Testing

@Suite("What lies beside what a section reads")
struct CanaryTests {
  private let machine: MadeMachine

  init() throws { machine = try fullMachine() }

  @Test("no canary of more than sixty is in the text of any section")
  func canaries() {
    for section in InventorySections.all {
      let text = machine.collect(section.name, units: ["product"]).text
      #expect(!text.contains(canaryWord), "\(section.name): \(text)")
    }
  }

  @Test("the canaries can be found: some stand in files that sections do read")
  func planted() {
    let planted = toldFiles.values.filter { $0.contains(canaryWord) }
    #expect(planted.count > 45)
  }

  @Test(
    "a name that the consent drops takes its row along",
    arguments: [
      ("network", "network.interface.name", "eth0"),
      ("mounts", "system.filesystem.mountpoint", "/mnt/share"),
      ("block-devices", "system.device", "sda"), ("thermal", "hw.name", "soc"),
      ("power", "hw.id", "BAT0"),
      ("memory", "system.device", "/dev/sda3"),
    ])
  func dropped(section: String, key: String, value: String) {
    let whole = collect(section, root: machine.root).text
    #expect(whole.contains(value))
    let text = collect(section, root: machine.root) { name, text in
      name == key || name == "host.ip" ? nil : text
    }.text
    #expect(!text.contains(value), "\(text)")
  }

  @Test("what another section tells is in none where it is withheld")
  func withheld() {
    let root = machine.root
    let (memory, power) = (collect("memory", root: root), collect("power", root: root))
    #expect(!memory.rows("Largest processes").isEmpty && power.text.contains("temperature"))
    let withheld = { @Sendable (signals: String) in
      signals != "system.process.*" && signals != "hw.temperature"
    }
    #expect(collect("memory", root: root, permits: withheld).rows("Largest processes").isEmpty)
    #expect(!collect("power", root: root, permits: withheld).text.contains("temperature"))
  }

  @Test("a name that the consent hashes is hashed everywhere")
  func hashed() {
    for section in InventorySections.all.map(\.name) {
      let text = collect(section, root: machine.root, units: ["product"]) { key, value in
        switch key {
        case "host.ip": nil
        case "network.interface.name", "system.device", "hw.id", "hw.name":
          "hash-of-\(value.utf8.count)"
        default: value
        }
      }.text
      for name in ["eth0", "sda", "BAT0", "chip.656", "lm75"] {
        #expect(!text.contains(name), "\(section): \(name)\n\(text)")
      }
    }
  }

  @Test("file systems' own sources: no server, no share, no user, no disk's serial number")
  func sources() {
    let text = machine.collect("mounts").text
    for word in ["//", "@", "by-id/", "username", "password", "credentials"] {
      #expect(!text.replacing("/mnt/by-id", with: "").contains(word), "\(word)")
    }
  }
}
