internal import Linux
internal import TOML

/// A name of the catalog, or many of them: `*` stands for any run of characters, dots included.
package struct SignalPattern: Hashable, Sendable {
  package let text: String
  private let pattern: NamePattern

  /// Whether the pattern names exactly one signal. Identifying signals are shared only this way.
  package let isExact: Bool

  package init(_ text: String) {
    self.text = text
    pattern = NamePattern(text)
    isExact = !text.utf8.contains(UInt8(ascii: "*"))
  }

  package func matches(_ name: String) -> Bool { isExact ? text == name : pattern.matches(name) }

  /// The name of `known`, or the group of them ("system.memory.*"), that a misspelt one was probably meant to be.
  package static func likelyMeant(by text: String, among known: [String]) -> String? {
    let groups = known.flatMap { name in
      name.indices.filter { name[$0] == "." }.map { String(name[...$0]) + "*" }
    }
    return nearest(to: text, among: known + Set(groups).sorted())
  }
}
