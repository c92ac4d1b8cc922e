/// Something that happened, for the marks above the charts and the list.
package struct TimelineEvent: Equatable, Sendable {
  package enum Kind: Int, CaseIterable, Sendable {
    case reboot, restart, agreement, clock, database, gap

    /// The mark above the charts.
    package var letter: String {
      switch self {
      case .reboot: "R"
      case .restart: "S"
      case .agreement: "A"
      case .clock: "C"
      case .database: "D"
      case .gap: "–"
      }
    }

    package var name: String {
      switch self {
      case .reboot: "reboot"
      case .restart: "accordd started"
      case .agreement: "agreement"
      case .clock: "clock set"
      case .database: "database"
      case .gap: "no readings"
      }
    }
  }

  package let kind: Kind
  /// Unix milliseconds.
  package let milliseconds: Int64
  package let sentence: String

  package init(_ kind: Kind, atMilliseconds milliseconds: Int64, _ sentence: String) {
    self.kind = kind
    self.milliseconds = milliseconds
    self.sentence = sentence
  }

  /// What the ticks of the history tell.
  package static func of(_ watch: TickWatch) -> [TimelineEvent] {
    watch.reboots.map {
      TimelineEvent(.reboot, atMilliseconds: $0, "the machine started")
    }
      + watch.restarts.map {
        TimelineEvent(.restart, atMilliseconds: $0, "accordd was started again")
      }
      + watch.gaps.map { gap in
        TimelineEvent(
          .gap, atMilliseconds: gap.sinceMilliseconds,
          "no readings for \(Moment.length(gap.lengthMilliseconds)), until "
            + "\(Moment.short(gap.untilMilliseconds)): "
            + (gap.cause == .reboot
              ? "the machine went down in between"
              : "accordd did not run, could not record, or had no agreement to go by"))
      }
  }
}
