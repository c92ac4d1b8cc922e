// Where the kernel accounts for a service: its control group (https://docs.kernel.org/admin-guide/cgroup-v2.html).

enum ControlGroup {
  private static let mount = "/sys/fs/cgroup"

  /// A service and the folder of its group.
  struct Member {
    let unit: String
    let folder: String
  }

  /// Those of the units that run. On a machine that has only groups of the first version there is none.
  static func members(of units: [String], _ reader: inout TreeReader) -> [Member] {
    var folders: [String: String] = [:]
    for unit in units {
      let ordinary = "\(mount)/system.slice/\(unit)"
      if reader.exists(ordinary + "/cgroup.procs") { folders[unit] = ordinary }
    }
    // Only timers and the like have no group; others may have been put into a slice of their own.
    let rest = units.filter { folders[$0] == nil && !$0.hasSuffix(".timer") }
    if !rest.isEmpty {
      for unit in Systemd.units(["Id", "ControlGroup"], ["--"] + rest, &reader) {
        guard let name = unit["Id"], let path = unit["ControlGroup"], path.hasPrefix("/"),
          path.count > 1, !path.split(separator: "/").contains("..")
        else { continue }
        folders[name] = mount + path
      }
    }
    return units.compactMap { unit in folders[unit].map { Member(unit: unit, folder: $0) } }
  }

  /// "anon 1234\nfile 99": only the named keys.
  static func keyed(
    _ path: String, _ keys: [String], _ reader: inout TreeReader
  ) -> [(key: String, value: Int64)] {
    reader.lines(path).compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 2, keys.contains(String(words[0])), let value = Int64(words[1]) else {
        return nil
      }
      return (String(words[0]), value)
    }
  }
}
