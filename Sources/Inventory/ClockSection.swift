// What time it is, and whether that can be believed. The clocks are asked by system calls, which know only the machine
// that runs here; of a captured tree there is what its files say.

internal import Linux

enum ClockSection {
  static func collect(_ reader: inout TreeReader) {
    if reader.isRunningMachine {
      let clock = SystemClock()
      let discipline = ClockDiscipline.current()
      reader.add(
        "Clocks",
        fields: [
          .init(
            "wall clock, UTC",
            CalendarTime.rfc3339WithFraction(milliseconds: clock.wallTimeMilliseconds)),
          .init("since the start", "\(Amount.decimal(clock.bootTimeMilliseconds, places: 3)) s"),
          .init("synchronised", clock.isSynchronised ? "yes" : "no"),
        ] + (discipline.map(fields) ?? []))
    }
    reader.add(
      "Zone",
      fields: [
        .init("time zone", ifAny: zone(&reader)),
        .init("clock source", ifAny: reader.line(source + "current_clocksource")),
        .init("clock sources", ifAny: reader.line(source + "available_clocksource")),
      ])
    reader.add(
      "Clocks that run while the machine is off",
      columns: [
        "clock", "device", "says, UTC", "ahead of the wall clock", "set the wall clock at start",
      ],
      rows: reader.numbered("rtc", in: "/sys/class/rtc").map { row($0, &reader) })
    keepers(&reader)
  }

  private static let source = "/sys/devices/system/clocksource/clocksource0/"

  private static func fields(_ state: ClockDiscipline) -> [SectionContent.Field] {
    [
      .init("still being corrected", Amount.decimal(state.offsetNanoseconds, places: 9) + " s"),
      .init("wrong by at most", Amount.decimal(state.errorBoundMicroseconds, places: 6) + " s"),
      .init(
        "wrong by, estimated", Amount.decimal(state.estimatedErrorMicroseconds, places: 6) + " s"),
      .init(
        "frequency corrected by", Amount.decimal(state.frequencyPartsPerBillion, places: 3) + " ppm"
      ),
      .init("status", state.statusWords.isEmpty ? "-" : state.statusWords.joined(separator: " ")),
      .init("TAI - UTC", "\(state.taiOffsetSeconds) s"),
    ]
  }

  /// /etc/localtime leads to the zone's file, whose path holds its name; Debian writes it down as well.
  private static func zone(_ reader: inout TreeReader) -> String? {
    if let path = reader.resolved("/etc/localtime"), let folder = path.range(of: "/zoneinfo/") {
      return String(path[folder.upperBound...])
    }
    return reader.line("/etc/timezone")
  }

  private static func row(_ name: String, _ reader: inout TreeReader) -> [String] {
    let folder = "/sys/class/rtc/\(name)/"
    let seconds = reader.number(folder + "since_epoch").flatMap {
      $0.magnitude < 1 << 40 ? $0 : nil
    }
    let wall = SystemClock().wallTimeMilliseconds / 1000
    let isFirst = reader.number(folder + "hctosys").map { $0 == 0 ? "no" : "yes" }
    return [
      name, reader.line(folder + "name") ?? "-",
      seconds.map { CalendarTime.rfc3339(milliseconds: $0 * 1000) } ?? "-",
      seconds.flatMap { reader.isRunningMachine ? "\($0 - wall) s" : nil } ?? "-", isFirst ?? "-",
    ]
  }

  /// Programs that keep a clock right, by the names of their units.
  private static func keepers(_ reader: inout TreeReader) {
    let names = [
      "systemd-timesyncd", "chrony", "chronyd", "ntp", "ntpd", "ntpsec", "openntpd", "ptp4l",
      "phc2sys",
    ]
    let units = Systemd.units(
      ["Id", "LoadState", "ActiveState", "SubState", "Result", "UnitFileState"],
      ["--"] + names.map { $0 + ".service" }, &reader)
    var met: Set<String> = []
    reader.add(
      "Who keeps the clock", columns: ["unit", "state", "result", "enabled"],
      rows: units.filter { $0["LoadState"] == "loaded" && met.insert($0["Id"] ?? "-").inserted }.map
      { unit in
        [
          unit["Id"] ?? "-", "\(unit["ActiveState"] ?? "-"), \(unit["SubState"] ?? "-")",
          unit["Result"] ?? "-", unit["UnitFileState"] ?? "-",
        ]
      })
  }
}

extension String {
  /// Where `part` stands in the text for the first time.
  func range(of part: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(part) {
        return start..<index(start, offsetBy: part.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
