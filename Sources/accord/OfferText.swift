// An offer as a person reads it before saying yes: whole, with every pattern expanded to the names of this version's
// catalog, and beside what was accepted before.

internal import Handshake
internal import JSON
internal import TOML
internal import Telemetry

struct OfferText {
  /// With every signal by its name.
  let offer: Offer
  /// What was accepted of this supplier before, if anything.
  let accepted: Offer?

  init(_ offer: Offer, accepted: AcceptedOffer?) {
    self.offer = AcceptedOffer(freezing: offer).offer
    self.accepted = accepted?.offer
  }

  /// Rule 12: what goes with every delivery.
  static let envelope = """
    Always sent with what is shared, and nothing else: a random pseudonym, service.name
    "accord", the agent's version, the agreement's fingerprint, batch ids, the ledger's head,
    sizes.
    """

  private var certificates: String {
    offer.certificateFile.map { "the certificates in \($0.value)" } ?? "the system's certificates"
  }

  func print() {
    Output.table([
      ["supplier", offer.supplier.value], ["revision", String(offer.revision.value)],
      ["contact", offer.contact ?? "none is named"],
      ["sent to", "\(offer.endpoint.value), whom \(certificates) vouch for"],
    ])
    for source in DataSource.allCases {
      guard let request = offer.requests[source] else { continue }
      Output.print("\n\(source.name)")
      Output.described(rows(request)).forEach(Output.print)
    }
    Output.print("\n\(Self.envelope)\n")
    let changes = differences
    if accepted == nil {
      Output.print("Nothing of this supplier was accepted before.")
    } else if changes.isEmpty {
      Output.print("This is what was accepted before.")
    } else {
      Output.print(
        "What differs from revision \(accepted?.revision.value ?? 0), which was accepted before:")
      Output.described(changes.map { ["", $0] }).forEach(Output.print)
    }
  }

  private func rows(_ request: Offer.Request) -> [[String]] {
    let names = request.signals.map(\.value.text)
    let identifying = names.filter { Catalog.signal($0)?.isIdentifying ?? false }
    var rows = [
      ["  why", request.purpose], ["  what you get", request.benefit],
      ["  kept for", Output.duration(request.retentionMilliseconds)],
      [
        "  at the finest",
        "one reading every \(Output.duration(request.resolutionMilliseconds.value))",
      ],
      ["  signals", names.joined(separator: ", ")],
    ]
    if !request.extremes.isEmpty {
      rows.append(["  extremes", "also minimum and maximum of \(list(request.extremes))"])
    }
    if !identifying.isEmpty {
      rows.append([
        "  identifying", "\(identifying.joined(separator: ", ")): each may tell who you are",
      ])
    }
    return rows
  }

  private func list(_ patterns: [SignalPattern]) -> String {
    patterns.map(\.text).joined(separator: ", ")
  }

  /// What is another thing than before, a line each.
  var differences: [String] {
    guard let accepted else { return [] }
    var lines: [String] = []
    func compare(_ what: String, _ old: String, _ new: String) {
      if old != new { lines.append("\(what): \(new); before: \(old)") }
    }
    compare("sent to", accepted.endpoint.value, offer.endpoint.value)
    compare(
      "certificates", accepted.certificateFile?.value ?? "the system's",
      offer.certificateFile?.value ?? "the system's")
    compare("contact", accepted.contact ?? "none", offer.contact ?? "none")
    for source in DataSource.allCases {
      switch (accepted.requests[source], offer.requests[source]) {
      case (nil, nil): continue
      case (nil, _?): lines.append("\(source.name): asked for now, and not before")
      case (_?, nil): lines.append("\(source.name): not asked for any more")
      case (let old?, let new?):
        compare("\(source.name), why", old.purpose, new.purpose)
        compare("\(source.name), what you get", old.benefit, new.benefit)
        compare(
          "\(source.name), kept for", Output.duration(old.retentionMilliseconds),
          Output.duration(new.retentionMilliseconds))
        compare(
          "\(source.name), at the finest", Output.duration(old.resolutionMilliseconds.value),
          Output.duration(new.resolutionMilliseconds.value))
        lines += changes(
          "signals", source, old.signals.map(\.value.text), new.signals.map(\.value.text))
        lines += changes("extremes", source, old.extremes.map(\.text), new.extremes.map(\.text))
      }
    }
    return lines
  }

  private func changes(
    _ what: String, _ source: DataSource, _ old: [String], _ new: [String]
  ) -> [String] {
    let added = new.filter { !old.contains($0) }
    let removed = old.filter { !new.contains($0) }
    return [("added", added), ("removed", removed)].compactMap { verb, names in
      names.isEmpty ? nil : "\(source.name), \(what) \(verb): \(names.joined(separator: ", "))"
    }
  }

  func write(_ object: inout JSONWriter) {
    object.member("supplier", offer.supplier.value)
    object.member("revision", offer.revision.value)
    object.member("contact", offer.contact)
    object.member("endpoint", offer.endpoint.value)
    object.member("ca_file", offer.certificateFile?.value)
    object.object("sources") { sources in
      for source in DataSource.allCases {
        guard let request = offer.requests[source] else { continue }
        sources.object(source.name) { entry in
          entry.member("purpose", request.purpose)
          entry.member("benefit", request.benefit)
          entry.member("retention_s", request.retentionMilliseconds / 1000)
          entry.member("resolution_s", request.resolutionMilliseconds.value, decimals: 3)
          entry.array("signals") { list in
            for signal in request.signals { list.element(signal.value.text) }
          }
          entry.array("extremes") { list in
            for signal in request.extremes { list.element(signal.text) }
          }
        }
      }
    }
    object.member("envelope", Self.envelope)
    object.array("differences") { list in for line in differences { list.element(line) } }
  }
}
