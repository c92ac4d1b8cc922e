// What happens to the files of the agent without anybody asking it: a power cut at any instant, a backup that is put
// back, files that are deleted, a reader that keeps a database open.

import Configuration
import Glibc
import Handshake
import Linux
import Recording
import SQLite
import TestSupport

/// A copy of the state directory.
struct Backup {
  var files: [String: [UInt8]] = [:]
  var memory = Model.Memory()
  /// The newest batch of the spool.
  var newestBatch: Int64 = 0
}

/// Somebody who looks at a database and does not go on.
final class Reader {
  private let database: Database
  private var rows: Statement

  init(_ path: String) throws {
    database = try Database(path, .readOnly, busyTimeoutMilliseconds: 1_000)
    rows = try database.prepare("SELECT number FROM batches")
    _ = try rows.step()
  }
}

extension SimulatedAppliance {
  func backup() -> Backup {
    var backup = Backup(memory: model.memory, newestBatch: records.newestBatch)
    for folder in ["", "/accepted"] {
      for name in (try? Directory.entries(state.path + folder)) ?? [] {
        guard let file = try? FileDescriptor.open("\(state.path)\(folder)/\(name)", .readOnly),
          let bytes = try? file.readAll(limitBytes: 1 << 26)
        else { continue }
        backup.files["\(folder)/\(name)"] = bytes
      }
    }
    return backup
  }

  /// Puts files back: into the same inodes, as a power cut leaves them, or as new files, as a copy makes them.
  private func restore(_ files: [String: [UInt8]], inPlace: Bool) {
    if !inPlace { _ = system("rm -rf \(state.path)/*") }
    for folder in ["", "/accepted"] {
      for name in (try? Directory.entries(state.path + folder)) ?? []
      where files["\(folder)/\(name)"] == nil {
        unlink("\(state.path)\(folder)/\(name)")
      }
    }
    mkdir(state.accepted, 0o755)
    for (name, bytes) in files {
      let file = open(state.path + name, O_WRONLY | O_CREAT | O_TRUNC, 0o640)
      precondition(Glibc.write(file, bytes, bytes.count) == bytes.count)
      close(file)
    }
  }

  /// The power goes out in the middle of `work`, at a moment at which somebody asks for the time.
  func cutPower(during work: () throws -> Void) throws {
    var countdown = Int.random(in: 0..<12, using: &generator)
    var left: Backup?
    clock.whenAsked = { [unowned self] in
      countdown -= 1
      guard countdown < 0, left == nil else { return }
      left = Backup()
      left = backup()
    }
    defer { clock.whenAsked = nil }
    isPowerFailing = true
    try work()
    isPowerFailing = false
    clock.whenAsked = nil
    agent = nil
    reader = nil
    if let left { restore(left.files, inPlace: true) }
    try records.look(self)
    lastJudgement = nil
    try start()
    try tick()
  }

  /// Files come back or vanish while the agent does not run.
  func disaster() throws {
    switch Int.random(in: 0..<8, using: &generator) {
    case 0, 1:
      guard let saved = saved, records.newestBatch > saved.newestBatch else { return }
      let isWhole = Bool.random(using: &generator)
      note(isWhole ? "the state directory comes back from a backup" : "an older spool comes back")
      var files = saved.files
      if !isWhole {
        files = backup().files.filter { !$0.key.hasPrefix("/spool.db") }
        for (name, bytes) in saved.files where name.hasPrefix("/spool.db") { files[name] = bytes }
      }
      restore(files, inPlace: !isWhole)
      if isWhole { records.forget(state.history) }
      records.forget(state.spool)
      model.forgetGrants()
      model.remember(isWhole ? saved.memory : model.memory, waits: true)
    case 2:
      note("the spool is deleted")
      for suffix in ["", "-wal", "-shm"] { unlink(state.spool + suffix) }
      records.forget(state.spool)
      model.forgetGrants()
    case 3:
      note("the history is deleted")
      for suffix in ["", "-wal", "-shm"] { unlink(state.history + suffix) }
      records.forget(state.history)
    case 4:
      note("the ledger is deleted")
      for suffix in ["", "-wal", "-shm"] { unlink(state.ledger + suffix) }
      model.remember(Model.Memory(), waits: true)
    case 5:
      note("the state directory is emptied")
      _ = system("rm -rf \(state.path)/*")
      records.forget(state.history)
      records.forget(state.spool)
      model.forgetGrants()
      model.remember(Model.Memory(), waits: false)
    default:
      saved = backup()
      note("a backup is made")
    }
    try records.look(self)
  }

  /// `accord consent accept`.
  func accept() throws {
    guard agent != nil, let half = model.offer.believed else { return }
    model.consent.isMissing = false
    model.consent.flaw = nil
    model.consent.half.supplier = half.supplier
    model.consent.half.accepts = half.revision
    writeConsent()
    let ledger = try Ledger.open(state, busyMilliseconds: 1_000)
    try ledger.accept(
      AcceptedOffer(freezing: try Offer(parsing: Array(half.text.utf8))),
      consentModifiedNanoseconds: model.consentModified * 1_000_000_000, in: state,
      atMilliseconds: clock.wallTimeMilliseconds)
    model.acceptByCommand()
    note("accord consent accept")
  }

  /// A consent of another day is put back.
  func bringBackOldConsent() {
    guard let old = oldConsents.randomElement(using: &generator) else { return }
    model.consent = old.file
    writeConsent()
    model.consentModified = old.modified
    setModified(locations.consent, old.modified)
    note("the consent of \(old.modified) comes back, revoked by \(model.memory.revokedModified)")
  }

  /// The supplier goes back to an earlier offer, and the customer with it.
  func bringBackOldOffer(_ old: OfferHalf) {
    model.offer = HalfFile(half: old)
    writeOffer()
    model.consent.half.accepts = old.revision
    writeConsent()
    note("the offer of revision \(old.revision) for \(old.endpoint) comes back and is accepted")
  }
}
