// The receiver's end. Every body is decoded by the tests' own reader, and of everything in it is asked, at the
// moment at which it leaves:
//
//  1 somebody is agreed to be told: the address is that of the agreement of this moment;
//  2 each point is one that was sealed, at the value by which a counter may leave: its growth since the grant's
//    first sealed reading, or since a boot inside the grant, or since it fell;
//  3 its signal is shared by both files as they are now, its attributes are not redacted now, and its grant is open
//    and was given to this address;
//  4 facts are shared now, and no canary stands anywhere else.

import Compression
import Digest
import Glibc
import HTTPS
import Recording
import SQLite
import Telemetry
import TestSupport

struct Wire {
  private(set) var requests = 0
  private(set) var points = 0
  private(set) var stops = 0
  /// Thrown after the run: the uploader would take it for a trouble of the line.
  private(set) var leak: Leak?
  /// What happens while a body is on its way, once.
  var meanwhile: ((SimulatedAppliance) throws -> Void)?
  var answer = Answer.accepts
  /// All that a receiver ever got, if somebody wants it.
  var received: [DecodedMetrics]?

  enum Answer: CaseIterable {
    case accepts, isBusy, failsThere, refuses, isLost
  }

  mutating func take(
    _ request: Request, _ body: [UInt8], _ mayGoOn: () -> Bool, of appliance: SimulatedAppliance
  ) throws(HTTPSError) -> Response {
    requests += 1
    do {
      // Longer than a file is taken for freshly changed, so that it is not read again for every request.
      appliance.clock.advance(2_100)
      let signals = try check(request, body, appliance)
      if let meanwhile {
        self.meanwhile = nil
        try meanwhile(appliance)
        appliance.clock.advance(1_000)
        appliance.readNotes()
        let judgement = appliance.model.judge(appliance.clock.wallTimeMilliseconds)
        let goesOn = mayGoOn()
        if goesOn, let signal = signals.first(where: { judgement.mode($0) != .share }) {
          throw Leak("the transfer of \(signal) went on though it is not shared any more")
        }
        if !goesOn {
          stops += 1
          throw HTTPSError(.interrupted)
        }
      }
    } catch let error as HTTPSError {
      throw error
    } catch {
      leak = leak ?? (error as? Leak) ?? Leak("\(error)")
      throw HTTPSError(.interrupted)
    }
    switch answer {
    case .accepts:
      return Response(status: 200, contentType: "application/x-protobuf", dateUnixSeconds: nil)
    case .isBusy: return Response(status: 503)
    case .failsThere: return Response(status: 500)
    case .refuses: return Response(status: 400, contentType: "application/x-protobuf")
    case .isLost: throw HTTPSError(.connectionLost)
    }
  }

  /// Returns the signals that the body holds.
  private mutating func check(
    _ request: Request, _ body: [UInt8], _ appliance: SimulatedAppliance
  ) throws -> Set<String> {
    appliance.readNotes()
    let judgement = appliance.model.judge(appliance.clock.wallTimeMilliseconds)
    guard
      let recipient = judgement.recipients.values.first(where: { recipient in
        let endpoint = recipient.split(separator: " ").last!
        return request.url.hasPrefix("\(endpoint)/v1/")
      })
    else { throw Leak("\(request.url) was contacted, and nothing is shared with it") }
    guard !body.isEmpty else { return [] }
    let bytes = try Decompressor.decompress(body, .gzip, limitBytes: 1 << 24)
    if judgement.mode("host.name") != .share || judgement.redacted.contains("host.name"),
      Self.holds(bytes, Machine.hostName)
    {
      throw Leak("the host's name left")
    }
    guard request.url.hasSuffix("/v1/metrics") else {
      for canary in Machine.interfaces.dropFirst() + [Machine.systemName]
      where Self.holds(bytes, canary) {
        throw Leak("\(canary) left in an event")
      }
      return []
    }
    let metrics = try DecodedMetrics(try WireMessage(bytes))
    received?.append(metrics)
    for fact in metrics.resource {
      let name = String(fact.prefix { $0 != "=" })
      if Machine.sources[name] != nil, judgement.mode(name) != .share {
        throw Leak("the fact \(name) left though it is \(judgement.mode(name))")
      }
      if judgement.redacted.contains(name),
        Machine.clearTexts.contains(String(fact.dropFirst(name.count + 1)))
      {
        throw Leak("the fact \(fact) left in clear")
      }
    }
    return try check(
      metrics, try Self.batches(of: body, appliance), recipient, judgement, appliance)
  }

