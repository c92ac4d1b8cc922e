// Where the kernel accounts for a service: its control group (https://docs.kernel.org/admin-guide/cgroup-v2.html).

enum ControlGroup {
  private static let mount = "/sys/fs/cgroup"

  /// The folder of a service's group; nil when it does not run, or the machine has only groups of the first version.
  static func folder(of unit: String, _ reader: inout TreeReader) -> String? {
    let ordinary = "\(mount)/system.slice/\(unit)"
    if reader.exists(ordinary + "/cgroup.procs") { return ordinary }
    guard let path = ServiceManager.properties(["ControlGroup"], of: unit, &reader)["ControlGroup"],
      path.hasPrefix("/"), path.count > 1, !path.split(separator: "/").contains("..")
    else { return nil }
    return mount + path
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
