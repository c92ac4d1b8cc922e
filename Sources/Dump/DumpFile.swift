// The archive on its disk: a tar (POSIX ustar) in gzip, written to NAME.partial, looked through, and only then renamed.
//
// The index page and the manifest come first in it, and are known last. So the sections are written first, one gzip
// stream; in the end the page and the manifest become a stream of their own, and the file makes room for it at its
// beginning. Streams behind one another are one gzip file (RFC 1952, 2.2), which every tool reads. Nothing else is ever
// written to a disk: no copy, no temporary folder.

internal import Archive
internal import Compression
internal import Digest
package import Linux

package struct DumpFile: ~Copyable {
  package let path: String
  private let partialPath: String
  private let file: FileDescriptor
  private var compressor = Compressor(.gzip)
  private let folder: String
  private let tar: TarWriter
  private var isFinished = false
  private let freeBytes: () -> Int64?
  /// What is in the file so far.
  package private(set) var bytes: Int64 = 0

  /// Makes the file with the rights of whoever calls, for nobody else to read.
  ///
  /// - Parameters:
  ///   - folder: what the archive unpacks to.
  ///   - madeSeconds: Unix time that its entries carry.
  ///   - freeBytes: how much may still be written to its disk, asked before each file; nil when that is not known.
  package static func create(
    _ path: String, folder: String, madeSeconds: Int64, freeBytes: (() -> Int64?)? = nil
  ) throws(SystemError) -> DumpFile {
    Process.removeOnInterrupt(path + ".partial")
    let file = try Rights.ofCaller { () throws(SystemError) in
      guard try FileState.of(path, followsLink: false) == nil else {
        throw SystemError.exists(path)
      }
      return try FileDescriptor.open(path + ".partial", .createNew(mode: 0o600))
    }
    return DumpFile(
      path: path, file: file, folder: folder, madeSeconds: madeSeconds,
      freeBytes: freeBytes ?? {
        Rights.ofCaller { FileSystemUsage.of(path + ".partial")?.freeBytes }
      })
  }

  private init(
    path: String, file: consuming FileDescriptor, folder: String, madeSeconds: Int64,
    freeBytes: @escaping () -> Int64?
  ) {
    self.path = path
    partialPath = path + ".partial"
    self.file = file
    self.folder = folder
    tar = TarWriter(modifiedSeconds: madeSeconds)
    self.freeBytes = freeBytes
  }

  deinit { if !isFinished { discard() } }

  /// Removes what was written.
  package func discard() {
    try? Rights.ofCaller { () throws(SystemError) in try AtomicFile.remove(partialPath) }
  }

  /// Why nothing more comes in; nil while there is room.
  package var bound: String? {
    if bytes >= DumpLimits.archiveBytesMax { return "the archive had reached its bound" }
    return room <= 0 ? Self.diskBound : nil
  }

  package static let diskBound =
    "the disk was down to the \(DumpLimits.freeBytesMin >> 20) MiB that a dump leaves"

  /// What may be written before the archive's end.
  private var room: Int64 {
    freeBytes().map { $0 - DumpLimits.freeBytesMin - DumpLimits.endBytes } ?? .max
  }

  /// Adds a file behind those before it, and returns what the manifest says of it; nil when the disk has no room for it.
  package mutating func add(_ name: String, _ content: [UInt8]) throws(DumpError)
    -> Manifest.File?
  {
    let entry = try entry(name, content)
    do throws(SystemError) {
      if Int64(entry.count) + Self.heldBytesMax <= room {
        try write(compressor.append(entry))
      } else {
        // How much it needs is seen when it is compressed, and then it is part of its stream: so it gets one of its own.
        try write(compressor.finish())
        compressor = Compressor(.gzip)
        var alone = Compressor(.gzip)
        let compressed = alone.append(entry) + alone.finish()
        guard compressed.count <= room else { return nil }
        try write(compressed)
      }
    } catch { throw .cannotWrite(error) }
    return Self.listed(name, content)
  }

  /// What a compressor has taken and not given yet.
  private static let heldBytesMax: Int64 = 256 * 1024

  /// Adds a file that belongs to the archive's end, for which room is kept.
  package mutating func addLast(_ name: String, _ content: [UInt8]) throws(DumpError)
    -> Manifest.File
  {
    let entry = try entry(name, content)
    do { try write(compressor.append(entry)) } catch { throw .cannotWrite(error) }
    return Self.listed(name, content)
  }

  private static func listed(_ name: String, _ content: [UInt8]) -> Manifest.File {
    Manifest.File(path: name, bytes: Int64(content.count), sha256: SHA256(of: content).description)
  }

  /// Ends the archive, and puts these files at its beginning.
  package mutating func finish(first files: [(name: String, content: [UInt8])]) throws(DumpError) {
    var head = Compressor(.gzip)
    var bytes: [UInt8] = []
    for (name, content) in files { bytes += head.append(try entry(name, content)) }
    bytes += head.finish()
    let last = compressor.append(TarWriter.end) + compressor.finish()
    if let free = freeBytes(),
      free - Int64(bytes.count + last.count) < DumpLimits.freeBytesMin
    {
      // As much as there is without what was written so far, which is removed.
      throw .noSpace(
        path: String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]),
        freeBytes: free + self.bytes)
    }
    do throws(SystemError) {
      try write(last)
      try file.makeRoom(bytes: bytes.count)
      try file.write(bytes, at: 0)
      self.bytes += Int64(bytes.count)
      try file.synchronise()
    } catch { throw .cannotWrite(error) }
  }

  /// Gives every byte of the finished archive, piece by piece.
  package func forEachPiece(
    _ body: ([UInt8]) throws(DumpError) -> Void
  ) throws(DumpError) {
    var offset = 0
    while true {
      let piece: [UInt8]
      do { piece = try file.read(at: offset, limitBytes: 64 * 1024) } catch {
        throw .cannotWrite(error)
      }
      if piece.isEmpty { return }
      try body(piece)
      offset += piece.count
    }
  }

  /// Gives the archive its name.
  package mutating func publish() throws(DumpError) {
    do {
      try Rights.ofCaller { () throws(SystemError) in
        try AtomicFile.move(partialPath, toNew: path)
      }
    } catch { throw .cannotWrite(error) }
    isFinished = true
  }

  private mutating func write(_ compressed: [UInt8]) throws(SystemError) {
    try file.write(compressed)
    bytes += Int64(compressed.count)
  }

  private func entry(_ name: String, _ content: [UInt8]) throws(DumpError) -> [UInt8] {
    do { return try tar.entry(folder + "/" + name, content) } catch {
      throw .unreadable("\(error)")
    }
  }
}

