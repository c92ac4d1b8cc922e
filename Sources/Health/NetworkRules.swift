// Links that come and go, that lose their cable, that count errors or drop packets.

extension MachineFacts {
  private static let interface = "network.interface.name"
  private static let packets = "system.network.packet.count"
  private static let remedy = "change the cable, then the port of the switch, then the adapter"

  var networkFindings: [HealthFinding] {
    links.compactMap(linkFinding) + all("system.network.errors").compactMap(errorFinding)
      + all("system.network.packet.dropped").compactMap(dropFinding)
  }

  private func linkFinding(_ link: Link) -> HealthFinding? {
    // No signal of the catalog holds it; whoever withholds the interface's counters withholds this.
    let signal = "system.network.errors"
    let hours = max(1, (value("system.uptime") ?? 0) / 3600)
    let losses = Double(link.carrierChanges) / 2
    if losses >= Thresholds.linkLossesMin, losses / hours >= Thresholds.linkLossesPerHour {
      return .machine(
        .warning, signal, "network \(link.name)",
        "the link \(link.name) comes and goes: it was lost \(Phrase.count(losses)) times in "
          + "\(Phrase.duration(seconds: value("system.uptime") ?? 0))", Self.remedy,
        also: ["system.uptime"])
    }
    // A socket that nothing was ever plugged into has received nothing.
    guard link.isUp, !link.hasCarrier, packets(of: link.name, "receive") ?? 0 > 0 else {
      return nil
    }
    return .machine(
      .warning, signal, "network \(link.name)",
      "the link \(link.name) is down: it has carried packets since the start, and has no carrier now",
      "plug the cable in at both ends, and see that the switch is on")
  }

  private func packets(of name: String, _ direction: String) -> Double? {
    packetReading(of: name, direction)?.value
  }

  private func packetReading(of name: String, _ direction: String) -> Reading? {
    all(Self.packets).first {
      $0["system.device"] == name && $0["network.io.direction"] == direction
    }
  }

  /// What was counted against the packets of the same time; nil where neither is known.
  private func share(of reading: Reading) -> (count: Double, ratio: Double)? {
    let (name, direction) = (reading[Self.interface], reading["network.io.direction"])
    guard let count = increase(reading),
      let packets = packetReading(of: name, direction).flatMap(increase)
    else { return nil }
    return (count, count / max(1, count + packets))
  }

  private func errorFinding(_ reading: Reading) -> HealthFinding? {
    guard let share = share(of: reading), share.count >= Thresholds.frameErrorsMin,
      share.ratio >= Thresholds.frameErrorRatio
    else { return nil }
    let name = reading[Self.interface]
    return .machine(
      .warning, reading.signal, "network \(name)",
      "the link \(name) is bad: \(Phrase.count(share.count)) packets in error \(sinceEarlier), \(Phrase.percent(share.ratio)) of "
        + "what it should \(reading["network.io.direction"])", Self.remedy, also: [Self.packets])
  }

  private func dropFinding(_ reading: Reading) -> HealthFinding? {
    guard let share = share(of: reading), let seconds = earlier?.secondsAgo,
      share.count >= Thresholds.droppedPerSecondMin * seconds,
      share.ratio >= Thresholds.droppedRatio
    else { return nil }
    let name = reading[Self.interface]
    return .machine(
      .warning, reading.signal, "network \(name)",
      "the link \(name) drops packets: \(Phrase.count(share.count)) \(sinceEarlier), \(Phrase.percent(share.ratio)) of what it "
        + "should \(reading["network.io.direction"])",
      "see what floods the network or keeps the processors busy: ip -s -s link show \(name)",
      also: [Self.packets])
  }
}
