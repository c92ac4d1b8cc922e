import Inventory
import Telemetry
import Testing

@Suite("What each section shows of a machine that has everything")
struct SectionTests {
  private let machine: MadeMachine

  init() throws { machine = try fullMachine() }

  @Test("hardware: maker, product, firmware and processor")
  func hardware() {
    let content = machine.collect("hardware")
    let appliance = content.fields("Appliance")
    #expect(appliance["maker"] == "Maker AG" && appliance["product"] == "Box 9")
    #expect(appliance["firmware version"] == "1.4.2" && appliance["firmware date"] == "03/01/2024")
    #expect(content.fields("Processor") == ["model": "Chip 7"])
  }

  @Test("kernel: release, taints in words, uptime, start, settings and modules")
  func kernel() {
    let content = machine.collect("kernel")
    let kernel = content.fields("Kernel")
    #expect(kernel["release"] == "6.1.0" && kernel["up for"] == "1 d 2 h 3 min (93784 s)")
    #expect(kernel["started at, by its clock"] == "2025-11-26T00:00:00Z")
    #expect(
      kernel["tainted because"]
        == "a proprietary module was loaded; a module from outside the kernel's tree was loaded")
    #expect(content.rows("Settings") == [["name": "vm.swappiness", "value": "60"]])
    #expect(content.rows("Modules").map { $0["name"] } == ["usbhid", "wifi"])
    #expect(content.row("Modules", "name", "wifi")["taints"] == "(OE)")
  }

  @Test("kernel: of the command line only what is harmless")
  func commandLine() {
    let line = machine.collect("kernel").fields("Command line")
    #expect(line["root"] == "by UUID" && line["console"] == "ttyS0,115200" && line["panic"] == "10")
    #expect(line["quiet"] == "" && line["ro"] == "")
    #expect(line["values left out of"] == "ip token init BOOT_IMAGE")
    // A word that nobody knows, the hyphens, and two words for another program.
    #expect(line["words left out"] == "4")
  }

  @Test("packages: the named keys of os-release, without quotes")
  func packages() {
    let system = machine.collect("packages").fields("System")
    #expect(system == ["NAME": "Appliance OS", "VERSION_ID": "4.2"])
  }

  @Test("services: memory, processor, disk and lost processes of a unit's control group")
  func services() {
    let content = machine.collect("services", units: ["product"])
    let usage = content.row("What they take", "unit", "product.service")
    #expect(usage["memory"] == "1.0 MiB" && usage["limit"] == "none")
    #expect(usage["processor time"] == "2.5 s")
    #expect(usage["read"] == "1.0 KiB" && usage["written"] == "2.0 KiB")
    #expect(
      content.rows("Memory they ran out of")
        == [["unit": "product.service", "event": "oom_kill", "times": "4"]])
  }

  @Test("components: processors, memory errors, and devices by number")
  func components() {
    let content = machine.collect("components")
    let counts = content.fields("Processors and memory")
    #expect(counts["processors running"] == "1" && counts["cores"] == "1")
    #expect(counts["memory"] == "2.0 GiB")
    #expect(content.row("Memory errors", "controller", "mc0")["uncorrected"] == "1")
    let pci = content.row("PCI devices", "slot", "0000:00:1f.2")
    #expect(pci["maker:device"] == "8086:1c02" && pci["class"] == "010601")
    #expect(content.row("USB devices", "port", "1-1")["maker:product"] == "046d:c52b")
  }

  @Test("mounts: how full they are, harmless options only, and counted errors")
  func mounts() {
    let content = machine.collect("mounts")
    let root = content.row("File systems", "mounted at", "/")
    #expect(root["device"] == "/dev/sda2" && root["size"] == "3.9 MiB")
    // 600 blocks are used and 300 free for everybody: as df(1) has it.
    #expect(root["used"] == "66.6 %" && root["inodes used"] == "40.0 %")
    #expect(root["options"] == "relatime,errors=remount-ro")
    let share = content.row("File systems", "mounted at", "/mnt/share")
    #expect(share["device"] == "cifs" && share["options"] == "vers=3.0,and 5 left out")
    #expect(content.row("File systems", "mounted at", "/mnt/by-id")["device"] == "ext4")
    #expect(content.fields("File systems of the kernel") == ["mounted": "proc 1"])
    let errors = content.row("Errors that file systems have counted", "file system", "/dev/sda2")
    #expect(errors["errors"] == "7" && errors["first at"] == "2025-11-26T00:00:00Z")
  }

  @Test("mounts: what another mount covers has no fullness of its own")
  func coveredMounts() throws {
    let machine = try fullMachine()
    try machine.add([
      "/proc/self/mountinfo": """
      20 1 8:2 / / rw - ext4 /dev/sda2 rw
      21 20 8:3 / /data rw - ext4 /dev/sda3 rw
      22 21 8:4 / /data rw - ext4 /dev/sda4 rw
      """,
      "/statvfs": "4096 1000 400 300 100 60 /data\n",
    ])
    let rows = machine.collect("mounts").rows("File systems")
    #expect(rows.map { $0["device"] } == ["/dev/sda2", "/dev/sda3", "/dev/sda4"])
    #expect(rows.map { $0["size"] } == ["-", "-", "3.9 MiB"])
  }

  @Test("block-devices: what they are, did and refused")
  func blockDevices() {
    let content = machine.collect("block-devices")
    let disk = content.row("Disks", "device", "sda")
    #expect(disk["size"] == "1.0 GiB" && disk["kind"] == "flash" && disk["model"] == "Disk 5")
    #expect(disk["scheduler"] == "mq-deadline")
    let did = content.row("What they did since the start", "device", "sda")
    #expect(did["read"] == "1.0 MiB" && did["ms a read"] == "5" && did["ms a write"] == "2")
    #expect(content.row("Faults and wear", "device", "sda")["value"] == "31")
    #expect(content.row("Joined disks", "device", "dm-0")["name"] == "/dev/mapper/vg-root")
    #expect(content.row("Partitions", "device", "sda1")["size"] == "512.0 KiB")
  }

  @Test("network: links, faults, and addresses by family, scope and prefix")
  func network() {
    let content = machine.collect("network")
    let link = content.row("Interfaces", "interface", "eth0")
    #expect(link["state"] == "down" && link["changes"] == "812" && link["driver"] == "e1000e")
    #expect(content.row("Faults of interfaces", "interface", "eth0")["rx errors"] == "12")
    let addresses = content.rows("Addresses")
    #expect(addresses.map { $0["family"] } == ["IPv4", "IPv6"])
    #expect(addresses.map { $0["prefix"] } == ["/24", "/64"])
    #expect(addresses.allSatisfy { $0["address"] == "" })
    #expect(content.row("Routes", "kind", "default, gateway")["smallest metric"] == "100")
    let near = content.row("Neighbours on the link", "interface", "eth0")
    #expect(near["answering"] == "1" && near["silent"] == "1")
    #expect(content.fields("Names")["name servers on this machine"] == "1")
    #expect(
      content.fields("Protocols, since the start") == [
        "Tcp.ActiveOpens": "5", "Tcp.RetransSegs": "6",
      ])
  }

  @Test("network: an address stands there only where the consent keeps host.ip")
  func addresses() {
    let content = collect("network", root: machine.root) { _, value in value }
    #expect(
      content.rows("Addresses").map { $0["address"] }
        == ["192.0.2.13", "2001:0db8:0000:0000:0000:0000:0000:0013"])
    #expect(!machine.collect("network").text.contains("192.0.2."))
  }

  @Test("pressure: the machine's and the product's units'")
  func pressure() {
    let content = machine.collect("pressure", units: ["product.service"])
    let cpu = content.row("Machine", "waiting for", "cpu")
    #expect(cpu["10 s"] == "1.50 %" && cpu["in all"] == "2.5 s")
    let service = content.row("Services", "service", "product.service")
    #expect(service["waiting for"] == "memory" && service["who"] == "full")
  }

  @Test("memory: the account, swap, and the largest processes by program")
  func memory() {
    let content = machine.collect("memory")
    #expect(content.fields("Memory") == ["MemTotal": "2.0 GiB", "MemFree": "1.0 MiB"])
    #expect(content.fields("Memory, since the start")["oom_kill"] == "3")
    #expect(content.row("Swap", "device", "/dev/sda3")["used"] == "512.0 MiB")
    let largest = content.row("Largest processes", "program", "disk-writer")
    #expect(largest["in memory"] == "19.5 MiB" && largest["at most"] == "29.2 MiB")
  }

  @Test("processes: who waits for a device, and where in the kernel")
  func processes() {
    let content = machine.collect("processes")
    #expect(content.fields("Processes")["waiting for a device"] == "1")
    #expect(content.fields("Processes")["load, 1, 5 and 15 min"] == "4.00 3.00 2.00")
    #expect(
      content.rows("Waiting for a device")
        == [["program": "disk-writer", "process": "77", "in": "nfs_wait_bit_killable"]])
    #expect(
      content.row(
        "Processor time, by program, of those that run", "program", "disk-writer")["time"] == "5 s")
  }

  @Test("thermal: trip points, sensors with limits that are limits, throttling")
  func thermal() {
    let content = machine.collect("thermal")
    let zone = content.row("Thermal zones", "zone", "thermal_zone0")
    #expect(zone["now"] == "91.5 °C" && zone["trip points"] == "critical 90 °C")
    let sensor = content.row("Sensors", "sensor", "chip.656/temp1")
    #expect(sensor["value"] == "48 °C" && sensor["critical"] == "-" && sensor["says"] == "alarm")
    #expect(content.row("Cooling devices", "kind", "fan")["state"] == "3")
    #expect(
      content.row("Processors slowed down by heat", "processor", "cpu0")["core, times"] == "55")
  }

  @Test("power: batteries, the watchdog's last word and the board's")
  func power() {
    let content = machine.collect("power")
    #expect(
      content.fields("Power supply BAT0") == [
        "kind": "Battery", "energy when full": "20 Wh", "temperature": "38.7 °C",
      ])
    #expect(content.row("Watchdogs", "watchdog", "watchdog0")["last start by it"] == "yes")
    #expect(
      content.fields("Board")["firmware says"]
        == "too little voltage now, too little voltage since the start, slowed down since the start"
    )
  }

  @Test("clock: the zone and the clock that runs while the power is off, of another machine's tree")
  func clock() {
    let content = machine.collect("clock")
    #expect(content.fields("Zone")["time zone"] == "Europe/Vienna")
    #expect(content.fields("Clocks").isEmpty, "the clocks of this machine are not the tree's")
    let rows = content.rows("Clocks that run while the machine is off")
    #expect(rows.map { $0["says, UTC"] } == ["1970-01-01T00:00:12Z"])
    #expect(rows[0]["ahead of the wall clock"] == "-")
  }

  @Test("every section's signals are patterns of the catalog, of the section's own source")
  func signals() {
    for section in InventorySections.all {
      for pattern in section.signals {
        let matched = Catalog.signals.filter { signal in
          pattern.hasSuffix("*")
            ? signal.name.hasPrefix(pattern.dropLast()) : signal.name == pattern
        }
        #expect(!matched.isEmpty, "\(section.name): \(pattern)")
        if let source = section.source {
          #expect(matched.allSatisfy { $0.source == source }, "\(section.name): \(pattern)")
        }
      }
    }
  }

  @Test("names are different and can be names of files; only journals are free text")
  func names() {
    let sections = InventorySections.all
    #expect(Set(sections.map(\.name)).count == sections.count)
    for section in sections {
      #expect(section.name.allSatisfy { $0.isLowercase || $0 == "-" }, "\(section.name)")
      #expect(section.isLog == section.name.hasPrefix("logs-"))
    }
  }
}
