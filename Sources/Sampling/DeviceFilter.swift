internal import Linux
internal import Telemetry

/// A name, or several: `*` stands for any characters, also none.
struct NamePattern {
  private let bytes: [UInt8]

  init(_ text: String) { bytes = Array(text.utf8) }

  var isPath: Bool { bytes.first == UInt8(ascii: "/") }

  /// Compares in place, so that a table of devices can be filtered at every tick.
  func matches(_ name: Range<Int>, in text: RawSpan) -> Bool {
    var (pattern, position) = (0, name.lowerBound)
    // Behind the last star, and where the name stood then: on a mismatch the star takes one byte more.
    var (afterStar, retry) = (-1, 0)
    while position < name.upperBound {
      if pattern < bytes.count, bytes[pattern] == UInt8(ascii: "*") {
        pattern += 1
        (afterStar, retry) = (pattern, position)
      } else if pattern < bytes.count, bytes[pattern] == text.byte(at: position) {
        pattern += 1
        position += 1
      } else if afterStar >= 0 {
        retry += 1
        (pattern, position) = (afterStar, retry)
      } else {
        return false
      }
    }
    return bytes[pattern...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  func matches(_ name: String) -> Bool {
    name.withRawBytes { matches(0..<$0.byteCount, in: $0) }
  }
}

/// The administrator's patterns for one kind of device.
struct DeviceFilter {
  private let allow: [NamePattern]
  private let deny: [NamePattern]

  init(_ patterns: DevicePatterns) {
    allow = patterns.allow.map(NamePattern.init)
    deny = patterns.deny.map(NamePattern.init)
  }

  func permits(_ name: Range<Int>, in text: RawSpan) -> Bool {
    for pattern in allow where pattern.matches(name, in: text) { return true }
    for pattern in deny where pattern.matches(name, in: text) { return false }
    return true
  }

  func permits(_ name: String) -> Bool {
    name.withRawBytes { permits(0..<$0.byteCount, in: $0) }
  }

  /// A pattern that begins with a slash is for the mount point, every other for the type.
  func permits(fileSystem type: String, at mountPoint: String) -> Bool {
    func matches(_ pattern: NamePattern) -> Bool {
      pattern.matches(pattern.isPath ? mountPoint : type)
    }
    return allow.contains(where: matches) || !deny.contains(where: matches)
  }
}
