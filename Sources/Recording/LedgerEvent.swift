// What the ledger holds a row of. Every row also has `agreement`, the fingerprint of the agreement in force, once
// there is one. D is a salted digest, whose name `accord ledger` shows as long as it is kept (LedgerNames).
//
// | kind | when | detail |
// | --- | --- | --- |
// | offer-accepted | an offer was accepted and kept | revision, digest of what was kept |
// | agreement-changed | another agreement is followed | standing, revision, accepts; supplier, endpoint, accepted_by (D); each source's decision |
// | grant-opened, grant-closed | sharing of a source begins, ends for good | grant, source; supplier, endpoint (D) |
// | deletion-recorded | something is no longer read or sent | source, database, batches, readings, because: the line that asked for it |
// | deletion-done | the database was rewritten without it | database |
// | gap | batches were lost to a bound | database, source, reason (quota, damaged, time-unknown), batches, readings |
// | readings-lost | readings were lost before they became batches | history, spool |
// | clock-step | the wall clock was set against the boot clock | by_ms: forward is positive |
// | database-set-aside | a damaged file was put aside, a new one begun | file |
// | database-begun | a file was gone or replaced while in use, a new one begun | file |
// | databases-copied | files that do not belong together were made this appliance's own | reason |
// | identity-created, -removed | the pseudonym | |
// | upload | the receiver answered for good | delivery, grant, outcome, status (HTTP), batches, readings, rejected, bytes and body_sha256 of the body |
// | upload-tried | a body left, or a part of it, and was not answered for good | the same |
// | deletion-asked | the supplier was asked to delete what it has | is_taken: whether the receiver took the notice |
// | dump-override | a dump was to hold what the agreement withholds | case (D); seconds for which that held |
// | dump-made | a dump was written | case (D); sources of which it holds data; has_logs, is_overridden |
// | checkpoint | the oldest rows were removed | through: the last of them; hash: its hash; counts of all that were ever removed, by kind; upload: the newest delivery among them |

extension Ledger {
  package enum Event: String, CaseIterable, Sendable {
    case offerAccepted = "offer-accepted"
    case agreementChanged = "agreement-changed"
    case grantOpened = "grant-opened"
    case grantClosed = "grant-closed"
    case deletionRecorded = "deletion-recorded"
    case deletionDone = "deletion-done"
    case gap
    case readingsLost = "readings-lost"
    case clockStep = "clock-step"
    case databaseSetAside = "database-set-aside"
    case databaseBegun = "database-begun"
    case databasesCopied = "databases-copied"
    case identityCreated = "identity-created"
    case identityRemoved = "identity-removed"
    case upload
    case uploadTried = "upload-tried"
    case deletionAsked = "deletion-asked"
    case dumpOverride = "dump-override"
    case dumpMade = "dump-made"
    case checkpoint
  }
}
