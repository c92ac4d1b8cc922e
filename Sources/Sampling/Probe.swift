internal import Linux
internal import Telemetry

/// Reads one kernel file and writes its readings into the sample.
///
/// A class, because it keeps an open descriptor and the places of its series from tick to tick.
protocol Probe: AnyObject {
  /// The kernel file, or the folder of them, as the catalog names it ("/proc/stat").
  var file: String { get }

  /// Devices that were there in the last tick and not sampled, because there are too many.
  var leftOut: Int { get }

  /// How long the readings of one sample stand for at least; 0 for every tick.
  var intervalMilliseconds: Int64 { get }

  /// Whether a machine without the file is an ordinary machine: its absence is no news, and it is looked for again
  /// only when devices are.
  var isOptional: Bool { get }

  /// Looks for devices that came or went. Called before the first sample and once in each seal interval, where
  /// allocations do not matter.
  func lookForDevices(_ sample: inout Sample)

  /// Reads the file once. What it does not write is absent in this tick.
  func sample(into sample: inout Sample) -> ProbeOutcome
}

extension Probe {
  var leftOut: Int { 0 }
  var intervalMilliseconds: Int64 { 0 }
  var isOptional: Bool { false }
  func lookForDevices(_ sample: inout Sample) {}
}

/// What became of one probe in one tick.
package enum ProbeOutcome: Equatable, Sendable {
  case readings
  /// The file is not there: a kernel without it, or a container. Neither a zero nor an error.
  case absent
  /// The file is there and is not what the kernel's documentation says, or it cannot be read.
  case failed(ProbeFailure)
}

/// Why a probe failed, in words that name no value of the file.
package struct ProbeFailure: Error, Equatable, Sendable, CustomStringConvertible {
  package let description: String

  static func malformed(_ file: String, _ expected: String) -> ProbeFailure {
    ProbeFailure(description: "\(file) is malformed: expected \(expected)")
  }
}

/// A kernel file together with the parser that understands it: what all probes share.
struct ProbedFile: ~Copyable {
  let name: String
  private var file: KernelFile

  init(_ name: String, below root: KernelRoot) {
    self.name = name
    file = KernelFile(root.path(name), limitBytes: Limits.kernelFileBytesMax)
  }

  /// Reads the file and lends its text to `parse`, which returns what it expected and did not find.
  mutating func read(_ parse: (RawSpan) -> StaticString?) -> ProbeOutcome {
    let missing: StaticString??
    do {
      missing = try file.withContents(parse)
    } catch {
      return .failed(ProbeFailure(description: error.description))
    }
    switch missing {
    case .none: return .absent
    case .some(.none): return .readings
    case .some(.some(let expected)): return .failed(.malformed(name, "\(expected)"))
    }
  }
}
