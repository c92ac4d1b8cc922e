// Answers sorted by what to do next, not by what caused them. One place maps HTTP statuses and transport
// failures (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response); nothing else looks at a status.
//
// Two deliberate deviations from the specification, both so that nothing is lost to a misconfigured network:
// - 401, 403, 404 and the like must not be retried as they are, but that does not mean losing what waits:
//   everything is kept, and a later run probes again.
// - a 200 or a 400 counts only when it speaks the protocol. A captive portal or a proxy answers both in HTML.

package import HTTPS
internal import OTLP
internal import Telemetry

package enum UploadResult: Equatable, Sendable {
  /// Acceptance. Rejected readings are never sent again; they are counted and shown.
  case accepted(rejected: Int64, message: String)
  /// The receiver, or the way to it, is not well: keep everything and try again.
  case retryLater(reason: String, afterMilliseconds: Int64?)
  /// This request failed inside the receiver; others may pass.
  case failedThere(reason: String)
  /// The request is too large: send it in halves.
  case tooLarge(reason: String)
  /// Bad data in the words of the supplier's own receiver: the same bytes will never be accepted.
  case refused(message: String)
  /// Whoever answered is not the receiver that was agreed, or does not let this appliance in: keep everything,
  /// stop, and say what is wrong.
  case notTheSupplier(reason: String)
  /// The agreement became narrower during the transfer.
  case stopped
  /// The customer's daily quota does not allow it before then, Unix milliseconds.
  case overQuota(untilMilliseconds: Int64)

  /// - Parameter nowMilliseconds: Unix time, for a Retry-After that names a date.
  package init(_ response: Response, nowMilliseconds: Int64) {
    let isProtocol = MediaType.isProtobuf(response.contentType)
    switch response.status {
    case 200..<300 where isProtocol || response.body.isEmpty:
      // A success whose body cannot be read is a success: resending would only make duplicates.
      let answer = try? ExportResponse(decoding: response.body)
      self = .accepted(
        rejected: answer?.rejectedCount ?? 0, message: printable(answer?.message ?? ""))
    case 400 where isProtocol:
      let status = try? StatusResponse(decoding: response.body)
      self = .refused(message: printable(status?.message ?? "bad data"))
    case 413: self = .tooLarge(reason: "HTTP 413: the request is too large for the receiver")
    case 429, 502, 503, 504:
      self = .retryLater(
        reason: "HTTP \(response.status): the receiver is busy or down",
        afterMilliseconds: response.retryAfter.flatMap {
          RetryAfter.milliseconds($0, nowMilliseconds: nowMilliseconds)
        })
    case 500...599: self = .failedThere(reason: "HTTP \(response.status): the receiver failed")
    default: self = .notTheSupplier(reason: Self.misfit(response))
    }
  }

  package init(_ error: HTTPSError) {
    // A clause of a longer sentence.
    let reason =
      error.description.hasSuffix(".") ? String(error.description.dropLast()) : error.description
    switch error.failure {
    case .couldNotResolve, .couldNotConnect, .timedOut, .connectionLost, .tlsFailed,
      .certificateNotYetValid, .other:
      self = .retryLater(reason: reason, afterMilliseconds: nil)
    case .proxyRefused(let status) where HTTPSError.cannotReach.contains(status):
      self = .retryLater(reason: reason, afterMilliseconds: nil)
    case .certificateUntrusted, .certificateNameMismatch, .certificateExpired, .caFileUnusable,
      .clientCertificateUnusable, .clientCertificateRefused, .proxyRefused, .invalidRequest,
      .responseTooLarge:
      self = .notTheSupplier(reason: reason)
    case .interrupted: self = .stopped
    }
  }

  private static func misfit(_ response: Response) -> String {
    let status = "HTTP \(response.status)"
    let type = printable(response.contentType ?? "no content type")
    return switch response.status {
    case 200..<300:
      "\(status), but not in the protocol (\(type)): "
        + "a proxy or a login page may stand in between"
    case 300..<400:
      "\(status): a redirect, which is not followed because the agreement names the receiver; "
        + "correct 'endpoint' in the offer"
    case 401, 403: "\(status): the receiver does not let this appliance in; check the credentials"
    case 404, 405:
      "\(status): there is no OTLP receiver at this address; check 'endpoint' in the offer"
    case 400:
      "\(status), but not in the protocol (\(type)): "
        + "a proxy may stand in between, or a client certificate is wanted"
    default: "\(status): not an answer of an OTLP receiver"
    }
  }
}

private enum MediaType {
  /// `application/x-protobuf`, parameters aside; media types do not care for case (RFC 9110, 8.3.1).
  static func isProtobuf(_ contentType: String?) -> Bool {
    let type = contentType?.prefix { $0 != ";" } ?? ""
    return type.lowercased().filter { $0 != " " } == "application/x-protobuf"
  }
}

package enum RetryAfter {
  /// Both forms of RFC 9110, 10.2.3: seconds, or a date. Nil when it is neither.
  package static func milliseconds(_ text: String, nowMilliseconds: Int64) -> Int64? {
    let words = text.split(whereSeparator: \.isWhitespace)
    if words.count == 1, words[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
      let seconds = Int64(words[0]) ?? .max
      return min(seconds, Limits.pauseMillisecondsMax / 1000) * 1000
    }
    guard let date = HTTPDate.unixSeconds(text) else { return nil }
    return min(max(0, date * 1000 - nowMilliseconds), Limits.pauseMillisecondsMax)
  }
}

/// Another machine's words as they may reach a terminal, a log or a status page: one line, without what moves
/// the cursor or turns the direction of writing, and bounded.
private func printable(_ text: String) -> String {
  var printable = String.UnicodeScalarView()
  for scalar in text.unicodeScalars.prefix(Limits.foreignTextCharactersMax) {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
      printable.append("?")
    default: printable.append(scalar)
    }
  }
  return String(printable)
}
