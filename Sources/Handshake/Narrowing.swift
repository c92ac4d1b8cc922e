// Rule 9 asks which consent file took something back: an older one that comes back must not give it again. So each
// new consent is compared with the last one that was in force, word by word; what the offer says does not count.

internal import TOML
internal import Telemetry

extension Agreement {
  /// Whether the customer allows less than under `earlier`, of any source, signal, attribute or resolution.
  func allowsLess(than earlier: Agreement) -> Bool {
    guard let consent, let before = earlier.consent else { return false }
    return DataSource.allCases.contains { consent.allowsLess(of: $0, than: before) }
      || Catalog.signals.contains {
        withholding($0.name) != nil && earlier.withholding($0.name) == nil
      }
      || Catalog.attributeKeys.contains { key in
        let attribute = Attribute(key, .string(""))
        return Redaction.mode(of: attribute, consent).strictness
          > Redaction.mode(of: attribute, before).strictness
      }
  }
}

extension Consent {
  fileprivate func allowsLess(of source: DataSource, than before: Consent) -> Bool {
    func openness(_ consent: Consent) -> Int {
      ConsentMode.allCases.firstIndex(of: consent.sources[source]?.value ?? .deny)!
    }
    func resolution(_ consent: Consent) -> Int64 {
      consent.resolutionsMilliseconds[source]?.value ?? 0
    }
    return openness(self) < openness(before) || resolution(self) > resolution(before)
  }
}
