// HTML, written only. Text and attribute values are escaped where they are written and nowhere else, so that a network
// interface named `<script>` stays a name. Markup itself comes from this module's own literals.

package struct HTMLWriter: Sendable {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// Markup of this program's own.
  package mutating func markup(_ text: StaticString) {
    // A literal: `description` copies it, which costs nothing beside the page.
    bytes.append(contentsOf: text.description.utf8)
  }

  package mutating func text(_ text: String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": bytes.append(contentsOf: "&amp;".utf8)
      case "<": bytes.append(contentsOf: "&lt;".utf8)
      case ">": bytes.append(contentsOf: "&gt;".utf8)
      case "\"": bytes.append(contentsOf: "&quot;".utf8)
      case "'": bytes.append(contentsOf: "&#39;".utf8)
      case "\u{20}"..."\u{7E}": bytes.append(UInt8(truncatingIfNeeded: scalar.value))
      default: bytes.append(contentsOf: String(Self.isShown(scalar) ? scalar : "\u{FFFD}").utf8)
      }
    }
  }

  /// A whole element with text in it. `name` may have a class after a point: "p.remark".
  package mutating func element(_ name: StaticString, _ content: String) {
    element(name, [], content)
  }

  package mutating func element(
    _ name: StaticString, _ attributes: [(name: StaticString, value: String)], _ content: String
  ) {
    open(name, attributes)
    text(content)
    close(name)
  }

  package mutating func element(
    _ name: StaticString, _ content: (inout HTMLWriter) -> Void
  ) { element(name, [], content) }

  package mutating func element(
    _ name: StaticString, _ attributes: [(name: StaticString, value: String)],
    _ content: (inout HTMLWriter) -> Void
  ) {
    open(name, attributes)
    content(&self)
    close(name)
  }

  /// An element without content.
  package mutating func empty(
    _ name: StaticString, _ attributes: [(name: StaticString, value: String)]
  ) { open(name, attributes) }

  private mutating func open(
    _ name: StaticString, _ attributes: [(name: StaticString, value: String)]
  ) {
    let parts = name.description.split(separator: ".", maxSplits: 1)
    bytes.append(UInt8(ascii: "<"))
    bytes.append(contentsOf: parts[0].utf8)
    if parts.count > 1 {
      bytes.append(contentsOf: " class=\"".utf8)
      bytes.append(contentsOf: parts[1].utf8)
      bytes.append(UInt8(ascii: "\""))
    }
    for attribute in attributes {
      bytes.append(UInt8(ascii: " "))
      bytes.append(contentsOf: attribute.name.description.utf8)
      bytes.append(contentsOf: "=\"".utf8)
      text(attribute.value)
      bytes.append(UInt8(ascii: "\""))
    }
    bytes.append(UInt8(ascii: ">"))
  }

  private mutating func close(_ name: StaticString) {
    bytes.append(contentsOf: "</".utf8)
    bytes.append(contentsOf: name.description.prefix { $0 != "." }.utf8)
    bytes.append(contentsOf: ">".utf8)
  }

  /// Control characters are nothing in a page, and those that turn the direction of writing would make a name look like
  /// another one.
  private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0A: true
    case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: false
    default: true
    }
  }
}
