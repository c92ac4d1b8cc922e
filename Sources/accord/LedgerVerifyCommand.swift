internal import ArgumentParser
internal import Configuration
internal import JSON
internal import Recording

struct LedgerVerifyCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Whether every row of the ledger is as it was written.",
    discussion: """
      Follows the chain of hashes and names the first row that was edited, removed, put in or moved. A chain alone \
      cannot show that all of it was written anew, or that its end was cut off. For that, give the head that the \
      supplier was told: each accord.delivery event has accord.ledger.number and accord.ledger.head. What was \
      written up to that row can then not have been changed since.

      Exit codes: 0 the chain holds, 1 it does not, or there is no ledger to look at.

      Example: accord ledger verify
      """)

  @OptionGroup var installation: InstallationOptions

  @Option(
    help: ArgumentHelp(
      "Also check that this head, which the supplier was told, is in the chain.",
      valueName: "number:hash"))
  var head: LedgerHead?

  func run() throws {
    let directory = StateDirectory(installation.locations.state)
    let verdict: ChainVerdict
    do {
      guard let ledger = try Ledger.openForReading(directory) else {
        throw CommandFailure(
          .failed,
          "there is no ledger at \(directory.ledger): accordd has not run yet, or it was removed")
      }
      do { verdict = try ledger.verify(against: head) } catch {
        throw RecordingError.database(error)
      }
    } catch let error as RecordingError { throw CommandFailure(.failed, error) }
    if installation.json { printObject(verdict) }
    switch verdict {
    case .holds(_, _, let newest):
      if installation.json { return }
      Output.print("\(verdict)")
      guard head == nil else { return Output.print("the head that was told is in it") }
      Output.print(
        """
        whoever was told this head can check later that nothing up to row \(newest.number) was changed since: \
        accord ledger verify --head NUMBER:HASH
        """)
    case .broken: throw CommandFailure(.failed, installation.json ? "" : "\(verdict)")
    }
  }

  private func printObject(_ verdict: ChainVerdict) {
    Output.object { object in
      switch verdict {
      case .holds(let rows, let first, let newest):
        object.member("holds", true)
        object.member("rows", rows)
        object.member("first", first)
        object.member("head", "\(newest)")
        object.member("told", head.map { "\($0)" })
      case .broken(let row, let fault):
        object.member("holds", false)
        object.member("row", row)
        object.member("problem", fault.description)
      }
    }
  }
}

extension LedgerHead: ExpressibleByArgument {
  init?(argument: String) { self.init(argument) }
}
