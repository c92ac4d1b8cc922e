// Which system the appliance runs, and which versions of what: /etc/os-release by named keys (os-release(5)), and
// what dpkg-query(1) knows.

enum PackagesSection {
  static func collect(_ reader: inout TreeReader) {
    reader.add("System", fields: release(&reader))
    let format = "--showformat=${db:Status-Abbrev}\\t${Package}\\t${Version}\\t${Architecture}\\n"
    guard
      let text = reader.output(
        of: .dpkgQuery, ["--show", format], limitBytes: InventoryLimits.packageBytesMax)
    else { return }
    let packages = Self.packages(text)
    reader.add(
      "Packages that are not as they should be",
      columns: ["state", "package", "version", "architecture"],
      rows: packages.filter { !["ii", "hi", "rc", "un"].contains($0.state) }
        .map { [$0.state, $0.name, $0.version, $0.architecture] })
    reader.add(
      "Packages", columns: ["package", "version", "architecture"],
      rows: packages.filter { ["ii", "hi"].contains($0.state) }
        .map { [$0.name, $0.version + ($0.state == "hi" ? " (held)" : ""), $0.architecture] },
      limit: InventoryLimits.packagesMax)
  }

  struct Package: Equatable {
    /// Two letters, what is wanted and what is there (dpkg-query(1)): "ii", "iF".
    let state: String
    let name: String
    let version: String
    let architecture: String
  }

  static func packages(_ text: String) -> [Package] {
    text.lines.compactMap { line in
      let words = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard words.count == 4, !words[1].isEmpty else { return nil }
      return Package(
        state: words[0].trimmed, name: String(words[1]), version: String(words[2]),
        architecture: String(words[3]))
    }
  }

  private static let keys = [
    "NAME", "PRETTY_NAME", "VERSION", "VERSION_ID", "VERSION_CODENAME", "ID", "ID_LIKE", "VARIANT",
    "VARIANT_ID", "BUILD_ID", "IMAGE_ID", "IMAGE_VERSION", "SUPPORT_END",
  ]

  private static func release(_ reader: inout TreeReader) -> [SectionContent.Field?] {
    let files = [reader.resolved("/etc/os-release"), "/usr/lib/os-release"].compactMap(\.self)
    for file in files {
      let lines = reader.lines(file, limitBytes: 64 * 1024)
      guard !lines.isEmpty else { continue }
      var values: [String: String] = [:]
      for line in lines {
        guard let equals = line.firstIndex(of: "=") else { continue }
        values[line[..<equals].trimmed] = unquoted(line[equals...].dropFirst().trimmed)
      }
      let debian = reader.line("/etc/debian_version")
      return keys.map { .init($0, ifAny: values[$0]) } + [
        .init("Debian's own version", ifAny: debian)
      ]
    }
    return []
  }

  private static func unquoted(_ text: String) -> String {
    guard text.count >= 2, let quote = text.first, quote == "\"" || quote == "'", text.last == quote
    else { return text }
    let inner = text.dropFirst().dropLast()
    return quote == "'" ? String(inner) : String(inner.filter { $0 != "\\" })
  }
}
