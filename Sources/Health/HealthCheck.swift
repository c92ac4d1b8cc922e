// What is wrong with an appliance and its agent, in sentences that lead somebody who has never seen it to the cause.
//
// Pure rules: plain values in, findings out, the worst first. Who gathers the values is not this module's business, so
// `accord status`, `accord report` and `accord dump` say the same of the same facts, and every rule can be tried without
// a machine. A rule has a file with its kind; every number by which one decides stands in Thresholds, with its reason.
//
// Within one level the order is that of cause and effect: a full disk comes before the agent that cannot write, and an
// agent that does not run before the deliveries that do not come.
//
// A finding says only what somebody can act on. What is merely unusual (a chip's alarm on an input that nothing is
// connected to, a counter that once counted) is no finding: a health page that is never clean is not read.

/// Everything that the rules look at.
package struct HealthFacts: Sendable {
  package var machine = MachineFacts()
  package var agent = AgentFacts()
  package var clock = ClockFacts()
  package var agreement = AgreementFacts()
  package var recording = RecordingFacts()
  package var delivery = DeliveryFacts()

  package init() {}
}

package enum HealthCheck {
  /// The worst first.
  package static func findings(_ facts: HealthFacts) -> [HealthFinding] {
    let machine = facts.machine
    // The agent's own disk is told once: as what keeps the agent from its work, or else as any other.
    let own = facts.recording.diskFindings
    let findings =
      own
      + machine.fileSystemFindings(besides: own.isEmpty ? nil : facts.recording.disk?.mountPoint)
      + machine.heatFindings + machine.supplyFindings + machine.memoryFindings
      + machine.loadFindings + machine.networkFindings + machine.unitFindings
      + facts.agent.findings + facts.agreement.findings + facts.recording.findings
      + facts.delivery.findings + facts.clock.findings
    return findings.enumerated()
      .sorted { ($1.element.level, $0.offset) < ($0.element.level, $1.offset) }
      .map(\.element)
  }
}
