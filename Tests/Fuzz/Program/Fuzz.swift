// What libFuzzer calls with every input: the bytes of a file that a person, a tool or a broken disk has left in
// place of consent.toml or offer.toml. Whatever they are:
//
// - reading them as TOML, as a consent and as an offer gives a value or an error whose place lies in the document;
// - what was read and is written again means the same, to the TOML reader, to both halves and to the agreement;
// - the agreement never shares what the customer's half does not say.

import Handshake
import TOML
import Telemetry

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  // Written with braces, what headers and dots made would stand deeper than the reader allows.
  guard let table = read(bytes, TOMLDocument.parse), Rewriting.depth(of: table) <= 8 else {
    return 0
  }
  let again = Array(Rewriting.text(of: table).utf8)
  guard let copy = read(again, TOMLDocument.parse) else {
    fatalError("what was written is not read")
  }
  expect(
    Rewriting.text(of: copy) == Rewriting.text(of: table), "written again it means another thing")
  let consent = read(bytes) { bytes throws(TOMLError) in try Consent(parsing: bytes) }
  let offer = read(bytes) { bytes throws(TOMLError) in try Offer(parsing: bytes) }
  if let consent { check(consent, writtenAgain: again) }
  if let offer { check(offer, writtenAgain: again) }
  return 0
}

func expect(_ condition: Bool, _ otherwise: @autoclosure () -> String) {
  if !condition { fatalError(otherwise()) }
}

/// The value, or nil after an error that is as it should be.
private func read<Value>(
  _ bytes: [UInt8], _ read: ([UInt8]) throws(TOMLError) -> Value
) -> Value? {
  do {
    return try read(bytes)
  } catch {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    expect(lines.indices.contains(error.place.line - 1), "\(error) is outside")
    // Columns count characters, of which there are at most as many as bytes; the line's end has one too.
    expect(
      (1...lines[error.place.line - 1].count + 1).contains(error.place.column),
      "\(error) is outside")
    expect(
      !error.problem.isEmpty && error.expected.count < 2_000, "\(error) says nothing, or too much")
    return nil
  }
}

private func check(_ consent: Consent, writtenAgain: [UInt8]) {
  let agreement = agreed(consent, Example.offer)
  guard let copy = try? Consent(parsing: writtenAgain) else {
    fatalError("written again it is no consent")
  }
  expect(
    agreed(copy, Example.offer).contentDigest == agreement.contentDigest,
    "written again it is another agreement")
  for signal in Catalog.signals {
    let mode = consent.sources[signal.source]?.value
    let isWithheld = consent.withheld.contains { $0.value.matches(signal.name) }
    switch agreement.decision(for: signal).verdict {
    case .deny: break
    case .local: expect((mode == .local || mode == .share) && !isWithheld, "\(signal.name) is kept")
    case .share:
      expect(mode == .share && !isWithheld && !signal.isIdentifying, "\(signal.name) is shared")
      expect(consent.accepts?.value == 2, "\(signal.name) is shared without acceptance")
    }
  }
}

private func check(_ offer: Offer, writtenAgain: [UInt8]) {
  guard let copy = try? Offer(parsing: writtenAgain) else {
    fatalError("written again it is no offer")
  }
  let accepted = AcceptedOffer(freezing: offer)
  expect(AcceptedOffer(freezing: copy).text == accepted.text, "written again it is another offer")
  guard let kept = try? Offer(parsing: Array(accepted.text.utf8)) else {
    fatalError("what was accepted cannot be read again")
  }
  expect(AcceptedOffer(freezing: kept).text == accepted.text, "what was accepted becomes another")
}

private func agreed(_ consent: Consent, _ offer: Offer) -> Agreement {
  Agreement(
    consent: .success(consent), consentFile: "consent.toml", offer: .success(offer),
    offerFile: "offer.toml", kept: nil, nowMilliseconds: 0)
}

private enum Example {
  static let offer: Offer = {
    let sources = DataSource.allCases.map {
      """
      [\($0.name)]
      purpose = "p"
      benefit = "b"
      retention = "1 day"
      resolution = "1s"
      signals = ["*"]

      """
    }
    let head = """
      schema = 1
      supplier = "Example Devices Ltd"
      revision = 2
      [delivery]
      endpoint = "https://example.com"

      """
    do {
      return try Offer(parsing: Array((head + sources.joined()).utf8))
    } catch { fatalError("\(error)") }
  }()
}
