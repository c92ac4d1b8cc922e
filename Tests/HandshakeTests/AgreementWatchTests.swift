import Glibc
import Linux
import TOML
import Telemetry
import Testing

@testable import Handshake

@Suite("The watch over the two files")
struct AgreementWatchTests {
  static let denied = exampleConsent.editing("environment = \"share\"", "environment = \"deny\"")

  @Test("the first look is news, and a look at unchanged files is not")
  func firstLook() {
    let desk = Desk()
    #expect(desk.verdict == .deny)
    #expect(desk.look())
    #expect(desk.verdict == .share)
    for _ in 0..<10 { #expect(!desk.look()) }
  }

  @Test("an edit is noticed though size and modification time are as before")
  func sameSizeAndTime() throws {
    let desk = Desk()
    desk.look()
    desk.look()
    let before = try #require(try FileState.of(desk.consent))
    desk.write(
      exampleConsent.editing("environment = \"share\"", "environment = \"local\""), to: desk.consent
    )
    desk.restoreTimes(desk.consent, before)
    let after = try #require(try FileState.of(desk.consent))
    #expect(after.sizeBytes == before.sizeBytes && after.inode == before.inode)
    #expect(after.modifiedNanoseconds == before.modifiedNanoseconds)
    #expect(desk.look())
    #expect(desk.verdict == .local)
  }

  @Test("a file renamed over, removed or put back is noticed at the next look")
  func renamedRemovedRestored() {
    let desk = Desk()
    desk.look()
    desk.replace(desk.consent, with: Self.denied)
    #expect(desk.look())
    #expect(
      desk.watch.agreement.terms(of: .environment).decision.reason == "denied by the customer")
    #expect(unlink(desk.consent) == 0)
    #expect(desk.look())
    #expect(desk.watch.agreement.standing == .none)
    desk.write(exampleConsent, to: desk.consent)
    #expect(desk.look())
    #expect(desk.verdict == .share)
    #expect(unlink(desk.offer) == 0)
    #expect(desk.look())
    #expect(desk.verdict == .deny)
    #expect(desk.problem?.contains("there is no offer") == true)
  }

