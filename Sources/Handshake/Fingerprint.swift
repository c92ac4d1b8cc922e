// Rule 13: the agreement fingerprint is SHA-256 over both halves, the signals that they come to, and a random
// nonce, in a canonical form. The canonical form is the meaning of the files and not their bytes: a comment
// added or a line moved is the same agreement. Without the nonce a supplier could guess what the customer
// wrote (there are not many ways to fill in a consent) and compare.

package import Digest
internal import TOML
internal import Telemetry

extension Agreement {
  /// The agreement as text, one fact a line, in a fixed order. Text is quoted, so that no value can pass for
  /// another line.
  package var canonicalForm: String {
    var lines = ["accord agreement 1"]
    func add(_ key: String, _ value: (some CustomStringConvertible)?) {
      guard let value else { return }
      lines.append("\(key) \(String(reflecting: value.description))")
    }
    add("supplier", offer?.supplier.value)
    add("revision", offer?.revision.value)
    add("endpoint", offer?.endpoint.value)
    add("ca_file", offer?.certificateFile?.value)
    add("contact", offer?.contact)
    for source in DataSource.allCases {
      guard let request = offer?.requests[source] else { continue }
      add("offer.\(source.name).purpose", request.purpose)
      add("offer.\(source.name).benefit", request.benefit)
      add("offer.\(source.name).retention", request.retentionMilliseconds)
      add("offer.\(source.name).resolution", request.resolutionMilliseconds.value)
      for signal in Catalog.signals
      where signal.source == source && request.entry(for: signal) != nil {
        add("offer.\(source.name).signal", signal.name)
        if request.asksForExtremes(of: signal) { add("offer.\(source.name).extremes", signal.name) }
      }
    }
    // What was accepted bounds what is shared, so it is part of what the agreement says.
    for source in DataSource.allCases {
      guard let request = acceptance.offer?.requests[source] else { continue }
      add("accepted.\(source.name).retention", request.retentionMilliseconds)
      add("accepted.\(source.name).resolution", request.resolutionMilliseconds.value)
      for entry in request.signals { add("accepted.\(source.name).signal", entry.value.text) }
      for entry in request.extremes { add("accepted.\(source.name).extremes", entry.text) }
    }
    addConsent(to: &lines)
    return lines.joined(separator: "\n")
  }

  private func addConsent(to lines: inout [String]) {
    guard let consent else { return }
    func add(_ key: String, _ value: (some CustomStringConvertible)?) {
      guard let value else { return }
      lines.append("consent.\(key) \(String(reflecting: value.description))")
    }
    add("supplier", consent.supplier?.value)
    add("accepts", consent.accepts?.value)
    add("accepted_by", consent.acceptedBy)
    add("accepted_on", consent.acceptedOn?.startMilliseconds)
    add("until", consent.until?.value.startMilliseconds)
    for source in DataSource.allCases {
      add("source.\(source.name)", consent.sources[source]?.value.rawValue)
      add("resolution.\(source.name)", consent.resolutionsMilliseconds[source]?.value)
    }
    for entry in consent.withheld.map(\.value.text).sorted() { add("withhold", entry) }
    for (key, rule) in consent.redactions.sorted(by: { $0.key < $1.key }) {
      // By a pattern it does not reach what identifies.
      add("redact.\(key)", rule.mode.rawValue + (rule.patternLength == nil ? "" : " by pattern"))
    }
  }

  /// Tells one agreement from another on this appliance. It stays here.
  package var contentDigest: SHA256 { SHA256(of: Array(canonicalForm.utf8)) }

  /// The name of the agreement in batches, the ledger and uploads.
  package func fingerprint(nonce: [UInt8]) -> SHA256 {
    SHA256(of: nonce + Array(canonicalForm.utf8))
  }
}
