// `accord catalog`: what can be sampled at all, whatever the agreement says. It reads no file.
//
// The table in README.md is `accord catalog --markdown`; `make readme` puts it there.

internal import ArgumentParser
internal import Delivery
internal import JSON
internal import Telemetry

struct CatalogCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalog",
    abstract: "Every signal that can be sampled: its unit, where it comes from, what it is for.",
    discussion: """
      Nothing else can be sampled or sent. Which of it is, the agreement says: see `accord consent show` and \
      `accord preview`.

      Example: accord catalog --source environment
      """)

  @Option(help: ArgumentHelp("Only signals of this source.", valueName: "source"))
  var source: DataSource?

  @Flag(help: "Print JSON: one signal a line.")
  var json = false

  @Flag(help: "Print the table of the README.")
  var markdown = false

  mutating func validate() throws {
    if json && markdown { throw ValidationError("choose one of --json and --markdown") }
  }

  func run() throws {
    let sources = DataSource.allCases.filter { source == nil || $0 == source }
    if markdown { printMarkdown() }
    for source in sources {
      let signals = Catalog.signals.filter { $0.source == source }
      if json {
        for signal in signals { printObject(signal) }
      } else if markdown {
        printRows(source, signals)
      } else if !signals.isEmpty || self.source != nil {
        printText(source, signals)
      }
    }
    // The event is of no source: it says what the requests of one held.
    guard source == nil else { return }
    if json { printEventObject() } else if markdown { printEventRow() } else { printEventText() }
  }

  // MARK: text

  private func printText(_ source: DataSource, _ signals: [Signal]) {
    Output.print("\(source.name): \(Output.count(Int64(signals.count), "signal"))")
    for signal in signals {
      let unit = signal.unit.isEmpty ? "" : ", \(signal.unit)"
      let keys =
        signal.attributeKeys.isEmpty ? "" : ", by " + signal.attributeKeys.joined(separator: ", ")
      let mark = signal.isIdentifying ? ", identifying" : ""
      Output.print("  \(signal.name)  \(signal.instrument.name)\(unit)\(keys)\(mark)")
      Output.print("      \(signal.brief) (\(signal.origins.joined(separator: ", ")))")
    }
    Output.print("")
  }

  private func printEventText() {
    Output.print("sent with what is shared, and not sampled:")
    Output.print("  \(DeliveryEvent.name)  event")
    Output.print("      \(DeliveryEvent.brief)")
    Output.print("      \(DeliveryEvent.attributeKeys.joined(separator: ", "))")
  }

  // MARK: JSON

  private func printObject(_ signal: Signal) {
    Output.object { object in
      object.member("signal", signal.name)
      object.member("source", signal.source.name)
      object.member("kind", signal.instrument.name)
      object.member("unit", signal.unit)
      object.member("decimals", Int64(signal.decimals))
      object.array("attributes") { list in for key in signal.attributeKeys { list.element(key) } }
      object.array("origins") { list in for origin in signal.origins { list.element(origin) } }
      object.member("identifying", signal.isIdentifying)
      object.member("brief", signal.brief)
    }
  }

  private func printEventObject() {
    Output.object { object in
      object.member("signal", DeliveryEvent.name)
      object.member("source", nil as String?)
      object.member("kind", "event")
      object.array("attributes") { list in
        for key in DeliveryEvent.attributeKeys { list.element(key) }
      }
      object.member("identifying", false)
      object.member("brief", DeliveryEvent.brief)
    }
  }

  // MARK: Markdown

  private func printMarkdown() {
    Output.print("| signal | unit | from | what for |")
    Output.print("| --- | --- | --- | --- |")
  }

  /// One row for neighbours that differ in nothing but the last part of their names.
  private func printRows(_ source: DataSource, _ signals: [Signal]) {
    if signals.isEmpty { return }
    Output.print("| **\(source.name)** | | | |")
    var rest = signals[...]
    while let first = rest.first {
      let row = rest.prefix { $0.stem == first.stem && $0.rowAfterName == first.rowAfterName }
      let others = row.dropFirst().map { ", `\($0.name.dropFirst(first.stem.count))`" }.joined()
      let mark = first.isIdentifying ? ", identifying" : ""
      Output.print("| `\(first.name)`\(others)\(mark) | \(first.rowAfterName) |")
      rest = rest.dropFirst(row.count)
    }
  }

  private func printEventRow() {
    Output.print("| **sent with what is shared** | | | |")
    Output.print("| `\(DeliveryEvent.name)`, an event | | accord | \(DeliveryEvent.brief) |")
  }
}

extension Signal {
  /// "system.cpu.load_average" of "system.cpu.load_average.1m".
  fileprivate var stem: Substring { name[..<(name.lastIndex(of: ".") ?? name.endIndex)] }

  fileprivate var rowAfterName: String {
    "\(unit) | \(origins.map { "`\($0)`" }.joined(separator: ", ")) | \(brief)"
  }
}

extension DataSource: ExpressibleByArgument {
  package init?(argument: String) { self.init(name: argument) }

  package static var allValueStrings: [String] { allCases.map(\.name) }
}
