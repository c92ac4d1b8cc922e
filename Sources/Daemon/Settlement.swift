// What accordd does after a change of the agreement, done by a command while accordd does not run: the agreement and
// what was accepted are written down, grants are settled, and what the customer took back is removed. It is the same
// agent without its sampling; whoever holds accordd's lock may be it.

package import Configuration
internal import Digest
package import Handshake
package import Linux
internal import Recording
internal import SQLite

package enum Settlement {
  package enum Outcome: Equatable, Sendable {
    case settled
    /// What could not be done now, and why. accordd goes on with it when it starts.
    case owed(String)
    /// accordd runs, and does it itself.
    case daemonRuns
  }

  /// How long a rewrite may stand still before it counts as kept from going on.
  fileprivate static let stillMillisecondsMax: Int64 = 5_000

  /// - Parameters:
  ///   - meant: the agreement that the command made, when what it takes back is removed at once.
  ///   - progress: called with the number of bytes written so far, now and then.
  package static func run(
    _ locations: Locations, settings: Settings, clock: any Clock, meant: Agreement? = nil,
    progress: (Int64) -> Void
  ) throws(StartError) -> Outcome {
    let state = StateDirectory(locations.state)
    let lock = try StartError.translating { () throws(SystemError) in
      try Directory.create(locations.state, mode: 0o750)
      return try LockFile.acquire(state.daemonLock, .exclusive)
    }
    guard lock != nil else { return .daemonRuns }
    var agent = try Agent.start(
      locations, kernelRoot: KernelRoot("/"), settings: settings, clock: clock, log: Log { _, _ in }
    )
    agent.revocation.meant = meant?.contentDigest.bytes
    let outcome = agent.settle(state, progress)
    agent.rememberPair()
    // accordd may run as another user than whoever gives commands.
    for folder in [state.path, state.accepted, state.privateFolder] {
      try? Directory.handOver(folder)
    }
    _ = consume lock
    return outcome
  }
}

extension Agent {
  /// The files are others after a rewrite, and belong together all the same.
  fileprivate func rememberPair() {
    try? Pair.remember(ledger, spool, machineFile: locations.machineFile)
  }

  /// Whether what the command meant was followed by deletion. A held agreement never is, and says why itself.
  private var isMeantDone: Bool {
    revocation.meant == nil || watch.agreement.standing != .inForce
      || revocation.settledAgreementSince == watch.unchangedSinceMilliseconds
  }

  fileprivate mutating func settle(
    _ state: StateDirectory, _ progress: (Int64) -> Void
  ) -> Settlement.Outcome {
    var (bytes, since) = (state.rewrittenBytes, clock.bootTimeMilliseconds)
    while true {
      // At each turn: with the last grant another hash key begins, and the agreement is applied anew.
      lookAtAgreement(clock.bootTimeMilliseconds)
      if let problem = agreementProblem { return .owed(problem) }
      revocation.followsAnEdit = true
      carryOutRevocations(clock.bootTimeMilliseconds)
      while workBetweenTicks() { progress(state.rewrittenBytes) }
      if let problem = revocation.problem { return .owed(problem) }
      if !revocation.isOwed {
        return isMeantDone ? .settled : .owed("the agreement was changed again meanwhile")
      }
      progress(bytes)
      if state.rewrittenBytes != bytes {
        (bytes, since) = (state.rewrittenBytes, clock.bootTimeMilliseconds)
      } else if clock.bootTimeMilliseconds - since > Settlement.stillMillisecondsMax {
        return .owed("another program holds a database or the upload lock")
      } else {
        Process.pause(milliseconds: 10)
      }
    }
  }
}
