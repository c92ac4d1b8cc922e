// What happens to attributes and facts before anything is written: `keep`, `hash` or `drop`.
//
// The catalog has a default for each (Identification), and the customer's [redact] goes before it. There an exact key
// beats a pattern, a longer pattern a shorter one, and of equally long ones the stricter wins. A pattern never reaches
// what identifies: that is dropped unless its own key is written down.
//
// Whoever writes has the key and hashes. Whoever delivers does not, and need not: a value that is hashed is of a type
// of its own, so under `hash` a clear value stays here and a hashed one leaves; under `drop` neither does.

internal import Digest
package import TOML
package import Telemetry

/// An entry of [redact], as it applies to one key.
package struct RedactionRule: Sendable {
  package let mode: RedactionMode
  package let place: Place
  /// The length of the pattern; nil when the key itself is named.
  let patternLength: Int?

  /// Whether it goes before `other`.
  func outranks(_ other: RedactionRule) -> Bool {
    guard let own = patternLength, let others = other.patternLength else {
      return patternLength == nil
    }
    return own == others ? mode.strictness > other.mode.strictness : own > others
  }
}

extension RedactionMode {
  var strictness: Int { Self.allCases.firstIndex(of: self)! }
}

/// The appliance's own key, under which values are hashed.
package struct HashKey: Equatable, Sendable {
  package static let byteCount = 32

  private let bytes: [UInt8]

  /// Nil when these are not 32 bytes.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// What stands for a value: of a number its decimal text is hashed. What is hashed already stays as it is.
  package func hash(_ value: AttributeValue) -> AttributeValue {
    switch value {
    case .string(let text): .hash(HMAC.sha256(Array(text.utf8), key: bytes).description)
    case .integer(let number):
      .hash(HMAC.sha256(Array(String(number).utf8), key: bytes).description)
    case .hash: value
    }
  }
}

enum Redaction {
  static func mode(of attribute: Attribute, _ consent: Consent) -> RedactionMode {
    let byDefault = Catalog.defaultRedaction(of: attribute)
    guard let rule = consent.redactions[attribute.key],
      rule.patternLength == nil || byDefault == .keep
    else { return byDefault }
    return rule.mode
  }

  /// What may be written down of an attribute. Without a key nothing can be hashed, so nothing is left of it.
  static func apply(
    _ consent: Consent, to attribute: Attribute, hashing key: HashKey?
  ) -> Attribute? {
    switch mode(of: attribute, consent) {
    case .keep: return attribute
    case .drop: return nil
    case .hash:
      if case .hash = attribute.value { return attribute }
      return key.map { Attribute(attribute.key, $0.hash(attribute.value)) }
    }
  }

  /// What is left of a series' attributes, sorted by key.
  static func apply(
    _ consent: Consent, to attributes: [Attribute], hashing key: HashKey?
  ) -> [Attribute] {
    let left = attributes.compactMap { apply(consent, to: $0, hashing: key) }
      .sorted { $0.key < $1.key }
    // Where nothing changed the same array, not a copy: the gate keeps one for each series.
    return left == attributes ? attributes : left
  }
}

/// What redaction does to one attribute, and by which line.
package struct RedactionNote: Equatable, Sendable {
  package let key: String
  package let mode: RedactionMode
  package let rule: FilePlace
}

extension Agreement {
  /// Whether anything would have to be hashed, so that a key is needed: also of a source that is held, because the
  /// customer's word tightens what is there already.
  package var needsHashKey: Bool {
    guard let consent else { return false }
    return consent.redactions.values.contains { $0.mode == .hash }
      && consent.sources.values.contains { $0.value != .deny }
  }

  /// Whether a value may stand, or leave, as it is. Where hashing is agreed that is a hashed one.
  package func passes(_ attribute: Attribute) -> Bool {
    guard let consent else { return false }
    switch Redaction.mode(of: attribute, consent) {
    case .keep: return true
    case .hash: if case .hash = attribute.value { return true } else { return false }
    case .drop: return false
    }
  }

  /// What may be shown of an attribute: as it is, hashed, or nil where it is dropped. Without a consent only what
  /// identifies by itself is dropped.
  package func shown(_ attribute: Attribute, hashing key: HashKey?) -> Attribute? {
    if let consent { return Redaction.apply(consent, to: attribute, hashing: key) }
    return Catalog.defaultRedaction(of: attribute) == .keep ? attribute : nil
  }

  /// Whether redaction would take anything away from these attributes, or change it, today.
  package func redacts(_ attributes: [Attribute]) -> Bool {
    !attributes.allSatisfy(passes)
  }

  /// What becomes of these attributes, where they do not stay as they are.
  package func redactions(of attributes: [Attribute]) -> [RedactionNote] {
    guard let consent else { return [] }
    return attributes.compactMap { attribute in
      let mode = Redaction.mode(of: attribute, consent)
      guard mode != .keep else { return nil }
      return RedactionNote(key: attribute.key, mode: mode, rule: redactionPlace(attribute.key))
    }
  }

  /// What [redact] says, by key; in addition what identifies is dropped.
  package var redactions: [RedactionNote] {
    guard let consent else { return [] }
    return consent.redactions.keys.sorted().map { key in
      RedactionNote(
        key: key, mode: Redaction.mode(of: Attribute(key, .integer(0)), consent),
        rule: redactionPlace(key))
    }
  }

  /// A redaction of the names of interfaces that one signal goes around: it has them under another key, which is kept.
  package var evadedRedaction: (note: RedactionNote, kept: String, in: Signal)? {
    for note in redactions where Catalog.interfaceNameKeys.contains(note.key) && note.mode != .keep
    {
      for key in Catalog.interfaceNameKeys where passes(Attribute(key, .string(""))) {
        let evading = Catalog.signals.first { signal in
          signal.name.hasPrefix("system.network.") && signal.attributeKeys.contains(key)
            && decision(for: signal).verdict == .share
        }
        if let evading { return (note, key, evading) }
      }
    }
    return nil
  }

  /// The line that says what becomes of a key; without one, the file.
  func redactionPlace(_ key: String) -> FilePlace {
    FilePlace(file: consentFile, place: consent?.redactions[key]?.place)
  }
}
