// What systemd says of the agent's units and of others.

internal import Linux

package struct SystemdUnits: Equatable, Sendable {
  package struct Unit: Equatable, Sendable {
    /// "accordd.service"
    package let name: String
    /// "active", "inactive", "failed", "activating"; LoadState where there is no such unit: "not-found", "masked".
    package let state: String
    /// "enabled", "disabled", "static"; empty where systemd has no word for it.
    package let enablement: String
    /// When a timer runs next, Unix milliseconds.
    package let nextElapseMilliseconds: Int64?

    package var isActive: Bool { state == "active" }
    package var hasFailed: Bool { state == "failed" }
    package var isMasked: Bool { state == "masked" }
    /// For a sentence about one that is needed and does not run.
    package var stoppedText: String { isMasked ? "masked" : "not active" }
  }

  package static let daemon = "accordd.service"
  package static let upload = "accord-upload.service"
  package static let timer = "accord-upload.timer"
  static let own = [daemon, upload, timer]

  package let units: [Unit]
  /// Failed units of all kinds that are not the agent's own.
  package let othersFailed: [String]

  package func unit(_ name: String) -> Unit? { units.first { $0.name == name } }

  /// The agent's own that have failed.
  package var ownFailed: [String] { units.filter(\.hasFailed).map(\.name) }

  /// Because of which nothing is uploaded: the timer does not run, or what it starts was masked.
  package var uploadObstacle: Unit? {
    if let timer = unit(Self.timer), !timer.isActive { return timer }
    return unit(Self.upload).flatMap { $0.isMasked ? $0 : nil }
  }

  /// - Parameters:
  ///   - shown: `systemctl show`: lines of KEY=VALUE, an empty line between two units.
  ///   - failed: `systemctl list-units --state=failed,auto-restart --plain --no-legend`: a unit a line, its name first.
  package init(shown: String, failed: String) {
    var units: [Unit] = []
    var properties: [Substring: Substring] = [:]
    // The last unit has no empty line behind it.
    for line in (shown + "\n").split(separator: "\n", omittingEmptySubsequences: false) {
      if let equals = line.firstIndex(of: "=") {
        properties[line[..<equals]] = line[line.index(after: equals)...]
      } else if let unit = Unit(properties) {
        units.append(unit)
        properties = [:]
      }
    }
    self.units = units
    othersFailed = failed.split(separator: "\n").compactMap { line in
      // Older versions put a bullet in front.
      let name = line.split(separator: " ").first { $0.contains(".") }
      return name.map(String.init)
    }.filter { !Self.own.contains($0) }
  }
}

extension SystemdUnits.Unit {
  fileprivate init?(_ properties: [Substring: Substring]) {
    guard let name = properties["Id"] else { return nil }
    self.name = String(name)
    let load = properties["LoadState"] ?? ""
    state = String(load == "loaded" ? properties["ActiveState"] ?? "" : load)
    enablement = String(properties["UnitFileState"] ?? "")
    nextElapseMilliseconds = properties["NextElapseUSecRealtime"].flatMap(Self.milliseconds)
  }

  /// "Thu 2026-11-26 01:15:00 UTC", or "@1764119700" of `--timestamp=unix`; nil for "n/a" and nothing.
  private static func milliseconds(_ text: Substring) -> Int64? {
    if text.hasPrefix("@") { return Int64(text.dropFirst()).map { $0 * 1000 } }
    let words = text.split(separator: " ")
    guard words.count == 4, words[3] == "UTC" else { return nil }
    let date = words[1].split(separator: "-").compactMap { Int($0) }
    let time = words[2].split(separator: ":").compactMap { Int($0) }
    guard date.count == 3, time.count == 3 else { return nil }
    let day = CalendarTime.startOfDay(year: date[0], month: date[1], day: date[2])
    return day + Int64(time[0] * 3_600_000 + time[1] * 60_000 + time[2] * 1000)
  }
}