/// Why there is no archive.
package enum DumpError: Error, CustomStringConvertible {
  case cannotWrite(SystemError)
  case noSpace(path: String, freeBytes: Int64)
  /// Something of this kind was still in that file of the archive.
  case identityLeft(kind: String, file: String)
  /// More is known to identify this appliance than can be searched for.
  case searchTooLarge
  /// The archive does not read back as it was written.
  case unreadable(String)
  case overrideNotRecorded(String)

  package var description: String {
    switch self {
    case .cannotWrite(let error):
      "there is no dump: \(error); --output names another folder"
    case .noSpace(let path, let free):
      "there is no dump: \(path) has \(free / 1024) KiB free, and a dump must leave \(DumpLimits.freeBytesMin >> 10); --output names another folder"
    case .identityLeft(let kind, let file):
      "there is no dump: \(file) would still have held what identifies this appliance or its site (\(kind)), which "
        + "is a fault of this program; leave that section out with --skip, and tell the maintainers"
    case .searchTooLarge:
      "there is no dump: more names and secrets are known here than can be searched for, so nobody can say that none is "
        + "in it"
    case .unreadable(let reason):
      "there is no dump: it does not read back as it was written: \(reason)"
    case .overrideNotRecorded(let reason):
      "there is no dump: an override must be written to the ledger first, and that failed: \(reason)"
    }
  }
}
