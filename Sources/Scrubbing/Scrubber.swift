// The second line. What a dump holds is chosen, field by field and file by file, by what collects it; the scrubber goes
// over all of it, and over the manifest, the file names and the dump's own log, for what stands where nobody expects it.
// A third line searches the finished archive: IdentitySearch.
//
// Recognisers, one a file, mark what is to be replaced:
//
//   PrivateKeys        PEM blocks, also where a journal has cut them into lines with a head before each
//   Secrets            values whose key says what they are: password=…, "token": "…", --secret …, Cookie: …
//   TokenShapes        what is a secret by its form: JWTs, vendors' prefixes, hashes of passwords, long random text
//   WebAddresses       user:password@ in URLs
//   IdentityFinder     the appliance's own names, in every spelling
//   MailAddresses, HardwareAddresses, InternetAddresses, SiteNames     everybody's
//
// Secrets become "[removed: password]" and the like. Names become pseudonyms that are the same everywhere: "host-1".
//
// What is not a secret stays: a dump without its words helps nobody. So a key is one by its last word, not by any
// (`password` and `db_password` are, `passwordauthentication`, `token_bucket_size` and `secret_backend` are not); what
// is on every machine stays (loopback, netmasks, groups); and so do version numbers, which look like IPv4 addresses:
// behind a word such as "version", beside a hyphen unless the address is a private one, and throughout a text that is
// said to be a list of versions.
//
// Everything works on bytes and passes over them a fixed number of times; no byte is looked back at from every other.
// What was scrubbed is scrubbed again until nothing changes, so that doing it twice is doing it once; two rounds
// suffice but for texts made to defeat it, and after `roundsMax` the rest is not trusted.

package struct Scrubber: Sendable {
  package private(set) var book: PseudonymBook
  /// How often something was replaced, by the label or the kind of the pseudonym.
  package private(set) var counts: [String: Int] = [:]
  private let finder: IdentityFinder
  private let siteNames: SiteNames

  static let roundsMax = 8

  package init(book: PseudonymBook, identities: [Identity]) {
    self.book = book
    self.book.avoid(identities.map(\.text))
    finder = IdentityFinder(identities)
    siteNames = SiteNames(identities)
  }

  /// The content without what must not leave.
  ///
  /// - Parameter isVersionList: what looks like an IPv4 address is a version, as in a list of packages; the appliance's
  ///   own addresses are replaced all the same.
  package mutating func scrub(_ content: [UInt8], isVersionList: Bool = false) -> [UInt8] {
    var content = content
    for _ in 0..<Self.roundsMax {
      let text = Text(content)
      let marks = marks(in: text, isVersionList).merged()
      if marks.isEmpty { return content }
      let next = replacing(marks, in: text)
      if next == content { return content }
      content = next
    }
    return Array(Label.secret.text.utf8)
  }

  package mutating func scrub(_ text: String, isVersionList: Bool = false) -> String {
    String(decoding: scrub(Array(text.utf8), isVersionList: isVersionList), as: UTF8.self)
  }

  /// A name for a file in the dump: scrubbed, then nothing but letters, digits, ".", "_" and "-", at most
  /// `nameBytesMax` of them, and no dot in front.
  package mutating func scrub(name: String) -> String {
    let scrubbed = Array(scrub(name).utf8)
    var result: [UInt8] = []
    for byte in scrubbed {
      let isPlain = ASCII.isAlphanumeric(byte) || byte == 0x2e || byte == 0x5f
      if isPlain, !(result.isEmpty && byte == 0x2e) {
        result.append(byte)
      } else if !result.isEmpty, result.last != 0x2d {
        result.append(0x2d)
      }
    }
    result = Array(result.prefix(Self.nameBytesMax))
    while result.last == 0x2d || result.last == 0x2e { result.removeLast() }
    return result.isEmpty ? "unnamed" : String(decoding: result, as: UTF8.self)
  }

  package static let nameBytesMax = 60

  private func marks(in text: Text, _ isVersionList: Bool) -> [Mark] {
    let urls = WebAddresses.marks(in: text)
    var marks = PrivateKeys.marks(in: text)
    marks += Secrets.marks(in: text)
    marks += urls.marks
    marks += TokenShapes.marks(in: text)
    marks += finder.marks(in: text)
    marks += MailAddresses.marks(in: text, except: urls.signs)
    marks += HardwareAddresses.marks(in: text)
    marks += InternetAddresses.marks(in: text, isVersionList: isVersionList)
    marks += siteNames.marks(in: text)
    return marks
  }

  private mutating func replacing(_ marks: [Mark], in text: Text) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var copied = 0
    for mark in marks {
      result += text.bytes[copied..<mark.range.lowerBound]
      result += replacement(for: mark.replacement).utf8
      copied = mark.range.upperBound
    }
    return result + text.bytes[copied...]
  }

  private mutating func replacement(for replacement: Mark.Replacement) -> String {
    switch replacement {
    case .label(let label):
      counts[label.rawValue, default: 0] += 1
      return label.text
    case .name(let text, let kind):
      counts[kind.rawValue, default: 0] += 1
      return book.name(for: text, kind) ?? Label.name.text
    }
  }
}
