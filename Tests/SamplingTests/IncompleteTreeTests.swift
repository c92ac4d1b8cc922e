import Foundation
import Sampling
import Telemetry
import TestSupport
import Testing

@Suite("Machines of which something is missing")
struct IncompleteTreeTests {
  /// The folders and files of a tree that the probes look at, each with the signals that come from it.
  private static func origins(of path: String) -> Set<String> {
    let origins = allFiles.filter { ("/" + path).hasPrefix($0) || path == String($0.dropFirst()) }
    return path.hasSuffix("/stat") && path != "proc/stat"
      ? ["/proc/[pid]/stat"]
      : path == "statvfs"
        ? ["/proc/self/mountinfo"]
        // Without a folder of its own a disk is a partition.
        : path.hasPrefix("sys/") && path.contains("/block/")
          ? ["/sys/block", "/proc/diskstats"]
          // Behind their links, sensors of all classes stand in one folder.
          : path.hasPrefix("sys/devices/") && !path.hasPrefix("sys/devices/system/cpu")
            ? ["/sys/class/hwmon", "/sys/class/thermal", "/sys/class/power_supply"] : origins
  }

  @Test(
    "whatever is missing or cut short, the files that were not touched say what they said",
    arguments: machines, seeds.prefix(8))
  func untouched(machine: String, seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let rig = try Rig(machine)
    rig.tick()
    let whole = rig.readings
    let root = URL(fileURLWithPath: rig.kernel.path)
    let files = try #require(FileManager.default.enumerator(atPath: root.path)).compactMap {
      $0 as? String
    }
    .filter { path in
      let values = try? root.appendingPathComponent(path).resourceValues(forKeys: [
        .isRegularFileKey
      ])
      return values?.isRegularFile == true
    }
    var touched: Set<String> = []
    for file in files.sorted().shuffled(using: &generator).prefix(8) {
      touched.formUnion(Self.origins(of: file))
      if Bool.random(using: &generator) {
        try rig.kernel.remove(file)
      } else {
        let content = fixture(machine, file) ?? []
        let length = Int.random(in: 0...content.count, using: &generator)
        try rig.kernel.write(file, content.prefix(length))
      }
    }
    for _ in 0..<2 {
      rig.sampler.refresh(wanted: allFiles)
      rig.tick(afterSeconds: 3600)
      let now = rig.readings
      for (label, value) in whole {
        let origins = Catalog.signal(String(label.prefix { $0 != " " }))!.origins
        guard touched.isDisjoint(with: origins) else { continue }
        #expect(now[label] == value, "seed \(seed): \(label) although only \(touched) were touched")
      }
      for label in now.keys where whole[label] == nil {
        let origins = Catalog.signal(String(label.prefix { $0 != " " }))!.origins
        #expect(!touched.isDisjoint(with: origins), "seed \(seed): \(label) came from nowhere")
      }
    }
  }
}
