internal import TOML

/// The part of every day in which the timer's runs may send, by the clock on the wall. It may go over midnight.
package struct UploadWindow: Equatable, Sendable, CustomStringConvertible {
  /// Minutes from midnight: inside is from `start` to just before `end`.
  package let start: Int
  package let end: Int

  package static let minutesPerDay = 1_440

  /// Nil unless both are minutes of a day and not the same one.
  package init?(start: Int, end: Int) {
    guard start != end, (0..<Self.minutesPerDay).contains(start),
      (0..<Self.minutesPerDay).contains(end)
    else { return nil }
    (self.start, self.end) = (start, end)
  }

  /// How many minutes after this minute of the day the window opens; 0 while it is open.
  package func minutesUntilOpen(at minute: Int) -> Int {
    let day = Self.minutesPerDay
    let sinceStart = (minute - start + day) % day
    return sinceStart < (end - start + day) % day ? 0 : day - sinceStart
  }

  /// "01:00-05:00"
  package var description: String { "\(Self.text(start))-\(Self.text(end))" }

  private static func text(_ minute: Int) -> String {
    let (hours, minutes) = minute.quotientAndRemainder(dividingBy: 60)
    return "\(hours < 10 ? "0" : "")\(hours):\(minutes < 10 ? "0" : "")\(minutes)"
  }
}

extension UploadWindow {
  init(_ text: Located<String>) throws(TOMLError) {
    let minutes = text.value.split(separator: "-", omittingEmptySubsequences: false).map(
      Self.minute)
    guard minutes.count == 2, let start = minutes[0], let end = minutes[1],
      let window = UploadWindow(start: start, end: end)
    else {
      throw TOMLError(
        at: text.place, "'window' is no part of a day",
        "expected two different times such as \"01:00-05:00\"")
    }
    self = window
  }

  /// The minute of the day of "HH:MM" from 00:00 to 23:59.
  private static func minute(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2,
      parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let hours = Int(parts[0]), let minutes = Int(parts[1]), hours < 24, minutes < 60
    else { return nil }
    return hours * 60 + minutes
  }
}
