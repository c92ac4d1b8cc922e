import Linux
import TOML
import Telemetry
import Testing

@testable import Handshake

@Suite("Rule 3: acceptance freezes")
struct AcceptanceTests {
  /// One edit of the offer after it was accepted, and what becomes of the environment.
  struct Edit: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let old: String
    let new: String
    var outcome: Verdict = .share
    var problem: String?
  }

  static let edits = [
    Edit(
      testDescription: "a newer revision with nothing else", old: "revision = 2",
      new: "revision = 3"),
    Edit(testDescription: "another contact", old: "privacy@", new: "data@"),
    Edit(testDescription: "a shorter retention", old: "90 days", new: "30 days"),
    Edit(testDescription: "a coarser resolution", old: "\"60s\"", new: "\"5min\""),
    Edit(
      testDescription: "another address", old: "telemetry.example", new: "elsewhere.example",
      outcome: .deny,
      problem: "the offer sends to https://elsewhere.example.com:4318, what was accepted sends to "
        + "https://telemetry.example.com:4318"),
    Edit(
      testDescription: "other certificates", old: "4318\"", new: "4318\"\nca_file = \"other.pem\"",
      outcome: .deny,
      problem: "the offer names other certificates for the receiver than what was accepted"),
    Edit(
      testDescription: "another purpose", old: "Recognise overheating", new: "Sell overheating",
      outcome: .deny, problem: "the offer has another purpose than what was accepted"),
    Edit(
      testDescription: "another benefit", old: "A yearly", new: "No", outcome: .deny,
      problem: "the offer promises another benefit than what was accepted"),
    Edit(
      testDescription: "a longer retention", old: "90 days", new: "91 days", outcome: .deny,
      problem: "the offer keeps readings longer than what was accepted"),
    Edit(
      testDescription: "a finer resolution", old: "\"60s\"", new: "\"59s\"", outcome: .deny,
      problem: "the offer asks for a finer resolution than what was accepted"),
  ]

  @Test("an edit of the offer after it was accepted adds nothing", arguments: edits)
  func edited(_ edit: Edit) {
    let agreement = agreement(
      offer: exampleOffer.editing(edit.old, edit.new), accepted: exampleOffer)
    let terms = agreement.terms(of: .environment)
    #expect(terms.decision.verdict == edit.outcome)
    #expect(terms.isHeld == (edit.problem != nil))
    #expect(agreement.offerProblem?.problem == edit.problem)
    if edit.problem != nil { #expect(agreement.grantIntent(for: .environment) == .hold) }
  }

  @Test("what is held says how it goes on: another revision, or accepting the one that is there")
  func remedies() {
    let moved = exampleOffer.editing("telemetry.example", "elsewhere.example")
    #expect(
      agreement(offer: moved, accepted: exampleOffer).offerProblem?.expected
        == "read it, and if you agree: accord consent accept")
    #expect(
      agreement(offer: moved.editing("revision = 2", "revision = 3"), accepted: exampleOffer)
        .offerProblem?.expected
        == "read it, and if you agree: accord consent accept (or write accepts = 3)")
  }

  @Test("a source whose terms changed is held alone")
  func heldAlone() {
    let agreement = agreement(
      offer: exampleOffer.editing("Tell you about faults", "Tell us about you"),
      accepted: exampleOffer)
    #expect(agreement.terms(of: .product).isHeld)
    #expect(agreement.terms(of: .environment).decision.verdict == .share)
  }

  @Test(
    "signals that the offer asks for later stay on the appliance, and what it no longer asks for does too"
  )
  func signals() {
    let wide = exampleOffer.editing("\"system.memory.*\"", "\"system.*\"")
    #expect(agreement(offer: wide).decision(for: traffic).verdict == .share)
    let later = agreement(offer: wide, accepted: exampleOffer)
    #expect(later.decision(for: traffic).verdict == .local)
    #expect(
      later.decision(for: traffic).reason == "asked for by the offer, but not when it was accepted")
    #expect(later.decision(for: memory).verdict == .share)
    let less = agreement(
      offer: exampleOffer.editing(", \"system.memory.*\"", ""), accepted: exampleOffer)
    #expect(less.decision(for: memory).verdict == .local)
    #expect(less.decision(for: cpuTime).verdict == .share)
  }

  @Test("a package that knows more signals than on the day of acceptance shares none of them")
  func newerCatalog() throws {
    // What an older package kept: its catalog had two signals of the processor.
    let old = "signals = [\"system.cpu.time\", \"system.memory.usage\"]"
    let kept = exampleOffer.editing("signals = [\"system.cpu.*\", \"system.memory.*\"]", old)
    let agreement = agreement(accepted: kept)
    let shared = Catalog.signals.filter { agreement.decision(for: $0).verdict == .share }
    #expect(
      shared.filter { $0.source == .environment }.map(\.name) == [
        "system.cpu.time", "system.memory.usage",
      ])
  }

  @Test("extremes need both: the offer of today and the one that was accepted")
  func extremes() {
    let without = exampleOffer.editing("extremes = [\"system.cpu.load_average.1m\"]", "")
    #expect(agreement().asksForExtremes(of: load))
    #expect(!agreement(accepted: without).asksForExtremes(of: load))
    #expect(!agreement(offer: without, accepted: exampleOffer).asksForExtremes(of: load))
  }

  @Test("the coarsest of accepted, offered and the customer's own resolution is in force")
  func resolution() {
    let coarse = exampleOffer.editing("\"60s\"", "\"5min\"")
    #expect(
      agreement(offer: coarse, accepted: exampleOffer).terms(of: .environment)
        .resolutionMilliseconds == 300_000)
    let own = exampleConsent + "[resolution]\nenvironment = \"10min\"\n"
    #expect(
      agreement(consent: own, offer: coarse, accepted: exampleOffer).terms(of: .environment)
        .resolutionMilliseconds == 600_000)
  }

  @Test("what is kept reads back as what was accepted, whatever the supplier wrote")
  func roundTrip() throws {
    let odd = exampleOffer.editing(
      "A yearly site-health report", "a \\\"quoted\\\" \\uE007 \\\\ bell")
    let accepted = AcceptedOffer(freezing: try Offer(parsing: Array(odd.utf8)))
    let read = try AcceptedOffer(parsing: Array(accepted.text.utf8))
    #expect(read.text == accepted.text)
    #expect(read.offer.requests[.environment]?.benefit == "a \"quoted\" \u{E007} \\ bell")
    let shared = agreement(offer: odd)
    let later = agreement(offer: odd, accepted: accepted.text)
    for signal in Catalog.signals {
      #expect(shared.decision(for: signal) == later.decision(for: signal), "\(signal.name)")
    }
    #expect(shared.contentDigest == later.contentDigest)
  }

  @Test("what was kept and cannot be read, or is not what was accepted, holds the sharing")
  func damaged() throws {
    let desk = Desk()
    defer { desk.removeAccepted() }
    desk.look()
    #expect(desk.verdict == .share)
    let name = AcceptedOffer.fileName(supplier: "Example Devices Ltd", revision: 2)
    let kept = AcceptedOffer(freezing: try Offer(parsing: Array(exampleOffer.utf8))).text
    desk.writeAccepted("schema = 1\nsupplier = ", name)
    #expect(desk.look())
    #expect(desk.verdict == .deny)
    #expect(desk.problem?.contains("accepted/\(name):2:12: ") == true)
    desk.writeAccepted(kept, name)
    #expect(desk.look())
    #expect(desk.verdict == .share)
    desk.writeAccepted(kept.editing("7776000000ms", "77760000000ms"), name, vouchedFor: kept)
    #expect(desk.look())
    #expect(desk.problem?.contains("accepted/\(name): this is not what was accepted") == true)
    desk.writeAccepted(kept, name)
    desk.removeAccepted()
    #expect(desk.look())
    #expect(desk.problem?.contains("accepted/\(name): what was accepted cannot be read") == true)
  }

  @Test("a kept offer that the ledger does not vouch for counts for nothing")
  func notVouchedFor() {
    let wide = exampleOffer.editing("\"system.memory.*\"", "\"system.*\"")
    let desk = Desk(offer: wide)
    defer { desk.removeAccepted() }
    desk.writeAccepted(wide, AcceptedOffer.fileName(supplier: "Example Devices Ltd", revision: 2))
    desk.memory.facts = .none
    desk.look()
    guard case .new = desk.watch.agreement.acceptance else {
      Issue.record("the offer counts as accepted")
      return
    }
  }

  @Test(
    "while the ledger asks for a new acceptance nothing is shared, and what is local goes on",
    arguments: [LedgerFacts.Wait.ledgerLost, .copied, .unreadable("busy")])
  func waits(_ wait: LedgerFacts.Wait) {
    let desk = Desk(consent: exampleConsent.editing("product = \"share\"", "product = \"local\""))
    desk.memory.facts.wait = wait
    desk.look()
    #expect(desk.verdict == .deny)
    #expect(desk.watch.agreement.terms(of: .environment).isHeld)
    #expect(desk.watch.agreement.terms(of: .product).decision.verdict == .local)
    #expect(desk.problem?.hasPrefix(desk.path + "/ledger.db: ") == true)
    desk.memory.facts.wait = nil
    desk.watch.readAgain()
    #expect(desk.look())
    #expect(desk.verdict == .share)
  }
}

