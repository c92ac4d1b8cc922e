// What happens to attributes before anything is written. Keyed hashing is not built yet, so `hash` acts as
// `drop`, and whatever identifies a site or a person is dropped without being asked.

internal import TOML
internal import Telemetry

enum Redaction {
  /// Whether the customer wants the attribute or fact of this key dropped.
  static func drops(_ key: String, _ consent: Consent) -> Bool {
    switch consent.redactions[key]?.value {
    case .drop, .hash: true
    case .keep, nil: Catalog.identifyingKeys.contains(key)
    }
  }

  /// Whether an attribute does not get past the gate.
  static func takes(_ attribute: Attribute, _ consent: Consent) -> Bool {
    drops(attribute.key, consent) || Catalog.isIdentifying(attribute)
  }

  /// What is left of a series' attributes, sorted by key.
  static func apply(_ consent: Consent, to attributes: [Attribute]) -> [Attribute] {
    let left =
      attributes
      .filter { !takes($0, consent) }
      .sorted { $0.key < $1.key }
    // Where nothing changed the same array, not a copy: the gate keeps one for each series.
    return left == attributes ? attributes : left
  }
}
