internal import Telemetry

/// A name of the catalog, or many of them: `*` stands for any run of characters, dots included.
package struct SignalPattern: Hashable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  /// Whether the pattern names exactly one signal. Identifying signals are shared only this way.
  package var isExact: Bool { !text.utf8.contains(UInt8(ascii: "*")) }

  package func matches(_ name: String) -> Bool {
    Self.matches(Array(text.utf8)[...], Array(name.utf8)[...])
  }

  /// Backtracks only to the last star: linear for one star, and bounded by the product of the lengths.
  private static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
    let star = UInt8(ascii: "*")
    var (pattern, name) = (pattern, name)
    var retry: (pattern: ArraySlice<UInt8>, name: ArraySlice<UInt8>)?
    while true {
      if pattern.first == star {
        pattern = pattern.dropFirst()
        retry = (pattern, name)
      } else if let next = name.first, pattern.first == next {
        pattern = pattern.dropFirst()
        name = name.dropFirst()
      } else if pattern.isEmpty && name.isEmpty {
        return true
      } else if let (later, rest) = retry, !rest.isEmpty {
        pattern = later
        name = rest.dropFirst()
        retry = (later, name)
      } else {
        return false
      }
    }
  }
}
