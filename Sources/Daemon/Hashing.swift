// The key under which values are hashed. It is made when an agreement first asks for hashing, and read again at every
// change. While it cannot be read or made, what would be hashed is dropped, and each seal tries again.

internal import Handshake
internal import Recording

/// How hashing stands.
struct Hashing {
  /// Nil when nothing is hashed, or the key cannot be had.
  var key: HashKey?
  /// Why the key cannot be had, as long as that is so.
  var problem: String?
}

extension Agent {
  /// Reads the key, or makes it, where the agreement asks for hashing.
  mutating func readHashKey() {
    let before = hashing.problem
    hashing = Hashing()
    guard watch.agreement.needsHashKey else { return }
    do {
      hashing.key = try HashKeyFile.readOrMake(state)
      if before != nil { log.notice("values are hashed again") }
    } catch {
      let problem = "\(error)"
      hashing.problem = problem
      if problem != before { log.error("\(problem); what would be hashed is dropped until then") }
    }
  }

  /// Tries again to have the key; with it the next tick begins anew, because what stands in memory has other names.
  mutating func retryHashKey() {
    guard hashing.problem != nil else { return }
    readHashKey()
    guard hashing.key != nil else { return }
    beginAnew()
    // What is already written could not be hashed either.
    revocation.settledAgreementSince = nil
  }

  /// After a full revocation a later grant has another key.
  mutating func replaceHashKey() {
    readHashKey()
    if hashing.key != nil { beginAnew() }
  }
}
