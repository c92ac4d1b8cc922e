internal import Linux
package import Telemetry

/// The administrator's patterns for one kind of device.
package struct DeviceFilter: Sendable {
  private let allow: [NamePattern]
  private let deny: [NamePattern]

  package init(_ patterns: DevicePatterns) {
    allow = patterns.allow.map(NamePattern.init)
    deny = patterns.deny.map(NamePattern.init)
  }

  func permits(_ name: Range<Int>, in text: RawSpan) -> Bool {
    for pattern in allow where pattern.matches(name, in: text) { return true }
    for pattern in deny where pattern.matches(name, in: text) { return false }
    return true
  }

  package func permits(_ name: String) -> Bool {
    name.withRawBytes { permits(0..<$0.byteCount, in: $0) }
  }

  /// A pattern that begins with a slash is for the mount point, every other for the type.
  package func permits(fileSystem type: String, at mountPoint: String) -> Bool {
    func matches(_ pattern: NamePattern) -> Bool {
      pattern.matches(pattern.isPath ? mountPoint : type)
    }
    return allow.contains(where: matches) || !deny.contains(where: matches)
  }
}
