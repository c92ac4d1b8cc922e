// [disks], [interfaces] and [filesystems] of accord.toml: which devices are sampled.

internal import TOML
internal import Telemetry

extension DeviceRules {
  /// Takes the tables that are there; a list that is not given keeps its default.
  mutating func read(_ document: inout TableReader) throws(TOMLError) {
    try disks.read("disks", &document)
    try interfaces.read("interfaces", &document)
    try fileSystems.read("filesystems", &document)
  }
}

extension DevicePatterns {
  fileprivate mutating func read(
    _ name: String, _ document: inout TableReader
  ) throws(TOMLError) {
    guard var table = try document.optionalTable(name) else { return }
    if let patterns = try Self.patterns("allow", &table) { allow = patterns }
    if let patterns = try Self.patterns("deny", &table) { deny = patterns }
    try table.finish()
  }

  private static func patterns(
    _ key: String, _ table: inout TableReader
  ) throws(TOMLError) -> [String]? {
    guard let list = try table.optionalStrings(key) else { return nil }
    for pattern in list.value where pattern.value.isEmpty || pattern.value.contains(" ") {
      throw TOMLError(
        at: pattern.place, "'\(pattern.value)' is no pattern",
        "expected a name, with * for any characters, as in \"loop*\"")
    }
    return list.value.map(\.value)
  }
}
