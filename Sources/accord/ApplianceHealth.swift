internal import Health
internal import Linux

/// What is wrong with this appliance and its agent, as `accord status`, `report` and `dump` say it.
enum ApplianceHealth {
  /// The worst first.
  static func findings(_ status: ApplianceStatus, kernelRoot: String) -> [HealthFinding] { [] }
}
