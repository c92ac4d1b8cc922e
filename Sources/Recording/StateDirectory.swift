internal import Linux

/// The files under /var/lib/accord.
package struct StateDirectory: Sendable {
  package let path: String

  package init(_ path: String) { self.path = path }

  /// What the upload never opens: its unit makes this folder inaccessible. A folder, because the files in it are
  /// replaced by others of the same name.
  package var privateFolder: String { path + "/private" }
  package var history: String { privateFolder + "/history.db" }
  package var spool: String { path + "/spool.db" }
  package var ledger: String { path + "/ledger.db" }
  package var databases: [String] { [history, spool, ledger] }
  /// The pseudonym under which the appliance is known to the supplier.
  package var identity: String { path + "/identity" }
  /// The key under which attribute values are hashed. Only accordd may read it.
  package var hashKey: String { privateFolder + "/hash.key" }
  /// What the names in dumps stand for (host-1, ip-3). It stays here.
  package var dumpNames: String { privateFolder + "/dump-names" }
  /// Space that is given up when something has to be removed and the disk is full.
  package var reserve: String { path + "/reserve" }
  /// What was accepted of the supplier's offers.
  package var accepted: String { path + "/accepted" }
  /// Held by accordd as long as it runs, and by a command that does its work while it does not.
  package var daemonLock: String { path + "/accordd.lock" }
  /// Held by whoever delivers, and by a rewrite of the spool: one of them at a time.
  package var uploadLock: String { path + "/upload.lock" }
  /// Held shared while a database is opened, exclusively while one is replaced.
  var swapLock: String { path + "/swap.lock" }

  /// Makes the folder of what the upload never opens.
  func makePrivateFolder() throws(SystemError) {
    try Directory.create(privateFolder, mode: 0o750)
  }

  /// Whether the spool is being written anew at this moment.
  package var isSpoolRewritten: Bool { ((try? FileState.of(spool + ".rewrite")) ?? nil) != nil }

  /// How much of the databases has been written anew so far, in bytes: it moves as long as a rewrite does.
  package var rewrittenBytes: Int64 {
    databases.reduce(0) { $0 + (((try? FileState.of($1 + ".rewrite")) ?? nil)?.sizeBytes ?? 0) }
  }
}
