// What a section of the machine is, and what it is collected with.

package import Telemetry

/// A part of a dump that tells about the machine, made by one collector in a process of its own.
package struct InventorySection: Sendable {
  /// The name of its file, without the ending: "mounts".
  package let name: String
  /// What it shows, for people.
  package let title: String
  /// Whose data it tells; nil for the agent's own state, which every dump holds.
  package let source: DataSource?
  /// Patterns of the catalog's signals whose data it shows: who withholds one of them withholds the section.
  package let signals: [String]
  /// Whether it holds free text, which a dump has only when it is asked for.
  package let isLog: Bool
  /// Seconds after which its process is ended.
  package let secondsMax: Int
  /// Reads what the section shows. Never fails as a whole: what cannot be read becomes a problem.
  package let collect: @Sendable (InventoryContext) -> SectionContent

  init(
    _ name: String, _ title: String, _ source: DataSource?, signals: [String] = [],
    isLog: Bool = false, secondsMax: Int = InventoryLimits.sectionSecondsMax,
    collect: @escaping @Sendable (inout TreeReader) -> Void
  ) {
    self.name = name
    self.title = title
    self.source = source
    self.signals = signals
    self.isLog = isLog
    self.secondsMax = secondsMax
    self.collect = { context in
      var reader = TreeReader(context)
      collect(&reader)
      return reader.finished()
    }
  }
}

/// What a collector is told of the dump that it works for.
package struct InventoryContext: Sendable {
  /// Where `proc`, `sys` and `etc` are found, without a slash at the end; empty for the running machine.
  package let kernelRoot: String
  /// systemd units of the product that the appliance is for.
  package let productUnits: [String]
  /// From when on journals are shown: milliseconds since 1970.
  package let sinceMilliseconds: Int64
  /// Whether every signal of a name or a pattern may be told: for a part of a section that tells more signals than the
  /// section.
  package let permits: @Sendable (_ signals: String) -> Bool
  /// What the consent makes of an attribute's value, by the attribute's key; nil when it is dropped.
  package let shown: @Sendable (_ attributeKey: String, _ value: String) -> String?

  package init(
    kernelRoot: String, productUnits: [String], sinceMilliseconds: Int64,
    permits: @escaping @Sendable (_ signals: String) -> Bool,
    shown: @escaping @Sendable (_ attributeKey: String, _ value: String) -> String?
  ) {
    self.kernelRoot = kernelRoot
    self.productUnits = productUnits
    self.sinceMilliseconds = sinceMilliseconds
    self.permits = permits
    self.shown = shown
  }
}
