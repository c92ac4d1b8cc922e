// A change that was made by a command: the person meant all of it, so it need not stand for half a minute before it is
// followed by deletion. The command writes down which agreement it makes before it makes it; whoever deletes asks.

internal import Digest
package import Handshake
package import SQLite

extension Ledger {
  /// Notes that `agreement` was made by a command.
  package func confirm(_ agreement: Agreement) throws(SQLiteError) {
    try set(.confirmed, agreement.contentDigest.description)
  }

  /// Whether `agreement` was made by the latest command, and has not been followed by deletion yet.
  package func isConfirmed(_ agreement: Agreement) throws(SQLiteError) -> Bool {
    try text(.confirmed) == agreement.contentDigest.description
  }

  /// The agreement has been followed by deletion: the same words written by hand later are another change.
  package func finishFollowing(_ fingerprint: String) throws(SQLiteError) {
    try remove(.confirmed)
    try set(.followed, fingerprint)
  }

  /// Whether the agreement that was last followed by deletion is another one.
  package func hasFollowedAnother(_ fingerprint: String) throws(SQLiteError) -> Bool {
    guard let followed = try text(.followed) else { return false }
    return followed != fingerprint
  }

  /// A command saved the consent at this moment: whatever the clocks say, it is no old copy.
  package func believeConsent(savedAtNanoseconds saved: Int64) throws(SQLiteError) {
    guard let revoked = try integer(.revokedModified), saved < revoked else { return }
    try set(.revokedModified, saved)
  }
}
