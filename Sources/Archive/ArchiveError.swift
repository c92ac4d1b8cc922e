// What can be wrong with an archive that somebody else made.

package enum ArchiveError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A name that the archive may not hold, and why.
  case badName(String, reason: String)
  /// Something that is no regular file.
  case notAFile(String, kind: String)
  /// The header at this offset of the unpacked archive.
  case damagedHeader(offset: Int64, reason: String)
  case tooLarge(String, bytes: Int64, limitBytes: Int64)
  case tooMany(limit: Int)
  /// The archive ends before it is complete.
  case cutOff
  /// There is something behind the end.
  case surplus(offset: Int64)

  package var description: String {
    switch self {
    case .badName(let name, let reason): "the name '\(Self.shown(name))' \(reason)"
    case .notAFile(let name, let kind):
      "'\(Self.shown(name))' is \(kind); a dump holds regular files only"
    case .damagedHeader(let offset, let reason):
      "the header at byte \(offset) of the unpacked archive is damaged: \(reason)"
    case .tooLarge(let name, let bytes, let limit):
      "'\(Self.shown(name))' has \(bytes) bytes; at most \(limit) are read"
    case .tooMany(let limit): "there are more than \(limit) files in it"
    case .cutOff: "the archive ends before it is complete"
    case .surplus(let offset): "there is something behind the archive's end, at byte \(offset)"
    }
  }

  /// A name for a terminal: nothing but printable ASCII, and not much of it.
  private static func shown(_ name: String) -> String {
    String(
      String.UnicodeScalarView(
        name.unicodeScalars.prefix(120).map { (0x20..<0x7f).contains($0.value) ? $0 : "?" }))
  }
}

/// What names of files in an archive may be, for the writer and the reader alike.
enum ArchiveName {
  /// What is wrong with a name, or nil. Names are relative, go down only, and show on a terminal what they are.
  static func fault(_ name: String) -> String? {
    if name.isEmpty { return "is empty" }
    if name.utf8.count > 255 { return "is too long" }
    if name.utf8.first == UInt8(ascii: "/") { return "is absolute" }
    if name.utf8.contains(where: { !(0x21..<0x7f).contains($0) || $0 == UInt8(ascii: "\\") }) {
      return "has characters other than letters, digits and signs of ASCII"
    }
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    if parts.contains(where: { $0.elementsEqual("..".utf8) }) { return "leads upwards" }
    if parts.contains(where: { $0.isEmpty || $0.elementsEqual(".".utf8) }) {
      return "has a part that is empty or a dot"
    }
    return nil
  }
}
