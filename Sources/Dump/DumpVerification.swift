// The last look: the finished archive is read back from its first byte, as whoever gets it will read it. Every file has
// the digest that the manifest names, and nothing that identifies the appliance is in any of them, nor in a name.

internal import Archive
internal import Compression
internal import Digest
internal import Scrubbing

struct DumpVerification: ~Copyable {
  private var expected: [String: Manifest.File] = [:]
  private var gunzip = GzipReader(limitBytes: Int(DumpLimits.archiveBytesMax) * 64)
  private var reader = TarReader(
    limits: TarReader.Limits(files: 10_000, fileBytes: Int64(4 * DumpLimits.fileBytesMax)))
  private var search: IdentitySearch
  private var path = ""
  private var content: [UInt8] = []

  private init(_ manifest: Manifest, _ identities: [Identity]) {
    for section in manifest.sections {
      for file in section.files { expected[file.path] = file }
    }
    search = IdentitySearch(identities)
  }

  static func check(
    _ file: borrowing DumpFile, _ manifest: Manifest, _ identities: [Identity]
  ) throws(DumpError) {
    var look = DumpVerification(manifest, identities)
    guard look.search.isComplete else { throw .searchTooLarge }
    try file.forEachPiece { piece throws(DumpError) in try look.take(piece) }
    do {
      try look.gunzip.finish()
      try look.reader.finish()
    } catch { throw .unreadable("\(error)") }
    if let missing = look.expected.keys.min() { throw .unreadable("\(missing) is missing") }
  }

  private mutating func take(_ piece: [UInt8]) throws(DumpError) {
    gunzip.append(piece)
    while true {
      let events: [TarReader.Event]
      do {
        guard let part = try gunzip.next() else { return }
        events = try reader.feed(part)
      } catch { throw .unreadable("\(error)") }
      for event in events { try take(event) }
    }
  }

  private mutating func take(_ event: TarReader.Event) throws(DumpError) {
    switch event {
    case .file(let path, _):
      self.path = path.split(separator: "/", maxSplits: 1).last.map(String.init) ?? path
      content = []
      try look(at: Array(path.utf8))
      try endLook()
    case .content(let part):
      content += part
      try look(at: Array(part))
    case .fileEnd:
      try endLook()
      guard let file = expected.removeValue(forKey: path) else { return }
      guard SHA256(of: content).description == file.sha256 else {
        throw .unreadable("\(path) does not have the digest that it was written with")
      }
    }
  }

  private mutating func look(at bytes: [UInt8]) throws(DumpError) {
    if let match = search.feed(bytes) { throw left(match) }
  }

  private mutating func endLook() throws(DumpError) {
    if let match = search.finish() { throw left(match) }
  }

  private func left(_ match: IdentitySearch.Match) -> DumpError {
    .identityLeft(kind: match.identity.kind.rawValue, file: path)
  }
}
