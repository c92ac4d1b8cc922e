internal import Linux

/// The axis of time, in UTC: days, or hours where there are only a few.
package struct TimeAxis: Equatable, Sendable {
  package struct Tick: Equatable, Sendable {
    package let milliseconds: Int64
    package let label: String
  }

  package let ticks: [Tick]

  private static let minute: Int64 = 60_000
  /// From a minute to a hundred days, in minutes.
  private static let stepMinutes: [Int64] = [
    1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 7_200, 14_400, 43_200, 144_000,
  ]

  package init(_ window: ReportWindow) {
    let lengthMinutes = window.lengthMilliseconds / Self.minute
    let minutes: Int64 = Self.stepMinutes.first { lengthMinutes / $0 <= 8 } ?? 1_440_000
    let step = minutes * Self.minute
    var ticks: [Tick] = []
    // Towards the past, also before 1970.
    let before = window.sinceMilliseconds - 1
    var time = (before >= 0 ? before / step : (before - step + 1) / step) * step + step
    while time <= window.untilMilliseconds, ticks.count < 12 {
      ticks.append(Tick(milliseconds: time, label: Self.label(time, step)))
      time += step
    }
    self.ticks = ticks
  }

  private static func label(_ milliseconds: Int64, _ step: Int64) -> String {
    let isMidnight = milliseconds % 86_400_000 == 0
    return isMidnight || step >= 1_440 * minute
      ? Moment.day(milliseconds) : String(Moment.clock(milliseconds).prefix(5))
  }
}

/// Times for people, in UTC.
package enum Moment {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// "21 Nov"
  package static func day(_ milliseconds: Int64) -> String {
    let text = rfc3339(milliseconds)
    guard text.count == 20, let month = Int(text.dropFirst(5).prefix(2)),
      let day = Int(text.dropFirst(8).prefix(2)), months.indices.contains(month - 1)
    else { return "?" }
    return "\(day) \(months[month - 1])"
  }

  /// "21 Nov 2026"
  package static func date(_ milliseconds: Int64) -> String {
    "\(day(milliseconds)) \(rfc3339(milliseconds).prefix(4))"
  }

  /// "22:38:05"
  package static func clock(_ milliseconds: Int64) -> String {
    String(rfc3339(milliseconds).dropFirst(11).prefix(8))
  }

  /// "21 Nov 2026, 22:38 UTC"
  package static func text(_ milliseconds: Int64) -> String {
    "\(date(milliseconds)), \(clock(milliseconds).prefix(5)) UTC"
  }

  /// "21 Nov 22:38": in a table that says elsewhere which year it is.
  package static func short(_ milliseconds: Int64) -> String {
    "\(day(milliseconds)) \(clock(milliseconds).prefix(5))"
  }

  /// "3 h 5 min", "2 days 4 h", "45 s", "200 ms"
  package static func length(_ milliseconds: Int64) -> String {
    if (1..<1000).contains(milliseconds) { return "\(milliseconds) ms" }
    let seconds = max(0, milliseconds) / 1000
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60)
    if days > 0 {
      let text = days == 1 ? "1 day" : "\(days) days"
      return hours > 0 ? "\(text) \(hours) h" : text
    }
    if hours > 0 { return minutes > 0 ? "\(hours) h \(minutes) min" : "\(hours) h" }
    return minutes > 0 ? "\(minutes) min" : "\(seconds) s"
  }

  private static func rfc3339(_ milliseconds: Int64) -> String {
    // gmtime_r would round what is before 1970 towards it.
    let floored = milliseconds - ((milliseconds % 1000) + 1000) % 1000
    return CalendarTime.rfc3339(milliseconds: floored)
  }
}
