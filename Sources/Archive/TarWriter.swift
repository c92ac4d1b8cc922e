// tar as POSIX.1-1988 has it (ustar): what every desktop opens. Each file is a header of 512 bytes, its content, and
// zeros up to the next multiple of 512; two blocks of zeros end the archive.
//
//   offset  bytes
//        0    100  name            what is longer is cut at a "/" and begins in `prefix`
//      100      8  mode            0600: a dump is nobody else's
//      108   8, 8  user, group     0: whoever unpacks it owns it
//      124     12  size            octal
//      136     12  mtime           octal, seconds
//      148      8  checksum        the sum of all bytes of the header, with blanks in its own place
//      156      1  type            "0", a regular file
//      257   6, 2  "ustar", "00"
//      345    155  prefix
//
// Nothing of the machine gets into a header: no names of users, no numbers of devices.

package struct TarWriter: Sendable {
  package static let blockBytes = 512
  /// Eleven octal digits.
  package static let fileBytesMax: Int64 = (1 << 33) - 1

  /// What ends an archive.
  package static let end = [UInt8](repeating: 0, count: 2 * blockBytes)

  private let modifiedSeconds: Int64

  /// - Parameter modifiedSeconds: the time of every file in it, Unix seconds.
  package init(modifiedSeconds: Int64) {
    self.modifiedSeconds = min(max(0, modifiedSeconds), Self.fileBytesMax)
  }

  /// A whole file.
  package func entry(_ path: String, _ content: [UInt8]) throws(ArchiveError) -> [UInt8] {
    try header(path, bytes: Int64(content.count)) + content
      + Self.padding(behind: Int64(content.count))
  }

  /// What stands before a file's content.
  package func header(_ path: String, bytes: Int64) throws(ArchiveError) -> [UInt8] {
    if let fault = ArchiveName.fault(path) { throw .badName(path, reason: fault) }
    guard (0...Self.fileBytesMax).contains(bytes) else {
      throw .tooLarge(path, bytes: bytes, limitBytes: Self.fileBytesMax)
    }
    let (prefix, name) = try Self.parted(path)
    var header = [UInt8](repeating: 0, count: Self.blockBytes)
    func put(_ text: some Sequence<UInt8>, at offset: Int) {
      for (index, byte) in text.enumerated() { header[offset + index] = byte }
    }
    put(name, at: 0)
    put("0000600".utf8, at: 100)
    put("0000000".utf8, at: 108)
    put("0000000".utf8, at: 116)
    put(Self.octal(bytes, digits: 11).utf8, at: 124)
    put(Self.octal(modifiedSeconds, digits: 11).utf8, at: 136)
    put("        ".utf8, at: 148)
    put("0".utf8, at: 156)
    put("ustar\0".utf8, at: 257)
    put("00".utf8, at: 263)
    put(prefix, at: 345)
    let sum = header.reduce(0) { $0 + Int64($1) }
    put((Self.octal(sum, digits: 6) + "\0 ").utf8, at: 148)
    return header
  }

  /// What stands behind a content of so many bytes.
  package static func padding(behind bytes: Int64) -> [UInt8] {
    let rest = Int(bytes % Int64(blockBytes))
    return [UInt8](repeating: 0, count: rest == 0 ? 0 : blockBytes - rest)
  }

  private static func octal(_ value: Int64, digits: Int) -> String {
    let text = String(value, radix: 8)
    return String(repeating: "0", count: digits - text.utf8.count) + text
  }

  /// A path of up to 100 bytes is a name; of a longer one as much as may be goes into the prefix.
  private static func parted(
    _ path: String
  ) throws(ArchiveError) -> (prefix: ArraySlice<UInt8>, name: ArraySlice<UInt8>) {
    let bytes = Array(path.utf8)
    if bytes.count <= 100 { return ([], bytes[...]) }
    let slash = bytes.prefix(156).lastIndex(of: UInt8(ascii: "/"))
    guard let slash, (1...100).contains(bytes.count - slash - 1) else {
      throw .badName(path, reason: "is too long")
    }
    return (bytes[..<slash], bytes[(slash + 1)...])
  }
}
