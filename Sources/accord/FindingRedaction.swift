internal import Handshake
internal import Health
internal import TOML
internal import Telemetry

extension Agreement {
  /// Whether a finding may tell what the customer redacts or withholds: its sentence names a file system, a sensor or an
  /// interface as it is called here. Who shows findings to others leaves such a one out.
  func holdsBack(_ finding: HealthFinding) -> Bool {
    finding.signals.compactMap(Catalog.signal).contains { signal in
      consent?.withheld.contains { $0.value.matches(signal.name) } ?? false
        || !redactions(of: signal.attributeKeys.map { Attribute($0, .string("")) }).isEmpty
    }
  }
}
