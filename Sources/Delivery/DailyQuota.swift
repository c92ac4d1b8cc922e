/// How much may be sent in a day (UTC), and how much of it is used up: a pure function of what was sent and the time.
///
/// A request is counted before it leaves, so that a run that is killed has paid for what it sent. The one that would
/// go beyond the quota waits for the next day. Only on a day that has hardly begun does it go all the same: a single
/// batch that is larger than the whole quota would otherwise never go.
package struct DailyQuota: Equatable, Sendable {
  package let bytesMax: Int64
  /// Days since 1970.
  package private(set) var day: Int64
  /// What was sent on that day.
  package private(set) var bytes: Int64

  package static let dayMilliseconds: Int64 = 86_400_000

  /// - Parameters:
  ///   - day, bytes: what the last run left; nil when there was none.
  package init(bytesMax: Int64, day: Int64?, bytes: Int64?, nowMilliseconds: Int64) {
    self.bytesMax = bytesMax
    self.day = day ?? 0
    self.bytes = max(0, bytes ?? 0)
    turn(nowMilliseconds: nowMilliseconds)
  }

  /// A new day begins with nothing. A day that lies ahead was a wrong clock's: what it counted is today's.
  package mutating func turn(nowMilliseconds: Int64) {
    let today = nowMilliseconds / Self.dayMilliseconds
    if today > day { bytes = 0 }
    day = today
  }

  package func holds(_ bytes: Int64) -> Bool { bytes <= bytesMax - self.bytes }

  /// What comes before, such as the question what time it is, takes less than a sixteenth of the least quota.
  package func allows(_ bytes: Int64) -> Bool { holds(bytes) || self.bytes < bytesMax / 16 }

  package mutating func add(_ bytes: Int64) { self.bytes += bytes }

  /// Of a request of which not one byte left.
  package mutating func giveBack(_ bytes: Int64) { self.bytes = max(0, self.bytes - bytes) }

  /// When the next day begins, Unix milliseconds.
  package var nextDayMilliseconds: Int64 { (day + 1) * Self.dayMilliseconds }
}
