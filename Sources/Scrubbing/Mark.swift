// What a recogniser says: these bytes are to be replaced, by that.

struct Mark: Sendable {
  enum Replacement: Sendable {
    /// "[removed: password]"
    case label(Label)
    /// The pseudonym of a text.
    case name(String, Identity.Kind)
  }

  var range: Range<Int>
  var replacement: Replacement

  init(_ range: Range<Int>, _ replacement: Replacement) {
    self.range = range
    self.replacement = replacement
  }
}

/// What stands in place of a secret.
enum Label: String, CaseIterable, Sendable {
  case password
  case secret
  case token
  case key
  case privateKey = "private key"
  case certificate
  case authorization
  case cookie
  case community
  case credentials
  case passwordHash = "password hash"
  case encodedKey = "encoded key"
  /// What would have a pseudonym if the book had room for one more.
  case name

  var text: String { "[removed: \(rawValue)]" }

  /// The longest first: "[removed: private key]" begins with no other, but each is compared whole anyway.
  private static let texts: [[UInt8]] = allCases.map { Array($0.text.utf8) }

  /// The length of the label that stands at `index`; nil when none does.
  static func length(in text: Text, at index: Int) -> Int? {
    guard text[index] == UInt8(ascii: "["), text[index + 1] == UInt8(ascii: "r") else { return nil }
    return texts.first { label in
      index + label.count <= text.count && text.bytes[index..<index + label.count] == label[...]
    }?.count
  }
}

extension Identity {
  var replacement: Mark.Replacement {
    kind == .secret ? .label(.secret) : .name(text, kind)
  }
}

extension [Mark] {
  /// In the order of their places, without overlaps: marks that share bytes become one over all their bytes, so that
  /// nothing that anyone marked is left; what it is replaced by is said by the longest, and of equals by the first.
  func merged() -> [Mark] {
    let ordered = enumerated().sorted {
      ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
    }.map(\.element)
    var result: [Mark] = []
    var longest = 0
    for mark in ordered where !mark.range.isEmpty {
      guard let last = result.last, mark.range.lowerBound < last.range.upperBound else {
        result.append(mark)
        longest = mark.range.count
        continue
      }
      let end = Swift.max(last.range.upperBound, mark.range.upperBound)
      if mark.range.count > longest {
        longest = mark.range.count
        result[result.count - 1].replacement = mark.replacement
      }
      result[result.count - 1].range = last.range.lowerBound..<end
    }
    return result
  }
}
