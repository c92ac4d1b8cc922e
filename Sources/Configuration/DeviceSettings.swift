// [disks], [interfaces] and [filesystems] of accord.toml: which devices are sampled.

internal import TOML
internal import Telemetry

extension DeviceRules {
  /// Takes the tables that are there. What is denied is added to what is denied by default: whoever denies one disk
  /// does not mean to allow all loop devices.
  mutating func read(_ document: inout TableReader) throws(TOMLError) {
    try disks.read(
      "disks", &document, of: "a disk has no path: expected a name as in /proc/diskstats")
    try interfaces.read(
      "interfaces", &document, of: "an interface has no path: expected a name as in /proc/net/dev")
    try fileSystems.read("filesystems", &document, of: nil)
  }
}

extension DevicePatterns {
  /// - Parameter pathProblem: what is wrong with a pattern that begins with a slash; nil where that is a mount point.
  fileprivate mutating func read(
    _ name: String, _ document: inout TableReader, of pathProblem: String?
  ) throws(TOMLError) {
    guard var table = try document.optionalTable(name) else { return }
    allow += try Self.patterns("allow", &table, pathProblem)
    for pattern in try Self.patterns("deny", &table, pathProblem) where !deny.contains(pattern) {
      deny.append(pattern)
    }
    try table.finish()
  }

  private static func patterns(
    _ key: String, _ table: inout TableReader, _ pathProblem: String?
  ) throws(TOMLError) -> [String] {
    guard let list = try table.optionalStrings(key) else { return [] }
    for pattern in list.value {
      guard let problem = problem(with: pattern.value, pathProblem) else { continue }
      throw TOMLError(
        at: pattern.place, "'\(TOMLError.shown(pattern.value))' matches no device", problem)
    }
    return list.value.map(\.value)
  }

  private static func problem(with pattern: String, _ pathProblem: String?) -> String? {
    if pattern.isEmpty || pattern.contains(" ") {
      return "expected a name without blanks, with * for any characters, as in \"loop*\""
    }
    if pattern.contains(where: { "?[]".contains($0) }) {
      return "expected a name in which only * is special, as in \"loop*\""
    }
    if pattern.hasPrefix("/") { return pathProblem }
    return pathProblem == nil && pattern.contains("/")
      ? "expected a type as \"nfs4\", or a mount point that begins with a slash" : nil
  }
}