  /// What the spool says is on its way.
  private static func batches(
    of body: [UInt8], _ appliance: SimulatedAppliance
  ) throws -> [Records.SealedBatch] {
    let database = try Database(appliance.state.spool, .readOnly, busyTimeoutMilliseconds: 1_000)
    var rows = try database.prepare(
      """
      SELECT number FROM batches WHERE delivery = (
        SELECT number FROM deliveries WHERE digest = ? ORDER BY number DESC LIMIT 1)
      """)
    rows.bind(SHA256(of: body).bytes)
    var batches: [Records.SealedBatch] = []
    while try rows.step() {
      guard let batch = appliance.records.sealed[rows.integer(0)] else {
        throw Leak("batch \(rows.integer(0)) leaves, and nobody saw it sealed")
      }
      batches.append(batch)
    }
    return batches
  }

  private mutating func check(
    _ metrics: DecodedMetrics, _ batches: [Records.SealedBatch], _ recipient: String,
    _ judgement: Judgement, _ appliance: SimulatedAppliance
  ) throws -> Set<String> {
    guard let id = batches.first?.grant, let grant = appliance.records.grants[id] else {
      throw Leak("a body left that the spool knows nothing of")
    }
    if grant.isClosed { throw Leak("readings of the closed grant \(grant.number) left") }
    if grant.recipient != recipient {
      throw Leak("readings for \(grant.recipient) went to \(recipient)")
    }
    let decimals = Dictionary(
      Machine.series.map { ($0.signal, $0.decimals) }, uniquingKeysWith: { first, _ in first })
    var signals: Set<String> = []
    for point in metrics.points {
      let isExtreme = point.metric.hasSuffix(".min") || point.metric.hasSuffix(".max")
      let signal = isExtreme ? String(point.metric.dropLast(4)) : point.metric
      signals.insert(signal)
      guard judgement.mode(signal) == .share,
        !isExtreme || judgement.extremes.contains(signal)
      else { throw Leak("\(point.metric) left though it is \(judgement.mode(signal))") }
      for attribute in point.attributes {
        let parts = attribute.split(separator: "=", maxSplits: 1).map(String.init)
        if judgement.redacted.contains(parts[0]), Machine.clearTexts.contains(parts.last!) {
          throw Leak("\(attribute) left in clear though it is redacted")
        }
      }
      var value = point.value
      for _ in 0..<(decimals[signal] ?? 0) { value *= 10 }
      let sent = Records.Point(metric: point.metric, value: Int64(value.rounded()))
      let places = batches.reduce(into: Set<Int>()) { $0.formUnion($1.points[sent] ?? []) }
      guard places.contains(where: { Self.fits(Machine.series[$0], point.attributes) }) else {
        throw Leak("\(point) left, which may not or was never sealed")
      }
      points += 1
    }
    return signals
  }

  /// Whether the attributes are those of a series, as far as they stand in clear.
  private static func fits(_ series: SimulatedSeries, _ attributes: [String]) -> Bool {
    attributes.allSatisfy { attribute in
      let parts = attribute.split(separator: "=", maxSplits: 1).map(String.init)
      return !Machine.clearTexts.contains(parts.last!) || series.attributes[parts[0]] == parts.last
    }
  }

  static func holds(_ bytes: [UInt8], _ text: String) -> Bool {
    let text = Array(text.utf8)
    return bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while rest.count >= text.count {
        let start = rest.startIndex
        guard
          let found = memchr(
            bytes.baseAddress! + start, Int32(text[0]), rest.count - text.count + 1)
        else { return false }
        if memcmp(found, text, text.count) == 0 { return true }
        rest = bytes[(bytes.baseAddress!.distance(to: UnsafeRawPointer(found)) + 1)...]
      }
      return false
    }
  }
}
