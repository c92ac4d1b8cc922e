import Sampling
import Telemetry
import TestSupport
import Testing

/// The files whose every reading stands in this file; all others stand in Tests/ProgramTests/golden.
private let tabled: Set<String> = [
  "/proc/stat", "/proc/loadavg", "/proc/meminfo", "/proc/net/dev", "/proc/uptime",
]

@Suite("Whole machines")
struct MachineTests {
  @Test("an industrial PC: every reading of these files")
  func industrial() throws {
    let rig = try Rig("industrial-x86")
    rig.tick(wanted: tabled)
    #expect(rig.reports == [])
    let interfaces = rig.readings.filter { $0.key.hasPrefix("system.network") }
    #expect(interfaces == Self.industrialInterfaces)
    #expect(
      rig.readings.filter { !$0.key.hasPrefix("system.network") }
        == table(
          """
          system.cpu.time user 913842117
          system.cpu.time nice 48213
          system.cpu.time system 301457822
          system.cpu.time idle 25417730914
          system.cpu.time iowait 8812406
          system.cpu.time interrupt 4417823
          system.cpu.time steal 0
          system.cpu.logical.count 4
          system.process.created 41877309
          system.cpu.load_average.1m 247
          system.cpu.load_average.5m 193
          system.cpu.load_average.15m 108
          system.memory.usage used 4437274624
          system.memory.usage free 1212960768
          system.memory.usage buffers 729440256
          system.memory.usage cached 9643745280
          system.memory.limit 16615714816
          system.memory.linux.available 12178440192
          system.memory.linux.shared 145620992
          system.memory.linux.slab.usage reclaimable 1012133888
          system.memory.linux.slab.usage unreclaimable 264507392
          system.uptime 6662488137
          """))
  }

  private static let industrialInterfaces = interfaces(
    """
    lo 48112093877 122904411 0 0 48112093877 122904411 0 0
    enp1s0 8803771644120933 7120449112873 17 482113 1209448177302184 2204417730912 3 11
    enp2s0 91827364554 64482117 0 902 7723401887 19223847 0 0
    enp1s0.100 8614409227310448 7011837440117 0 214 1180223940081775 2190338114620 0 0
    br0 19077342118 48119022 0 5 8812007731 20117349 0 0
    wwan0 0 0 0 0 0 0 0 0
    """)

  /// Lines of "NAME" and eight counters: bytes, packets, errors, dropped of each direction.
  private static func interfaces(_ text: String) -> [String: Int64] {
    var expected: [String: Int64] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      for (offset, direction) in ["receive", "transmit"].enumerated() {
        for (column, signal) in ["io", "packet.count", "errors", "packet.dropped"].enumerated() {
          expected["system.network.\(signal) \(words[0]) \(direction)"] = Int64(
            words[1 + 4 * offset + column])
        }
      }
    }
    return expected
  }

  @Test("a small board with a kernel before 3.14: no MemAvailable, and so no memory in use")
  func small() throws {
    let rig = try Rig("small-arm64")
    rig.tick(wanted: tabled)
    #expect(rig.reports == [])
    #expect(
      rig.readings.filter { !$0.key.hasPrefix("system.network") }
        == table(
          """
          system.cpu.time user 58211
          system.cpu.time nice 0
          system.cpu.time system 23104
          system.cpu.time idle 4410927
          system.cpu.time iowait 1922
          system.cpu.time interrupt 884
          system.cpu.time steal 0
          system.cpu.logical.count 4
          system.process.created 8803
          system.cpu.load_average.1m 8
          system.cpu.load_average.5m 11
          system.cpu.load_average.15m 5
          system.memory.usage free 524603392
          system.memory.usage buffers 41078784
          system.memory.usage cached 216924160
          system.memory.limit 970469376
          system.memory.linux.shared 12804096
          system.memory.linux.slab.usage reclaimable 16805888
          system.memory.linux.slab.usage unreclaimable 22319104
          system.uptime 1123408
          """))
    #expect(
      rig.readings.filter { $0.key.hasPrefix("system.network") }
        == Self.interfaces(
          """
          enx02005e10a0b1 4012887 9120 0 14 812204 6103 0 0
          wlan0 0 0 0 0 0 0 0 0
          lo 91204 804 0 0 91204 804 0 0
          eth0 88120441 100233 1 0 10277312 71020 0 2
          """))
  }

  @Test("a container: what is not there is absent, what counts nothing is zero")
  func container() throws {
    let rig = try Rig("container")
    rig.tick(wanted: tabled)
    #expect(rig.reports == ["/proc/loadavg absent", "/proc/net/dev absent"])
    #expect(rig.record("/proc/loadavg").failures == 0)
    #expect(
      rig.readings
        == table(
          """
          system.cpu.time user 0
          system.cpu.time nice 0
          system.cpu.time system 0
          system.cpu.time idle 0
          system.cpu.time iowait 0
          system.cpu.time interrupt 0
          system.cpu.time steal 0
          system.cpu.logical.count 1
          system.process.created 0
          system.memory.usage used 23396352
          system.memory.usage free 2124087296
          system.memory.usage buffers 0
          system.memory.usage cached 10485760
          system.memory.limit 2147483648
          system.memory.linux.available 2124087296
          system.memory.linux.shared 0
          system.uptime 4190
          """))
  }

  @Test(
    "the facts of each machine",
    arguments: [
      (
        "industrial-x86",
        [
          "os.type=linux", "os.name=Debian GNU/Linux", "os.version=12",
          "os.description=Debian GNU/Linux 12 (bookworm)", "os.build_id=line-controller-2026.07.2",
          "accord.kernel.release=6.1.0-42-amd64", "host.arch=amd64", "host.name=line-controller",
          "device.manufacturer=Example Automation GmbH", "device.model.identifier=EA-IPC 4020",
        ]
      ),
      (
        "small-arm64",
        [
          "os.type=linux", "os.name=Buildroot", "os.version=2018.02.1",
          "os.description=Buildroot 2018.02.1", "accord.kernel.release=3.10.105",
          "host.name=buildroot", "device.manufacturer=example-boards",
          "device.model.identifier=example-boards,tiny64",
          "device.model.name=Example Boards Tiny64 Rev B",
        ]
      ),
      (
        "container",
        [
          "os.type=linux", "os.name=Wolfi", "os.description=Wolfi \"undistro\"",
          "accord.kernel.release=4.4.0", "host.name=b7f2c1d0a9e8",
        ]
      ),
    ])
  func facts(machine: String, expected: [String]) throws {
    let rig = try Rig(machine)
    #expect(rig.sampler.facts == [])
    rig.sampler.refresh(wanted: allFiles)
    #expect(rig.sampler.facts.map { "\($0.name)=\($0.value.text)" } == expected)
    rig.sampler.refresh(wanted: allFiles.subtracting(["/etc/os-release"]))
    #expect(
      rig.sampler.facts.map { "\($0.name)=\($0.value.text)" }
        == expected.filter { !$0.hasPrefix("os.") })
    rig.sampler.refresh(wanted: [])
    #expect(rig.sampler.facts == [])
  }

  @Test("an update of the system is seen at the next look")
  func update() throws {
    let rig = try Rig("small-arm64")
    rig.sampler.refresh(wanted: ["/etc/os-release"])
    try rig.kernel.write("etc/os-release", "NAME=Buildroot\nVERSION_ID=2026.08\n")
    rig.sampler.refresh(wanted: ["/etc/os-release"])
    #expect(rig.sampler.facts.map(\.value.text) == ["linux", "Buildroot", "2026.08"])
    try rig.kernel.remove("etc/os-release")
    rig.sampler.refresh(wanted: ["/etc/os-release"])
    #expect(rig.sampler.facts == [])
  }
}
