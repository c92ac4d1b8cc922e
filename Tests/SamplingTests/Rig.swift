import Foundation
import Linux
import Sampling
import Telemetry
import TestSupport

/// The kernel files of the catalog.
let allFiles = Set(Catalog.signals.flatMap(\.origins))

/// A sampler above a kernel that a test writes.
final class Rig {
  let kernel: TemporaryDirectory
  var sampler: Sampler
  /// What was reported in the last tick: "FILE OUTCOME", with the reason behind a failure.
  private(set) var reports: [String] = []
  private var time: Int64 = 0

  init(devices rules: DeviceRules = DeviceRules()) throws {
    kernel = try TemporaryDirectory()
    sampler = Sampler(root: KernelRoot(kernel.path), devices: rules)
  }

  /// A copy of a machine below Tests/Fixtures.
  convenience init(_ machine: String) throws {
    try self.init()
    let folder = fixtures + "/" + machine
    for entry in try FileManager.default.contentsOfDirectory(atPath: folder) {
      try FileManager.default.copyItem(atPath: folder + "/" + entry, toPath: kernel.path(entry))
    }
  }

  /// - Parameter seconds: since the last tick; the slowest probe is run every quarter of an hour.
  func tick(wanted: Set<String> = allFiles, afterSeconds seconds: Int64 = 1) {
    time += seconds * 1000
    var reports: [String] = []
    sampler.takeSample(atBootTimeMilliseconds: time, wanted: wanted) { record in
      var report = "\(record.file) \(record.outcomeName)"
      if case .failed(let failure) = record.outcome { report += ": \(failure)" }
      reports.append(report)
    }
    self.reports = reports
  }

  /// The readings of the last tick, under the signal's name and its attribute values.
  var readings: [String: Int64] {
    var readings: [String: Int64] = [:]
    for (position, series) in sampler.sample.series.enumerated() {
      readings[series.label] = sampler.sample.value(at: position)
    }
    return readings
  }

  /// What has become of one probe.
  func record(_ file: String) -> Sampler.ProbeRecord { sampler.records.first { $0.file == file }! }
}

extension Series {
  /// "system.network.io eth0 receive"
  var label: String {
    ([signal.name] + attributes.map(\.value.text)).joined(separator: " ")
  }
}

let machines = ["industrial-x86", "small-arm64", "container"]

let fixtures =
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
  + "/Fixtures"

/// A file of a machine below Tests/Fixtures, nil when the machine has none.
func fixture(_ machine: String, _ file: String) -> [UInt8]? {
  FileManager.default.contents(atPath: "\(fixtures)/\(machine)/\(file)").map { [UInt8]($0) }
}

/// Lines of "NAME NUMBER" as a dictionary.
func table(_ text: String) -> [String: Int64] {
  let pairs = text.split(separator: "\n").map { line in
    let end = line.lastIndex(of: " ")!
    return (String(line[..<end]), Int64(line[line.index(after: end)...])!)
  }
  return Dictionary(uniqueKeysWithValues: pairs)
}
