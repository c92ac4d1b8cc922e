// /etc/os-release: which system the appliance runs. Slow facts, not readings.
//
//   PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
//   NAME="Debian GNU/Linux"
//   VERSION_ID="12"
//   BUILD_ID=2026-11-01
//
// The file is a list of shell assignments; values may be quoted, with backslash escapes inside double quotes.
// /usr/lib/os-release stands in when /etc has none. An update replaces the file, so it is opened anew each
// time. https://www.freedesktop.org/software/systemd/man/latest/os-release.html

internal import Linux
internal import Telemetry

struct OSRelease {
  /// The assignments in the file's order; a later one of the same name wins, as in a shell.
  private let values: [(name: String, value: String)]

  /// - Parameter text: the content of the file; lines that are no assignments are passed over, as the
  ///   manual asks.
  init(parsing text: String) {
    values = text.split(separator: "\n").compactMap { line in
      let line = line.trimmingSpaces()
      guard line.first != "#", let equals = line.firstIndex(of: "=") else { return nil }
      return (String(line[..<equals]), Self.unquoted(line[line.index(after: equals)...]))
    }
  }

  subscript(_ name: String) -> String? {
    guard let value = values.last(where: { $0.name == name })?.value, !value.isEmpty else {
      return nil
    }
    return value
  }

  /// The facts that the catalog knows, or none when there is no such file or it cannot be read.
  static func facts(below root: KernelRoot) -> [Fact] {
    guard let release = read(below: root) else { return [] }
    let named = [
      (Catalog.osName, "NAME"), (Catalog.osVersion, "VERSION_ID"),
      (Catalog.osDescription, "PRETTY_NAME"), (Catalog.osBuildID, "BUILD_ID"),
    ]
    return [Fact(Catalog.osType, "linux")]
      + named.compactMap { signal, name in release[name].map { Fact(signal, $0) } }
  }

  private static func read(below root: KernelRoot) -> OSRelease? {
    for file in ["/etc/os-release", "/usr/lib/os-release"] {
      guard let open = try? FileDescriptor.open(root.path(file), .readOnly),
        let bytes = try? open.readAll(limitBytes: Limits.configurationFileBytesMax)
      else { continue }
      return OSRelease(parsing: String(decoding: bytes, as: UTF8.self))
    }
    return nil
  }

  private static func unquoted(_ raw: Substring) -> String {
    let text = raw.trimmingSpaces()
    guard let quote = text.first, quote == "\"" || quote == "'", text.count >= 2, text.last == quote
    else { return String(text) }
    let inner = text.dropFirst().dropLast()
    if quote == "'" { return String(inner) }
    var result = ""
    var isEscaped = false
    for character in inner {
      if character == "\\" && !isEscaped {
        isEscaped = true
      } else {
        result.append(character)
        isEscaped = false
      }
    }
    return result
  }
}

extension Substring {
  fileprivate func trimmingSpaces() -> Substring {
    let rest = drop { $0.isWhitespace }
    guard let last = rest.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return rest[...last]
  }
}