@Suite("Rule 9: old files do not bring back what was revoked")
struct OldConsentTests {
  @Test("a consent file that was saved before the last revocation holds until it is saved again")
  func older() throws {
    let desk = Desk()
    desk.look()
    let old = try #require(try FileState.of(desk.consent))
    #expect(desk.watch.consentModifiedNanoseconds == old.modifiedNanoseconds)
    desk.memory.facts.revokedModifiedNanoseconds = old.modifiedNanoseconds + 1
    // Other bytes with the old time, as `cp -p` of a backup leaves them.
    desk.write(exampleConsent + "# from the backup\n", to: desk.consent)
    desk.restoreTimes(desk.consent, old)
    #expect(desk.look())
    #expect(desk.watch.agreement.standing != .inForce)
    #expect(desk.watch.agreement.terms(of: .environment).isHeld)
    #expect(desk.problem?.contains("an old copy came back") == true)
    desk.write(exampleConsent, to: desk.consent)
    #expect(desk.look())
    #expect(desk.verdict == .share)
  }

  @Test("the very file by which something was revoked is in force")
  func same() throws {
    let desk = Desk()
    desk.memory.facts.revokedModifiedNanoseconds = try #require(try FileState.of(desk.consent))
      .modifiedNanoseconds
    desk.look()
    #expect(desk.verdict == .share)
  }
}
