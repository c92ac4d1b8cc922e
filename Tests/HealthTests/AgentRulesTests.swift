// Every rule about the agent: it runs, its clock is right, it may, it can write, it is heard.

import Health
import Telemetry
import Testing

@Suite("The agent")
struct AgentRulesTests {
  @Test func `nothing is found of an agent that is well`() {
    #expect(HealthCheck.findings(HealthFacts()) == [])
  }

  @Test func `an agent that does not run says why, where it left a word`() {
    func agent(_ state: AgentFacts.State, failure: String? = nil) -> [String] {
      findings {
        $0.agent.state = state
        $0.agent.startFailure = failure
        $0.agent.intervalMilliseconds = 10_000
      }.map(\.sentence)
    }
    #expect(agent(.running, failure: "left from before") == [])
    #expect(
      agent(.stopped(at: "T"), failure: "accord.toml:2:8: no") == [
        "accordd cannot start: accord.toml:2:8: no"
      ])
    #expect(
      agent(.stopped(at: "T"))
        == ["accordd does not run, so nothing is sampled or sent: it was stopped at T"])
    #expect(
      agent(.died(lastTick: "T"))[0].contains("it did not stop cleanly, its last tick was at T"))
    #expect(agent(.neverRan)[0].contains("never did here"))
    #expect(agent(.notSinceStart)[0].contains("has not since this machine started"))
    #expect(
      agent(.late(byMilliseconds: 300_000)) == [
        "accordd runs, but its last tick was 5 min ago, and one is due every 10 s"
      ])
  }

  @Test(
    arguments: [
      (.stopped(at: "T"), "start it: systemctl restart accordd"),
      (.notSinceStart, "see why: journalctl -b -u accordd; then systemctl enable --now accordd"),
      (.neverRan, "start it: systemctl enable --now accordd"),
    ] as [(AgentFacts.State, String)])
  func `an agent that does not run is to be started, and unmasked before that`(
    state: AgentFacts.State, remedy: String
  ) {
    func remedies(isMasked: Bool, isService: Bool = true, failure: String? = nil) -> [String] {
      findings {
        $0.agent.state = state
        $0.agent.startFailure = failure
        ($0.agent.isService, $0.agent.isMasked) = (isService, isMasked)
        $0.agent.prefix = "/p"
      }.map(\.remedy)
    }
    let unmasking = "systemctl unmask accordd && systemctl enable --now accordd"
    #expect(remedies(isMasked: false) == [remedy])
    #expect(remedies(isMasked: true) == ["somebody has masked it, so: \(unmasking)"])
    #expect(
      remedies(isMasked: true, failure: "no") == [
        "mend that; somebody has masked it as well, so: \(unmasking)"
      ])
    #expect(remedies(isMasked: false, isService: false) == ["start it: accordd --prefix /p"])
  }

  @Test func `missed ticks count from one in twenty on, and from ten`() {
    func missed(_ missed: Int64, of ticks: Int64) -> HealthLevel? {
      level(findings { ($0.agent.missedTicks, $0.agent.ticks) = (missed, ticks - missed) })
    }
    #expect(missed(9, of: 9) == nil)
    #expect(missed(10, of: 200) == .warning)
    #expect(missed(10, of: 201) == nil)
  }

  @Test func `the agent's own failed unit is its own, and accordd's is told once`() {
    let found = findings { $0.agent.failedUnits = ["accord-upload.service"] }
    #expect(found.map(\.sentence) == ["the unit accord-upload.service has failed"])
    #expect(found[0].source == nil)
    let stopped = findings {
      $0.agent.failedUnits = ["accordd.service"]
      $0.agent.state = .died(lastTick: "T")
    }
    #expect(stopped.count == 1)
  }

  private let release: Int64 = 1_735_689_600_000

  @Test func `a clock is impossible, behind, unkept or set`() {
    func clock(_ change: (inout ClockFacts) -> Void) -> [HealthFinding] {
      findings {
        $0.clock.wallText = "1970-01-01T00:02:03Z"
        change(&$0.clock)
      }
    }
    #expect(clock { $0.wallMilliseconds = release } == [])
    let impossible = clock { $0.wallMilliseconds = release - 1 }
    #expect(level(impossible) == .critical)
    #expect(
      impossible[0].sentence.hasPrefix("the clock says 1970-01-01T00:02:03Z, which cannot be"))
    #expect(clock { $0.vouchedMilliseconds = release + 300_000 } == [])
    #expect(level(clock { $0.vouchedMilliseconds = release + 300_001 }) == .critical)
    #expect(level(clock { $0.isSynchronised = false }) == .notice)
    #expect(level(clock { ($0.isSynchronised, $0.isTrusted) = (false, false) }) == .warning)
    let idle = clock { ($0.isSynchronised, $0.isTrusted, $0.isWaitedFor) = (false, false, false) }
    #expect(level(idle) == .notice)
    #expect(clock { $0.stepMilliseconds = 59_999 } == [])
    #expect(clock { $0.stepMilliseconds = -60_000 }.map(\.level) == [.notice])
    #expect(
      clock { ($0.stepMilliseconds, $0.stepTime) = (-7_200_000, "T") }[0].sentence
        == "the clock was set back by 2 h at T")
  }

  @Test func `a held agreement says where, what follows, and what to do`() {
    let found = findings {
      $0.agreement.problem = AgreementFacts.Problem(
        sentence: "consent.toml:9:1: unknown key", remedy: "expected a source",
        consequence: "nothing is sent until this is mended")
      $0.agreement.endsInDays = 3
    }
    #expect(level(found) == .critical)
    #expect(
      found[0].sentence
        == "consent.toml:9:1: unknown key; nothing is sent until this is mended")
    #expect(found[0].remedy == "expected a source")
  }

  @Test func `an agreement ends soon from thirty days on`() {
    func ends(_ days: Int64) -> HealthLevel? {
      level(findings { ($0.agreement.endsInDays, $0.agreement.endDay) = (days, "2027-11-21") })
    }
    #expect(ends(31) == nil)
    #expect(ends(30) == .warning)
    #expect(ends(0) == .warning)
  }

  @Test func `an offer that waits is worth a word, with what it changes`() {
    func offer(hasConsent: Bool, _ differences: [String]?) -> String {
      let found = findings {
        $0.agreement.hasConsent = hasConsent
        $0.agreement.waiting = AgreementFacts.Waiting(
          supplier: "Example", revision: 3, differences: differences)
      }
      precondition(level(found) == .notice && found[0].remedy.hasSuffix("accord consent accept"))
      return found[0].sentence
    }
    #expect(
      offer(hasConsent: false, [])
        == "Example offers revision 3, and nothing is sampled or sent until you agree")
    #expect(
      offer(hasConsent: true, [])
        == "Example offers revision 3, which asks for nothing else than what was accepted")
    #expect(
      offer(hasConsent: true, ["a", "b", "c", "d"])
        == "Example offers revision 3: a; b; and 2 more changes")
    #expect(
      offer(hasConsent: true, nil)
        == "Example offers revision 3, and nothing is shared until you agree")
    #expect(level(findings { $0.agreement.hasConsent = false }) == .notice)
  }

  @Test func `an offer with a mistake is told once, and nobody is sent for another`() {
    func found(hasConsent: Bool, isShared: Bool = false) -> [HealthFinding] {
      findings {
        $0.agreement.hasConsent = hasConsent
        $0.agreement.offerFault = ("offer.toml:2:4: no", "expected =")
        guard isShared else { return }
        $0.agreement.problem = AgreementFacts.Problem(
          sentence: "offer.toml:2:4: no", remedy: "expected =", consequence: "nothing is sent")
      }
    }
    let sentence = "offer.toml:2:4: no; nobody can agree to this offer"
    #expect(found(hasConsent: true).map(\.sentence) == [sentence])
    let without = found(hasConsent: false)
    #expect(without.map(\.level) == [.warning, .notice] && without[0].sentence == sentence)
    #expect(without[1].remedy == "when the offer is mended, read it with: accord consent accept")
    #expect(found(hasConsent: true, isShared: true).map(\.level) == [.critical])
  }

  private func disk(free: Int64 = 1 << 30, inodes: Int64? = 1_000, isReadOnly: Bool = false)
    -> [HealthFinding]
  {
    findings {
      $0.recording.disk = RecordingFacts.Disk(
        path: "/var/lib/accord", mountPoint: nil, freeBytes: free, sizeBytes: 4 << 30,
        freeInodes: inodes, isReadOnly: isReadOnly)
    }
  }

  @Test func `the agent's own disk is full, of inodes as well, or read-only`() {
    #expect(disk() == [] && disk(inodes: nil) == [])
    #expect(disk(free: 16 << 20) == [])
    #expect(level(disk(free: 16 << 20 - 1)) == .warning)
    #expect(level(disk(free: 1 << 20)) == .warning)
    #expect(level(disk(free: 1 << 20 - 1)) == .critical)
    #expect(disk(inodes: 8) == [])
    #expect(disk(inodes: 7)[0].sentence.contains("7 inodes are left"))
    #expect(
      disk(isReadOnly: true)[0].sentence.hasPrefix(
        "the file system of /var/lib/accord is read-only"))
    #expect(disk(isReadOnly: true)[0].source == nil)
  }

  @Test func `of the agent's own disk only one rule speaks`() {
    let found = findings {
      for reading in fileSystem("/var", used: 1e9, free: 0) { $0.machine.add(reading) }
      $0.recording.disk = RecordingFacts.Disk(
        path: "/var/lib/accord", mountPoint: "/var", freeBytes: 0, sizeBytes: 1_000_000_000,
        freeInodes: nil, isReadOnly: false)
    }
    #expect(found.map(\.source) == [nil])
  }

  @Test func `of the agent's own disk the rule for every disk speaks before the agent's does`() {
    let found = findings {
      for reading in fileSystem("/var", used: 32e9, free: 3e7) { $0.machine.add(reading) }
      $0.recording.disk = RecordingFacts.Disk(
        path: "/var/lib/accord", mountPoint: "/var", freeBytes: 30_000_000,
        sizeBytes: 32_030_000_000, freeInodes: nil, isReadOnly: false)
    }
    #expect(level(found) == .critical && found[0].source == .environment)
  }

  @Test func `what is lost with a damaged database is said, and for how long it is kept`() {
    func lost(_ name: String) -> String {
      findings {
        $0.recording.setAside = [
          RecordingFacts.SetAside(database: name, path: "/v/\(name).damaged-1", time: "T")
        ]
      }[0].sentence
    }
    #expect(
      lost("spool.db")
        == "spool.db was damaged and was set aside at T; what waited in it to be sent is lost")
    #expect(lost("history.db").hasSuffix("the appliance's own history until then is lost"))
    #expect(lost("ledger.db").contains("nothing is sent until it is accepted anew"))
  }

  @Test func `a full disk is the cause, and what accordd says of it the effect`() {
    let found = findings {
      $0.recording.disk = RecordingFacts.Disk(
        path: "/v", mountPoint: nil, freeBytes: 0, sizeBytes: 1, freeInodes: nil, isReadOnly: false)
      $0.recording.problem = "database or disk is full"
    }
    #expect(found.map(\.level) == [.critical, .warning])
    #expect(level(findings { $0.recording.problem = "x" }) == .critical)
    #expect(level(findings { $0.recording.deletionsOwed = ["3 batches"] }) == .warning)
    #expect(level(findings { $0.recording.deletionProblem = "no space" }) == .critical)
    #expect(level(findings { $0.recording.readingsLost = 1 }) == .warning)
  }
}
