/// The files under /var/lib/accord.
package struct StateDirectory: Sendable {
  package let path: String

  package init(_ path: String) { self.path = path }

  package var history: String { path + "/history.db" }
  package var spool: String { path + "/spool.db" }
  package var ledger: String { path + "/ledger.db" }
  package var databases: [String] { [history, spool, ledger] }
  /// The pseudonym under which the appliance is known to the supplier.
  package var identity: String { path + "/identity" }
  /// What was accepted of the supplier's offers.
  package var accepted: String { path + "/accepted" }
  /// Held by whoever delivers, and by a rewrite of the spool: one of them at a time.
  package var uploadLock: String { path + "/upload.lock" }
  /// Held shared while a database is opened, exclusively while one is replaced.
  var swapLock: String { path + "/swap.lock" }
}
