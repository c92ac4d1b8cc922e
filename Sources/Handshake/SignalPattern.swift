internal import Linux

/// A name of the catalog, or many of them: `*` stands for any run of characters, dots included.
package struct SignalPattern: Hashable, Sendable {
  package let text: String
  private let pattern: NamePattern

  package init(_ text: String) {
    self.text = text
    pattern = NamePattern(text)
  }

  /// Whether the pattern names exactly one signal. Identifying signals are shared only this way.
  package var isExact: Bool { !text.utf8.contains(UInt8(ascii: "*")) }

  package func matches(_ name: String) -> Bool { pattern.matches(name) }
}
