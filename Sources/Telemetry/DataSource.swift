/// The seven sources of the data handshake, agreed one by one. Every signal belongs to exactly one.
///
/// The raw values stand in the databases: they are never renumbered.
package enum DataSource: UInt8, CaseIterable, Sendable {
  case product = 0
  case environment = 1
  case interaction = 2
  case usage = 3
  case process = 4
  case customer = 5
  case industry = 6

  /// As it stands in the files: "product".
  package var name: String {
    switch self {
    case .product: "product"
    case .environment: "environment"
    case .interaction: "interaction"
    case .usage: "usage"
    case .process: "process"
    case .customer: "customer"
    case .industry: "industry"
    }
  }

  package init?(name: String) {
    guard let source = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = source
  }
}
