// A line for each change of state is what people want to read, until something changes back and forth all day: a loose
// sensor, a disk that fills and empties. Of each such thing there are `Limits.linesPerHourMax` lines in an hour; the last
// says that more is left out.

internal import Telemetry

struct LineAllowance {
  private var hours: [String: Hour] = [:]

  private struct Hour {
    let beginMilliseconds: Int64
    var lines: Int
  }

  /// What is added to the line about `topic` that is due now; nil when there is to be none.
  mutating func take(_ topic: String, atMilliseconds now: Int64) -> String? {
    var hour = hours[topic] ?? Hour(beginMilliseconds: now, lines: 0)
    if now - hour.beginMilliseconds >= 3_600_000 { hour = Hour(beginMilliseconds: now, lines: 0) }
    hour.lines += 1
    hours[topic] = hour
    if hour.lines > Limits.linesPerHourMax { return nil }
    return hour.lines == Limits.linesPerHourMax
      ? " (this changes often: more of it is left out for up to an hour)" : ""
  }
}
