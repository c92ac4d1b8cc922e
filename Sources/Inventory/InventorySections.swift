// What a dump tells about the machine, section by section.
//
//   section        what is in it, and where it comes from
//   hardware       maker, model, board and firmware (/sys/class/dmi/id, /proc/device-tree), the processor's model
//                  (/proc/cpuinfo). Never serial numbers, UUIDs and asset tags.
//   kernel         release, version, taints, the command line's harmless part (/proc/cmdline), settings
//                  (/proc/sys), modules (/proc/modules), uptime.
//   packages       the system (/etc/os-release) and the versions of its packages (dpkg-query(1)).
//   services       the product's units and the agent's: state, restarts, exit code, limits (systemctl(1)); memory,
//                  processor, disk and processes by their control groups (/sys/fs/cgroup).
//   units          failed units, the service manager's own state, the agent's timer (systemctl(1)).
//   components     processors, frequencies, memory and its errors, PCI and USB devices by number (/sys).
//   mounts         file systems, how full they are (statvfs(3)), harmless mount options, counted errors. Never the
//                  name of a server, a share or a user.
//   block-devices  disks, their queues, what they did and refused, RAID and partitions (/sys/block,
//                  /proc/diskstats). Never serial numbers and world-wide names.
//   network        interfaces, links, counters, faults; addresses and routes by family, scope and length of the
//                  prefix; protocols' counters; how many name servers (/sys/class/net, /proc/net, /etc/resolv.conf).
//                  Never hardware addresses; addresses only where the consent keeps host.ip.
//   pressure       who waits for processor, memory and disk: the machine, the product's units (PSI).
//   memory         the kernel's account, swap, the largest processes by program (/proc). Never command lines.
//   processes      how many in which state, which wait for a device and where, which take the processor.
//   thermal        thermal zones and trip points, sensors with their limits, cooling, slowed processors.
//   power          supplies, batteries, watchdogs, what the board's firmware says of its voltage.
//   clock          the clocks, who keeps them, how wrong they may be, the clock that runs while the power is off.
//   logs-agent     the journal of accordd.service and accord-upload.service (journalctl(1)).
//   logs-product   the journal of the product's units.
//   logs-kernel    warnings and worse of the kernel.
//
// The last three are free text, and only in a dump that was asked for with its logs. A section is left out where the
// agreement does not cover its source, or where a signal that it shows is withheld. No rule can tell what free text is
// about: the kernel's may name a device whose readings are withheld.

internal import Telemetry

package enum InventorySections {
  package static let all: [InventorySection] = product + environment + agent + logs

  private static let product: [InventorySection] = [
    InventorySection(
      "hardware", "What the appliance is", .product, signals: ["device.*", "host.arch"],
      collect: HardwareSection.collect),
    InventorySection(
      "kernel", "The kernel, and how it was started and set", .product,
      signals: ["accord.kernel.release", "system.uptime"], collect: KernelSection.collect),
    InventorySection(
      "packages", "The system and its packages", .product, signals: ["os.*"],
      secondsMax: InventoryLimits.programSectionSecondsMax, collect: PackagesSection.collect),
    InventorySection(
      "services", "The product's services and the agent's", .product,
      secondsMax: InventoryLimits.programSectionSecondsMax, collect: ServicesSection.collect),
    InventorySection(
      "units", "Units that failed", .product,
      secondsMax: InventoryLimits.programSectionSecondsMax, collect: UnitsSection.collect),
  ]

  private static let environment: [InventorySection] = [
    InventorySection(
      "components", "Processors, memory and devices on the buses", .environment,
      signals: [
        "system.cpu.logical.count", "system.cpu.physical.count", "system.cpu.frequency",
        "system.memory.limit",
      ], collect: ComponentsSection.collect),
    InventorySection(
      "mounts", "File systems", .environment, signals: ["system.filesystem.*"],
      collect: MountsSection.collect),
    InventorySection(
      "block-devices", "Disks", .environment, signals: ["system.disk.*"],
      collect: BlockDevicesSection.collect),
    InventorySection(
      "network", "Network", .environment, signals: ["system.network.*"],
      collect: NetworkSection.collect),
    InventorySection(
      "pressure", "Who waits for what", .environment,
      signals: [
        "system.cpu.linux.pressure.*", "system.memory.linux.pressure.*",
        "system.io.linux.pressure.*", "system.irq.linux.pressure.*",
      ], secondsMax: InventoryLimits.programSectionSecondsMax, collect: PressureSection.collect),
    InventorySection(
      "memory", "Memory", .environment,
      signals: [
        "system.memory.usage", "system.memory.limit", "system.memory.linux.available",
        "system.memory.linux.shared", "system.memory.linux.slab.usage",
        "system.memory.linux.hugepages.*", "system.paging.*", "accord.oom_kill.count",
      ], collect: MemorySection.collect),
    InventorySection(
      "processes", "What runs", .environment,
      signals: ["system.process.*", "system.cpu.time", "system.cpu.load_average.*"],
      collect: ProcessesSection.collect),
    InventorySection(
      "thermal", "Heat and sensors", .environment,
      signals: [
        "hw.temperature", "hw.temperature.limit", "hw.fan.*", "hw.voltage", "hw.voltage.limit",
        "hw.power", "hw.energy", "hw.status",
      ], collect: ThermalSection.collect),
    InventorySection(
      "power", "Power supplies, batteries and watchdogs", .environment,
      signals: ["hw.battery.*", "hw.status", "hw.voltage", "hw.power", "hw.energy"],
      collect: PowerSection.collect),
  ]

  /// Whether a time stamp can be trusted is part of reading any dump.
  private static let agent: [InventorySection] = [
    InventorySection(
      "clock", "Clocks", nil, secondsMax: InventoryLimits.programSectionSecondsMax,
      collect: ClockSection.collect)
  ]

  private static let logs: [InventorySection] = [
    InventorySection(
      "logs-agent", "The agent's journal", nil, isLog: true,
      secondsMax: InventoryLimits.programSectionSecondsMax, collect: JournalSections.collectAgent),
    InventorySection(
      "logs-product", "The journal of the product's units", .product, isLog: true,
      secondsMax: InventoryLimits.journalSectionSecondsMax, collect: JournalSections.collectProduct),
    InventorySection(
      "logs-kernel", "Warnings of the kernel", .environment, isLog: true,
      secondsMax: InventoryLimits.programSectionSecondsMax, collect: JournalSections.collectKernel),
  ]
}
