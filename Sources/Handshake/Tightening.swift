// What a narrower agreement makes of what was written down under a wider one, series by series. A pure function:
// the rewrite carries it out, `accord consent plan` shows it.
//
// A series whose signal the customer withholds by now is removed. One whose attributes are redacted by now goes on
// under what is left of them, unless that would make one line of several devices:
//  1 several old series that become equal are all removed, as the gate denies them;
//  2 an old series and one that stands there redacted already are one line if nothing but hashing lies between
//    them, because equal hashes come from equal values; or if the redacted one was begun under this very
//    agreement, which lets such a series through only while nothing else is like it;
//  3 otherwise nobody can tell whether it was the same device, and the old one is removed.
// One line may then stand under two numbers: no batch holds both, and each keeps its own counter's beginnings.
//
// Doubt removes nothing: without a valid consent there is no change, and while the key cannot be had, what would be
// hashed stays as it is (gate 2 keeps it from leaving).

internal import TOML
package import Telemetry

/// A series as the dictionary of a database holds it.
package struct KeptSeries: Sendable {
  package let number: Int64
  /// With ".min" or ".max" behind it for the extremes of an interval.
  package let signal: String
  package let source: DataSource
  package let attributes: [Attribute]
  /// Whether it was first written down under the agreement in force.
  package let isOfThisAgreement: Bool

  package init(
    number: Int64, signal: String, source: DataSource, attributes: [Attribute],
    isOfThisAgreement: Bool
  ) {
    self.number = number
    self.signal = signal
    self.source = source
    self.attributes = attributes
    self.isOfThisAgreement = isOfThisAgreement
  }
}

/// What becomes of a series, and the line that says so.
package struct Tightening: Equatable, Sendable {
  package enum Change: Equatable, Sendable {
    /// It goes on under these attributes.
    case redacted([Attribute])
    case removed
  }

  package let change: Change
  package let rule: FilePlace
}

extension Agreement {
  /// What becomes of the series of one database, by number. Those that stay as they are have no entry.
  package func tightening(of kept: [KeptSeries], hashing key: HashKey?) -> [Int64: Tightening] {
    guard standing == .inForce, let consent else { return [:] }
    var changes: [Int64: Tightening] = [:]
    var redacted: [SeriesKey: [KeptSeries]] = [:]
    var settled: [SeriesKey: [KeptSeries]] = [:]
    for series in kept {
      if let entry = withholding(Self.baseName(series.signal)) {
        changes[series.number] = Tightening(
          change: .removed, rule: FilePlace(file: consentFile, place: entry.place))
        continue
      }
      let left = redact(series.attributes, consent, key)
      let key = SeriesKey(series.signal, left)
      if left == series.attributes {
        settled[key, default: []].append(series)
      } else {
        redacted[key, default: []].append(series)
      }
    }
    for (key, originals) in redacted {
      let isOneLine =
        originals.count == 1
        && (settled[key] ?? []).allSatisfy { other in
          other.isOfThisAgreement || originals[0].attributes.count == key.attributes.count
        }
      for series in originals {
        changes[series.number] = Tightening(
          change: isOneLine ? .redacted(key.attributes) : .removed,
          rule: firstRule(series.attributes, key.attributes))
      }
    }
    return changes
  }

  /// How fine what leaves of a source may be by the customer's own word, and the line that says so.
  package func ownResolution(
    of source: DataSource
  ) -> (milliseconds: Int64, rule: FilePlace)? {
    guard standing == .inForce, let limit = consent?.resolutionsMilliseconds[source] else {
      return nil
    }
    return (limit.value, FilePlace(file: consentFile, place: limit.place))
  }

  /// What is left of recorded facts, and the line that takes the rest; nil when they stay as they are.
  package func tightening(
    ofFacts facts: [Attribute], hashing key: HashKey?
  ) -> (left: [Attribute], rule: FilePlace)? {
    guard standing == .inForce, let consent else { return nil }
    let named = facts.filter { withholding($0.key) == nil }
    let left = redact(named, consent, key)
    guard left != facts else { return nil }
    let entry = facts.lazy.compactMap { withholding($0.key) }.first
    return (
      left,
      entry.map { FilePlace(file: consentFile, place: $0.place) } ?? firstRule(facts, left)
    )
  }

  /// As before writing, but what cannot be hashed now stays, in its place.
  private func redact(
    _ attributes: [Attribute], _ consent: Consent, _ key: HashKey?
  ) -> [Attribute] {
    attributes.compactMap { attribute in
      if key == nil, Redaction.mode(of: attribute, consent) == .hash { return attribute }
      return Redaction.apply(consent, to: attribute, hashing: key)
    }
  }

  private func firstRule(_ before: [Attribute], _ after: [Attribute]) -> FilePlace {
    redactionPlace(before.first { !after.contains($0) }?.key ?? "")
  }

  /// The signal of the catalog that a series of this name belongs to.
  private static func baseName(_ name: String) -> String {
    name.hasSuffix(".min") || name.hasSuffix(".max") ? String(name.dropLast(4)) : name
  }
}