  @Test(
    "a mode that lets others write holds everything at the next look, and the mended mode ends it",
    arguments: [UInt32(0o664), 0o646, 0o666, 0o777])
  func mode(_ mode: UInt32) {
    let desk = Desk()
    desk.look()
    #expect(chmod(desk.consent, mode) == 0)
    #expect(desk.look())
    #expect(desk.verdict == .deny)
    #expect(desk.watch.agreement.terms(of: .environment).isHeld)
    #expect(
      desk.problem == """
        \(desk.consent): its mode is \(String(mode, radix: 8)), so others can write it; \
        expected a file that only its owner can write: chmod go-w \(desk.consent)
        """)
    #expect(chmod(desk.consent, 0o600) == 0)
    #expect(desk.look())
    #expect(desk.verdict == .share)
  }

  @Test("a file that belongs to somebody else holds", .enabled(if: geteuid() == 0))
  func owner() {
    let desk = Desk()
    desk.look()
    #expect(chown(desk.consent, 1234, 0) == 0)
    #expect(desk.look())
    #expect(desk.verdict == .deny)
    #expect(
      desk.problem?.hasPrefix(
        "\(desk.consent): it belongs to user 1234; expected a file owned by root") == true)
    #expect(chown(desk.consent, 0, 0) == 0)
    #expect(chown(desk.offer, 1234, 0) == 0)
    #expect(desk.look())
    #expect(desk.problem?.hasPrefix("\(desk.offer): it belongs to user 1234") == true)
    #expect(desk.watch.agreement.standing == .inForce)
  }

  @Test(
    "what is no file, or too long to be one of ours, says so and is no doubt about the other half")
  func noFile() {
    let desk = Desk(consent: exampleConsent.replacing("share", with: "local"), offer: nil)
    #expect(mkdir(desk.offer, 0o755) == 0)
    desk.look()
    #expect(desk.verdict == .local)
    #expect(rmdir(desk.offer) == 0)
    desk.write(String(repeating: "#", count: Limits.configurationFileBytesMax + 1), to: desk.offer)
    #expect(!desk.look())
    #expect(desk.verdict == .local)
    desk.write(exampleConsent, to: desk.consent)
    desk.look()
    #expect(desk.problem?.contains("expected a readable file of at most 256 KiB") == true)
    #expect(desk.problem?.hasPrefix(desk.offer) == true)
    desk.write(
      String(repeating: "#", count: Limits.configurationFileBytesMax + 1), to: desk.consent)
    desk.look()
    #expect(desk.problem?.hasPrefix(desk.consent) == true)
    #expect(desk.problem?.contains("expected a readable file of at most 256 KiB") == true)
    desk.write(exampleConsent, to: desk.consent)
    desk.write(exampleOffer, to: desk.offer)
    desk.look()
    #expect(desk.verdict == .share)
  }

  @Test(
    "of edits in quick succession the last one is always the one in force",
    arguments: [0, 400 * dayMilliseconds])
  func racyEdits(_ clockIsAhead: Int64) {
    // Two edits within one tick of the kernel's clock may leave the same size, times and inode. The time by
    // which `until` passes may be far from the file system's: that must not matter.
    let desk = Desk()
    desk.now = today + clockIsAhead
    let texts = ["deny!", "local", "share"].map {
      exampleConsent.editing("environment = \"share\"", "environment = \"\($0)\"")
        .replacing("deny!\"", with: "deny\" ")
    }
    for round in 0..<300 {
      desk.write(texts[round % 3], to: desk.consent)
      desk.look(after: 1)
      desk.write(texts[(round + 1) % 3], to: desk.consent)
      desk.look(after: 1)
      #expect(desk.verdict.rawValue == UInt8((round + 1) % 3), "round \(round)")
    }
  }

  @Test("a word has settled when it stood unchanged for 30 seconds in a valid consent")
  func settling() {
    let desk = Desk(consent: Self.denied)
    desk.look()
    let since = desk.bootTime
    #expect(desk.watch.unchangedSinceMilliseconds == since)
    #expect(!desk.hasSettled(at: since + 29_999))
    #expect(desk.hasSettled(at: since + 30_000))
    desk.write(exampleConsent, to: desk.consent)
    desk.look(after: 20_000)
    desk.write(Self.denied, to: desk.consent)
    desk.look(after: 1_000)
    #expect(!desk.hasSettled(at: since + 30_000))
    #expect(desk.hasSettled(at: since + 51_000))
  }

  @Test(
    "doubt never settles, however long it lasts",
    arguments: [
      nil, "schema = 1\n[sources", "schema = 2\n[sources]\n",
      "schema = 1\n[sources]\nproduct = 1\n",
      "schema = 1\nuntil = 1999-01-01\n[sources]\n",
    ])
  func doubtNeverSettles(_ consent: String?) {
    let desk = Desk(consent: consent)
    for _ in 0..<20 { desk.look(after: 3_600_000) }
    #expect(!desk.hasSettled(at: desk.bootTime))
    #expect(desk.watch.agreement.terms(of: .environment).isHeld)
  }

  @Test(
    "an agreement ends while nothing touches the files, and goes on when a wrong clock is put right"
  )
  func until() {
    let desk = Desk(
      consent: exampleConsent.editing("accepts = 2", "accepts = 2\nuntil = 2026-11-22"))
    desk.look()
    #expect(desk.verdict == .share)
    desk.now = today + dayMilliseconds - 10_001
    #expect(!desk.look())
    #expect(desk.look(after: 1))
    #expect(desk.verdict == .deny)
    #expect(desk.watch.agreement.terms(of: .environment).isHeld)
    #expect(
      desk.problem
        == "\(desk.consent):4:9: the agreement ended on 2026-11-22, at 00:00 UTC; to go on, write a later day behind 'until'"
    )
    #expect(!desk.look())
    desk.now = today
    #expect(desk.look())
    #expect(desk.verdict == .share)
  }

  @Test("a comment, or a line that moves, keeps the meaning and moves the place of the rule")
  func comment() {
    let desk = Desk()
    desk.look()
    let before = desk.watch.agreement.contentDigest
    desk.write("# a note\n" + exampleConsent, to: desk.consent)
    #expect(desk.look())
    #expect(desk.watch.agreement.contentDigest == before)
    #expect(desk.watch.agreement.terms(of: .environment).decision.rule.place?.line == 8)
  }

  @Test("a file that moves while it is read is not believed, and is read again")
  func movingFile() async {
    // A writer in a thread of its own flips between two texts that both parse, of which one is much longer;
    // what the watch believes is always one of the two and never a mixture of both.
    let desk = Desk()
    let long = Self.denied + String(repeating: "# padding\n", count: 12_000)
    let path = desk.consent
    let writer = Task.detached {
      for round in 0..<400 {
        let text = round.isMultiple(of: 2) ? long : exampleConsent
        let descriptor = open(path, O_WRONLY | O_TRUNC)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
          let part = rest.prefix(4096)
          _ = part.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
          rest = rest.dropFirst(part.count)
        }
        close(descriptor)
      }
    }
    for _ in 0..<400 {
      desk.look(after: 1)
      let terms = desk.watch.agreement.terms(of: .environment)
      // Half a file may parse as a word of refusal, never as more than one of the two says.
      #expect(
        terms.isHeld || terms.decision.verdict == .deny || terms.decision.rule.place?.line == 7)
    }
    await writer.value
    desk.look(after: 1)
    desk.look(after: 3_000)
    #expect(desk.verdict == .share)
  }
}
