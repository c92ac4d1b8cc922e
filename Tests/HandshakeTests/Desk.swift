// A directory with the two files as people leave them there, and a watch that looks at them.

import Digest
import Glibc
import Linux
import Telemetry
import TestSupport

@testable import Handshake

/// What the ledger remembers.
final class Memory: @unchecked Sendable {
  var facts = LedgerFacts.none
}

final class Desk {
  private let folder: TemporaryDirectory
  let prefix: String
  /// The folder of the files. It and the one around it count, the prefix does not.
  let path: String
  let memory = Memory()
  var watch: AgreementWatch
  /// The boot clock of the tests.
  var bootTime: Int64 = 1_000_000
  var now = today

  var consent: String { path + "/consent.toml" }
  var offer: String { path + "/offer.toml" }

  init(consent: String? = exampleConsent, offer: String? = exampleOffer) {
    folder = try! TemporaryDirectory()
    prefix = folder.path
    path = prefix + "/etc/accord"
    for folder in [prefix + "/etc", path] { mkdir(folder, 0o755) }
    watch = AgreementWatch(
      consentPath: path + "/consent.toml", offerPath: path + "/offer.toml",
      record: AcceptanceRecord(folder: path + "/accepted", ledgerFile: path + "/ledger.db") {
        [memory] in memory.facts
      },
      trusting: TrustedOwners(prefix: prefix))
    if let consent { write(consent, to: self.consent) }
    if let offer { write(offer, to: self.offer) }
  }

  /// Writes into the file that is there: the inode stays.
  func write(_ text: String, to file: String) { write(Array(text.utf8), to: file) }

  func write(_ bytes: [UInt8], to file: String) {
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    precondition(descriptor >= 0)
    precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    close(descriptor)
  }

  /// What accordd has kept of an accepted offer, and what the ledger vouches for.
  func writeAccepted(_ text: String, _ name: String, vouchedFor: String? = nil) {
    mkdir(path + "/accepted", 0o755)
    write(text, to: path + "/accepted/" + name)
    memory.facts.acceptances[name] = SHA256(of: Array((vouchedFor ?? text).utf8)).bytes
  }

  func removeAccepted() {
    let name = AcceptedOffer.fileName(supplier: "Example Devices Ltd", revision: 2)
    _ = unlink(path + "/accepted/" + name)
    _ = rmdir(path + "/accepted")
  }

  /// Writes a new file and renames it over, as most editors do.
  func replace(_ file: String, with text: String) {
    write(text, to: path + "/new.toml")
    precondition(rename(path + "/new.toml", file) == 0)
  }

  /// Puts the access and modification times of `file` back to what they were in `before`.
  func restoreTimes(_ file: String, _ before: FileState) {
    let time = timespec(
      tv_sec: Int(before.modifiedNanoseconds / 1_000_000_000),
      tv_nsec: Int(before.modifiedNanoseconds % 1_000_000_000))
    precondition(utimensat(AT_FDCWD, file, [time, time], 0) == 0)
  }

  /// Looks `milliseconds` later. Returns whether the agreement is another one.
  @discardableResult
  func look(after milliseconds: Int64 = 10_000) -> Bool {
    bootTime += milliseconds
    now += milliseconds
    return watch.refresh(bootTimeMilliseconds: bootTime, nowMilliseconds: now)
  }

  func hasSettled(at bootTime: Int64) -> Bool {
    watch.hasSettled(bootTimeMilliseconds: bootTime)
  }

  var verdict: Verdict { watch.agreement.terms(of: .environment).decision.verdict }
  var problem: String? { watch.agreement.problems.first?.description }
}
