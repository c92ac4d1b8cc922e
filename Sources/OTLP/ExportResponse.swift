// What a receiver answers.
//
//   200   Export(Metrics|Logs)ServiceResponse   1 partial_success
//         Export(Metrics|Logs)PartialSuccess    1 rejected, int64   2 error_message
//   else  google.rpc.Status                     1 code, int32       2 message
//
// Metrics and logs use the same numbers, so one decoder reads both. Fields that are not known, and
// known numbers with another wire type, are skipped: a newer receiver may say more. The depth is
// fixed, the text is cut to a bound, and any bytes whatever lead to a value or to an error.

/// The answer to a request that was accepted, wholly or partly.
package struct ExportResponse: Hashable, Sendable {
  /// The most bytes of a receiver's text that are kept: it goes into logs and status pages.
  package static let messageBytesMax = 1024

  /// How many data points or log records were refused. They must not be sent again.
  package private(set) var rejectedCount: Int64 = 0
  /// Why, or a warning if nothing was refused. The receiver's own words, not fit for a terminal as
  /// they are.
  package private(set) var message = ""

  /// Decodes the body of a 200. An empty body means that all was accepted.
  package init(decoding bytes: [UInt8]) throws(OTLPError) {
    var response = ProtobufReader(bytes)
    while let (field, value) = try response.next() {
      guard field == 1, case .range(let range) = value else { continue }
      var partialSuccess = ProtobufReader(bytes, range: range)
      while let (field, value) = try partialSuccess.next() {
        switch (field, value) {
        // A count below zero says nothing.
        case (1, .integer(let count)): rejectedCount = max(0, Int64(bitPattern: count))
        case (2, .range(let range)): message = boundedText(bytes, range)
        default: continue
        }
      }
    }
  }
}

/// The answer to a request that was refused: `google.rpc.Status`.
package struct StatusResponse: Hashable, Sendable {
  /// A gRPC code: 3 is an invalid argument, 8 exhaustion, 14 unavailability.
  package private(set) var code: Int32 = 0
  /// The receiver's own words, at most `ExportResponse.messageBytesMax` bytes, not fit for a
  /// terminal as they are.
  package private(set) var message = ""

  /// Decodes the body of an answer other than 200.
  package init(decoding bytes: [UInt8]) throws(OTLPError) {
    var status = ProtobufReader(bytes)
    while let (field, value) = try status.next() {
      switch (field, value) {
      case (1, .integer(let code)): self.code = Int32(truncatingIfNeeded: code)
      case (2, .range(let range)): message = boundedText(bytes, range)
      default: continue
      }
    }
  }
}

/// Decodes UTF-8, cut to the bound; what is not UTF-8, such as a character cut in two, becomes
/// U+FFFD.
private func boundedText(_ bytes: [UInt8], _ range: Range<Int>) -> String {
  String(decoding: bytes[range].prefix(ExportResponse.messageBytesMax), as: UTF8.self)
}
