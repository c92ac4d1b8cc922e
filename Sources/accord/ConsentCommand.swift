internal import ArgumentParser

struct ConsentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "consent",
    abstract: "The agreement: what it says, and saying yes and no.",
    discussion: """
      consent.toml is the customer's word, and may as well be edited by hand. These commands change single values \
      of it, keep all else in the file, and return when the change is in force.

      Example: accord consent show
      """,
    subcommands: [
      ConsentShowCommand.self, ConsentCheckCommand.self, ConsentPlanCommand.self,
      ConsentAcceptCommand.self, ConsentSetCommand.self, ConsentRevokeCommand.self,
    ])
}
