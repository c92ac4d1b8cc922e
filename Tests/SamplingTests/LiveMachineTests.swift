import Foundation
import Linux
import Sampling
import Telemetry
import Testing

@Suite("The machine that runs the tests")
struct LiveMachineTests {
  private func words(_ file: String, line prefix: String = "") throws -> [String] {
    let content = try #require(FileManager.default.contents(atPath: file))
    let lines = String(decoding: content, as: UTF8.self).split(separator: "\n")
    let line = try #require(lines.first { $0.drop { $0 == " " }.hasPrefix(prefix) })
    return line.split { $0 == " " || $0 == ":" }.map(String.init)
  }

  /// One number of the kernel's own files before and after a sample.
  private struct Kept {
    let label: String
    let file: String
    let line: String
    let column: Int
    /// What one unit of the file is in readings.
    var factor: Double = 1
  }

  private static let kept = [
    Kept(label: "system.cpu.time user", file: "/proc/stat", line: "cpu ", column: 1),
    Kept(label: "system.cpu.time system", file: "/proc/stat", line: "cpu ", column: 3),
    Kept(label: "system.process.created", file: "/proc/stat", line: "processes", column: 1),
    Kept(label: "system.uptime", file: "/proc/uptime", line: "", column: 0, factor: 100),
    Kept(
      label: "system.memory.limit", file: "/proc/meminfo", line: "MemTotal:", column: 1,
      factor: 1024),
    Kept(label: "system.network.io lo receive", file: "/proc/net/dev", line: "lo:", column: 1),
    Kept(
      label: "system.network.packet.count lo transmit", file: "/proc/net/dev", line: "lo:",
      column: 10),
  ]

  private func number(_ kept: Kept) throws -> Int64 {
    let words = try words(kept.file, line: kept.line)
    return Int64((try #require(Double(words[kept.column])) * kept.factor).rounded())
  }

  @Test("readings lie between the kernel's own numbers before and after")
  func between() throws {
    let rig = LiveRig()
    let before = try Self.kept.map(number)
    let readings = rig.tick()
    let after = try Self.kept.map(number)
    for (position, kept) in Self.kept.enumerated() {
      let reading = try #require(readings[kept.label])
      #expect((before[position]...after[position]).contains(reading), "\(kept.label)")
    }
  }

  @Test("there are as many processors and interfaces as the kernel lists")
  func counts() throws {
    let readings = LiveRig().tick()
    #expect(readings["system.cpu.logical.count"] == Int64(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    let content = try #require(FileManager.default.contents(atPath: "/proc/net/dev"))
    let interfaces = content.filter { $0 == UInt8(ascii: "\n") }.count - 2
    #expect(
      readings.keys.filter { $0.hasPrefix("system.network.io") }.count == 2 * min(64, interfaces))
  }

  private final class LiveRig {
    private var sampler: Sampler

    init() {
      var rules = DeviceRules()
      rules.interfaces.deny = []
      sampler = Sampler(root: KernelRoot("/"), devices: rules)
    }

    func tick() -> [String: Int64] {
      sampler.takeSample(atBootTimeMilliseconds: 1, wanted: allFiles) { _ in }
      var readings: [String: Int64] = [:]
      for (position, series) in sampler.sample.series.enumerated() {
        readings[series.label] = sampler.sample.value(at: position)
      }
      return readings
    }
  }
}
