// What a dump is made of, and what of it the agreement lets in.
//
// A section tells the data of one source, or the agent's own state, which no agreement withholds. It is let in when
// every signal that it shows may be shown: shared, or kept here and asked for with --include-local. What the customer
// withholds, and what stands behind an agreement that ended, is not. An override lets everything in, and has its own
// conditions: see the head of DumpRun.

package import Handshake
package import Telemetry

package struct DumpSection: Sendable {
  /// Who collects it: root, who called, or the agent's user, whose files it reads.
  package enum Rights: Sendable {
    case caller
    case agent
  }

  /// "mounts": what --only and --skip take.
  package let name: String
  package let title: String
  /// Whose data it shows; nil for the agent's own state.
  package let source: DataSource?
  /// Patterns of the signals whose data it shows, beyond what is true of the whole source.
  package let signals: [String]
  /// Whether it holds free text.
  package let isLog: Bool
  package private(set) var secondsMax: Int
  package let rights: Rights
  /// What it usually comes to in the archive, compressed.
  package let typicalBytes: Int64
  /// Whether its text lists versions, some of which look like addresses.
  package let isVersionList: Bool
  /// Whether the section itself picks reading by reading what may be shown.
  package let judgesItself: Bool

  package init(
    name: String, title: String, source: DataSource?, signals: [String] = [], isLog: Bool = false,
    secondsMax: Int = 10, rights: Rights, typicalBytes: Int64 = 1_000,
    isVersionList: Bool = false, judgesItself: Bool = false
  ) {
    self.name = name
    self.title = title
    self.source = source
    self.signals = signals
    self.isLog = isLog
    self.secondsMax = secondsMax
    self.rights = rights
    self.typicalBytes = typicalBytes
    self.isVersionList = isVersionList
    self.judgesItself = judgesItself
  }

  /// The same with no more than so much time.
  package func within(seconds: Int) -> DumpSection {
    var section = self
    section.secondsMax = min(secondsMax, seconds)
    return section
  }
}

/// What was asked of a dump.
package struct DumpRequest: Sendable {
  package var includesLocal = false
  package var withLogs = false
  package var only: Set<String> = []
  package var skip: Set<String> = []
  /// Whether the agreement is overridden.
  package var isOverridden = false

  package init() {}
}

/// Whether a section comes into a dump.
package enum Admission: Equatable, Sendable {
  case admitted
  /// By the agreement: why, and by which line.
  case withheld(String)
  /// Nobody asked for it.
  case notAsked(String)

  package static func of(
    _ section: DumpSection, _ request: DumpRequest, under agreement: Agreement
  ) -> Admission {
    if request.skip.contains(section.name) { return .notAsked("left out by --skip") }
    if !request.only.isEmpty, !request.only.contains(section.name) {
      return .notAsked("not named by --only")
    }
    if section.isLog, !request.withLogs { return .notAsked("free text, only with --with-logs") }
    guard let source = section.source, !request.isOverridden else { return .admitted }
    return verdict(on: source, section, request, agreement)
  }

  private static func verdict(
    on source: DataSource, _ section: DumpSection, _ request: DumpRequest, _ agreement: Agreement
  ) -> Admission {
    let terms = agreement.terms(of: source)
    let needed: Verdict = request.includesLocal ? .local : .share
    func withheld(_ decision: Decision) -> Admission {
      let hint = decision.verdict == .local ? "; --include-local lets it in" : ""
      return .withheld("\(source.name): \(decision.reason) (\(decision.rule.description))\(hint)")
    }
    if terms.decision.verdict < needed { return withheld(terms.decision) }
    if section.judgesItself { return .admitted }
    let patterns = section.signals.map(SignalPattern.init)
    // What identifies is never meant by a pattern, and sections do not show it.
    let shown = Catalog.signals.filter { signal in
      !signal.isIdentifying && patterns.contains { $0.matches(signal.name) }
    }
    for signal in shown {
      let decision = agreement.decision(for: signal)
      if decision.verdict < needed { return withheld(decision) }
    }
    return .admitted
  }
}
