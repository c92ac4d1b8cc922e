// When the appliance's own certificate ends: of X.509 (RFC 5280, 4.1) just as much as that takes. The receiver says
// only that it was refused.
//
//   Certificate ::= SEQUENCE { tbsCertificate SEQUENCE {
//     [0] version OPTIONAL, serialNumber INTEGER, signature SEQUENCE, issuer SEQUENCE,
//     validity SEQUENCE { notBefore Time, notAfter Time }, … } … }

internal import Configuration
internal import Linux
internal import Telemetry

enum ClientCertificate {
  /// How long before its end it is worth a word.
  static let noticeMilliseconds: Int64 = 14 * 86_400_000

  /// What is to be said of a certificate that has ended or ends soon; nil when there is nothing to say.
  static func notice(of name: String, in directory: String, _ clock: any Clock) -> String? {
    let path = name.hasPrefix("/") ? name : "\(directory)/\(name)"
    guard let file = try? FileDescriptor.open(path, .readOnlyAtOnce),
      let bytes = try? file.readAll(limitBytes: Limits.certificatesBytesMax),
      let end = endMilliseconds(ofPEM: String(decoding: bytes, as: UTF8.self)),
      end < clock.wallTimeMilliseconds + noticeMilliseconds
    else { return nil }
    let verb = end < clock.wallTimeMilliseconds ? "ended" : "ends"
    return
      "the client certificate \(path) \(verb) at \(CalendarTime.rfc3339(milliseconds: end)): have it renewed"
  }

  /// Unix milliseconds of the end of the first certificate of a PEM file; nil when it is not to be found.
  static func endMilliseconds(ofPEM text: String) -> Int64? {
    let lines = text.split(whereSeparator: \.isNewline)
    guard let begin = lines.firstIndex(of: "-----BEGIN CERTIFICATE-----"),
      let end = lines[begin...].firstIndex(of: "-----END CERTIFICATE-----"),
      let bytes = Base64.decode(lines[(begin + 1)..<end].joined())
    else { return nil }
    var reader = DERReader(bytes[...])
    guard var body = reader.next(0x30).flatMap({ DERReader($0).first(0x30) }).map(DERReader.init)
    else { return nil }
    if body.tag == 0xA0 { _ = body.next(0xA0) }
    guard body.next(0x02) != nil, body.next(0x30) != nil, body.next(0x30) != nil,
      var validity = body.next(0x30).map(DERReader.init), validity.skip()
    else { return nil }
    return validity.time()
  }
}

/// Reads one element of DER after the other.
private struct DERReader {
  private var bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  var tag: UInt8? { bytes.first }

  func first(_ tag: UInt8) -> ArraySlice<UInt8>? {
    var copy = self
    return copy.next(tag)
  }

  mutating func skip() -> Bool { tag.flatMap { next($0) } != nil }

  /// The content of the next element, nil when it is not of this tag or not whole.
  mutating func next(_ tag: UInt8) -> ArraySlice<UInt8>? {
    guard bytes.first == tag else { return nil }
    bytes = bytes.dropFirst()
    guard let first = bytes.popFirst() else { return nil }
    var length = Int(first)
    if first >= 0x80 {
      // A certificate has fewer than 16 MiB.
      guard (1...3).contains(first & 0x7F), bytes.count >= Int(first & 0x7F) else { return nil }
      length = 0
      for _ in 0..<(first & 0x7F) { length = length << 8 | Int(bytes.popFirst() ?? 0) }
    }
    guard bytes.count >= length else { return nil }
    defer { bytes = bytes.dropFirst(length) }
    return bytes.prefix(length)
  }

  /// UTCTime "YYMMDDHHMMSSZ" until 2049, GeneralizedTime "YYYYMMDDHHMMSSZ" from then on (RFC 5280, 4.1.2.5).
  mutating func time() -> Int64? {
    let yearDigits: Int
    let content: ArraySlice<UInt8>
    if let utc = first(0x17) {
      (yearDigits, content) = (2, utc)
    } else if let generalized = first(0x18) {
      (yearDigits, content) = (4, generalized)
    } else {
      return nil
    }
    guard content.count == yearDigits + 11, content.last == UInt8(ascii: "Z"),
      content.dropLast().allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    let digits = content.dropLast().map { Int($0) - 0x30 }
    func number(_ from: Int, _ count: Int) -> Int {
      digits[from..<(from + count)].reduce(0) { $0 * 10 + $1 }
    }
    let short = number(0, yearDigits)
    let year = yearDigits == 4 ? short : short < 50 ? 2000 + short : 1900 + short
    let day = CalendarTime.startOfDay(
      year: year, month: number(yearDigits, 2), day: number(yearDigits + 2, 2))
    let (hour, minute) = (number(yearDigits + 4, 2), number(yearDigits + 6, 2))
    return day + Int64(hour * 3_600 + minute * 60 + number(yearDigits + 8, 2)) * 1000
  }
}

/// RFC 4648, 4.
private enum Base64 {
  static func decode(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var (bits, count) = (0, 0)
    for character in text.utf8 {
      let value: UInt8
      switch character {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      case UInt8(ascii: "="): continue
      default: return nil
      }
      bits = (bits << 6 | Int(value)) & 0xFFFFFF
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
      }
    }
    return bytes
  }
}
