package import Telemetry

/// How much a finding matters to somebody who looks after the appliance.
package enum HealthLevel: Int, Comparable, CaseIterable, Sendable {
  case good = 0
  /// Worth knowing; nothing is to be done.
  case notice = 1
  /// Something is wrong, or will be soon.
  case warning = 2
  /// Something does not work now.
  case critical = 3

  package static func < (left: HealthLevel, right: HealthLevel) -> Bool {
    left.rawValue < right.rawValue
  }

  /// "critical", as it stands in JSON and in class names.
  package var name: String {
    switch self {
    case .good: "good"
    case .notice: "notice"
    case .warning: "warning"
    case .critical: "critical"
    }
  }
}

/// One thing that is wrong, or worth knowing, with its cause and the one thing to do about it.
package struct HealthFinding: Equatable, Sendable {
  package let level: HealthLevel
  /// Whose data it tells; nil for the agent's own state, which every dump holds.
  package let source: DataSource?
  /// The catalog's signals whose readings it tells: who withholds one of them, or redacts one of its attributes,
  /// withholds the sentence with it.
  package let signals: [String]
  /// What it is about, in two or three words: "disk /var", "agreement", "delivery".
  package let subject: String
  /// What was found: one sentence without a full stop.
  package let sentence: String
  /// The one thing to do, as a request; empty when there is nothing to do.
  package let remedy: String

  package init(
    _ level: HealthLevel, source: DataSource?, signals: [String] = [], subject: String,
    sentence: String, remedy: String = ""
  ) {
    self.level = level
    self.source = source
    self.signals = signals
    self.subject = subject
    self.sentence = sentence
    self.remedy = remedy
  }

  /// Of the agent itself.
  static func agent(
    _ level: HealthLevel, _ subject: String, _ sentence: String, _ remedy: String = ""
  ) -> HealthFinding {
    HealthFinding(level, source: nil, subject: subject, sentence: sentence, remedy: remedy)
  }

  /// Of the machine, told by a reading of `signal` and of those it is compared with.
  static func machine(
    _ level: HealthLevel, _ signal: String, _ subject: String, _ sentence: String,
    _ remedy: String = "", also others: [String] = []
  ) -> HealthFinding {
    HealthFinding(
      level, source: Catalog.signal(signal)?.source ?? .environment, signals: [signal] + others,
      subject: subject, sentence: sentence, remedy: remedy)
  }
}
