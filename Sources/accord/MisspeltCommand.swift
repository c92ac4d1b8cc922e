internal import ArgumentParser
internal import TOML

/// A command that somebody has mistyped: the argument parser only says that it did not expect the word.
enum MisspeltCommand {
  /// What to say of the words behind `accord`; nil when they begin with commands that there are, or with something else
  /// altogether.
  static func sentence(_ words: some Sequence<String>) -> String? {
    var command: any ParsableCommand.Type = Accord.self
    for word in words {
      let commands = command.configuration.subcommands
      if commands.isEmpty || word.hasPrefix("-") { return nil }
      if let next = commands.first(where: { $0._commandName == word }) {
        command = next
        continue
      }
      let names = commands.filter { $0.configuration.shouldDisplay }.map { $0._commandName }
      guard word != "help", let name = nearest(to: word, among: names + ["help"]) else {
        return nil
      }
      return "there is no command '\(word)'; did you mean '\(name)'?"
    }
    return nil
  }
}
