// `accord ledger`: what was agreed, revoked, lost and sent, row by row, and whether anybody has touched it.

internal import ArgumentParser
internal import Configuration
internal import Digest
internal import JSON
internal import Linux
internal import Recording
internal import TOML

struct LedgerCommand: InstallationCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger",
    abstract: "What was agreed, revoked, lost and sent, one fact a line, newest last.",
    discussion: """
      Each row is chained to the one before it by its hash, so that what was changed, removed or moved shows: see \
      `accord ledger verify`. Rows hold counts, digests and random ids; the names of suppliers and people lie \
      beside them and are erased after a full revocation. The oldest rows give way to a checkpoint that vouches for \
      them.

      With --json, `row` is the exact text that was hashed after the hash of the row before it (SHA-256), so that \
      anybody can check the whole output: /usr/share/doc/accord/examples/verify-ledger does it in Python.

      Example: accord ledger --limit 20
      """,
    subcommands: [LedgerVerifyCommand.self])

  @OptionGroup var installation: InstallationOptions

  @Option(
    help: ArgumentHelp(
      "Only rows since a day (2026-11-21), a time (2026-11-21T22:38:05Z) or for as long (2h, 7days).",
      valueName: "time"))
  var since: Since?

  @Option(help: ArgumentHelp("Only so many of the newest rows.", valueName: "number"))
  var limit: Int64?

  mutating func validate() throws {
    if let limit, limit < 1 { throw ValidationError("--limit is a number of rows, at least 1") }
  }

  func run() throws {
    do {
      guard let ledger = try Ledger.openForReading(StateDirectory(installation.locations.state))
      else {
        if !installation.json { Output.print("there is no ledger yet: accordd begins it") }
        return
      }
      do {
        let names = try ledger.names()
        let since = since?.milliseconds(SystemClock().wallTimeMilliseconds)
        try ledger.forEachRow(since: since ?? .min, limit: limit ?? .max) { row in
          if installation.json { print(row) } else { Output.print(LedgerSentence.line(row, names)) }
        }
      } catch { throw RecordingError.database(error) }
    } catch let error as RecordingError { throw CommandFailure(.failed, error) }
  }

  private func print(_ row: LedgerRow) {
    Output.object { object in
      object.member("number", row.number)
      object.member("at", CalendarTime.rfc3339(milliseconds: row.atMilliseconds))
      object.member("at_ms", row.atMilliseconds)
      object.member("kind", row.kind)
      if LedgerDetail(row.detail) != nil {
        object.member("detail", json: row.detail)
      } else {
        object.member("detail", row.detail)
      }
      object.member("row", row.text)
      object.member("hash", Hexadecimal.text(row.hash))
    }
  }
}

/// The value of --since.
enum Since: ExpressibleByArgument {
  case moment(Int64)
  case ago(Int64)

  init?(argument: String) {
    if let moment = Self.moment(argument) {
      self = .moment(moment)
    } else if let length = try? Located(argument, at: Place(line: 1, column: 1))
      .durationMilliseconds()
    {
      self = .ago(length.value)
    } else {
      return nil
    }
  }

  /// Unix milliseconds of "2026-11-21" or "2026-11-21T22:38:05Z".
  private static func moment(_ text: String) -> Int64? {
    let parts = text.split(separator: "T", omittingEmptySubsequences: false)
    let day = numbers(parts[0], "-", [4, 2, 2])
    guard parts.count <= 2, let day, LocalDate(year: day[0], month: day[1], day: day[2]) != nil
    else { return nil }
    let start = CalendarTime.startOfDay(year: day[0], month: day[1], day: day[2])
    guard parts.count == 2 else { return start }
    guard parts[1].last == "Z", let time = numbers(parts[1].dropLast(), ":", [2, 2, 2]),
      time[0] < 24, time[1] < 60, time[2] < 61
    else { return nil }
    return start + Int64((time[0] * 60 + time[1]) * 60 + time[2]) * 1000
  }

  private static func numbers(
    _ text: Substring, _ separator: Character, _ digits: [Int]
  ) -> [Int]? {
    let words = text.split(separator: separator, omittingEmptySubsequences: false)
    guard words.map(\.count) == digits,
      words.joined().utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else {
      return nil
    }
    return words.compactMap { Int($0) }
  }

  func milliseconds(_ now: Int64) -> Int64 {
    switch self {
    case .moment(let moment): moment
    case .ago(let length): now - length
    }
  }
}
