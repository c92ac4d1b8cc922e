// A dump as it came from somebody else: read once, from its first byte to its last, and held against what its own
// manifest says. Nothing is unpacked. Memory is bounded by the limits here, whatever the archive claims.

internal import Archive
internal import Compression
internal import Digest
internal import Linux

struct InspectedDump {
  /// Four times what a dump holds at most (Dump.DumpLimits): whatever is larger was not made by `accord dump`.
  static let archiveBytesMax = 256 * 1024 * 1024
  static let contentBytesMax = 2 * 1024 * 1024 * 1024
  static let fileBytesMax: Int64 = 48 * 1024 * 1024
  static let filesMax = 10_000
  /// What is kept of that which was asked for, all files together: a day of readings of hundreds of series. Two of the
  /// largest files do not fit, one always does.
  static let wantedBytesMax = 64 * 1024 * 1024
  /// Problems that are told; there may be one for each file.
  static let problemsMax = 50

  /// What is wrong with it; empty when it is whole.
  private(set) var problems: [String] = []
  private(set) var moreProblems = 0
  private(set) var manifest: InspectedManifest?
  private(set) var summary: InspectedSummary?
  private(set) var ledger: InspectedLedger?
  /// What was asked for, by its path, in the archive's order.
  private(set) var wanted: [(path: String, content: [UInt8])] = []
  /// What was asked for as well, and is more than is kept.
  private(set) var leftOut: [String] = []

  private struct Found {
    let bytes: Int64
    let sha256: String
  }

  private var found: [String: Found] = [:]
  private var folder: String?
  private var ledgerContent: [UInt8]?
  private let isWanted: (String, InspectedManifest?) -> Bool

  /// Files that the manifest does not name, because they are made after it or with it.
  private static let unlisted: Set<String> = ["manifest.json", "index.html"]

  /// - Parameter isWanted: whether the content of a file is kept, told by its path within the dump's folder and the
  ///   manifest, if that came before.
  init(_ path: String, isWanted: @escaping (String, InspectedManifest?) -> Bool) throws(SystemError)
  {
    self.isWanted = isWanted
    let file = try FileDescriptor.open(path, .readOnly)
    // What is wrong with the whole of it comes first.
    if let problem = try read(file) { problems.insert(VisibleText.line(problem), at: 0) }
    checkFiles()
    checkLedger()
  }

  /// Returns what is wrong with the archive itself.
  private mutating func read(_ file: borrowing FileDescriptor) throws(SystemError) -> String? {
    var gunzip = GzipReader(limitBytes: Self.contentBytesMax)
    var tar = TarReader(
      limits: TarReader.Limits(files: Self.filesMax, fileBytes: Self.fileBytesMax))
    var offset = 0
    var current: (path: String, content: [UInt8])?
    while true {
      let piece = try file.read(at: offset, limitBytes: 64 * 1024)
      guard !piece.isEmpty else { break }
      offset += piece.count
      guard offset <= Self.archiveBytesMax else {
        return "the archive has more than \(Self.archiveBytesMax) bytes: no dump is so large"
      }
      gunzip.append(piece)
      do {
        while let part = try gunzip.next() {
          for event in try tar.feed(part) { take(event, &current) }
        }
      } catch let error as CompressionError {
        return offset <= 64 * 1024 && manifest == nil && found.isEmpty
          ? "it is no dump, or one that is damaged at its beginning: \(error)" : "\(error)"
      } catch { return "\(error)" }
    }
    do {
      try gunzip.finish()
      try tar.finish()
    } catch is CompressionError {
      return "the archive ends before it is complete, or is damaged at its end"
    } catch { return "\(error)" }
    return nil
  }

  private mutating func take(
    _ event: TarReader.Event, _ current: inout (path: String, content: [UInt8])?
  ) {
    switch event {
    case .file(let path, _): current = (relative(path), [])
    case .content(let part): current?.content += part
    case .fileEnd:
      if let file = current { take(file.path, file.content) }
      current = nil
    }
  }

  /// The path within the dump's folder, which the first file names.
  private mutating func relative(_ path: String) -> String {
    let parts = path.split(separator: "/", maxSplits: 1)
    guard parts.count == 2 else {
      add("\(path) lies outside of the dump's folder")
      return path
    }
    if folder == nil { folder = String(parts[0]) }
    if folder != String(parts[0]) { add("\(path) lies outside of the dump's folder") }
    return String(parts[1])
  }

  private mutating func take(_ path: String, _ content: [UInt8]) {
    // The first is the one that is looked at: each of a thousand manifests would take its time.
    guard found[path] == nil else { return add("\(path) stands in it twice") }
    found[path] = Found(bytes: Int64(content.count), sha256: SHA256(of: content).description)
    switch path {
    case "manifest.json":
      switch InspectedManifest.read(content) {
      case .success(let manifest): self.manifest = manifest
      case .failure(let failure): add(failure.reason)
      }
    case "summary.json":
      switch InspectedSummary.read(content) {
      case .success(let summary): self.summary = summary
      case .failure(let failure): add(failure.reason)
      }
    case "sections/ledger.jsonl": ledgerContent = content
    default: break
    }
    if isWanted(path, manifest) { keep(path, content) }
  }

  private mutating func keep(_ path: String, _ content: [UInt8]) {
    let bytes = wanted.reduce(0) { $0 + $1.content.count }
    guard leftOut.isEmpty, content.count <= Self.wantedBytesMax - bytes else {
      return leftOut.append(path)
    }
    wanted.append((path, content))
  }

  // MARK: against the manifest

  private mutating func checkFiles() {
    guard let manifest else {
      if found["manifest.json"] == nil {
        add("manifest.json is missing: it is not a dump, or a part of one")
      }
      return
    }
    var listed: Set<String> = []
    for section in manifest.sections {
      for file in section.files {
        if !listed.insert(file.path).inserted { add("the manifest lists \(file.path) twice") }
        guard let found = found[file.path] else {
          add("\(file.path) is missing")
          continue
        }
        if found.bytes != file.bytes {
          add("\(file.path) has \(found.bytes) bytes; the manifest says \(file.bytes)")
        } else if found.sha256 != file.sha256 {
          add("\(file.path) was changed: its SHA-256 is not the manifest's")
        }
      }
    }
    for path in found.keys.sorted() where !listed.contains(path) && !Self.unlisted.contains(path) {
      add("\(path) is not listed in the manifest")
    }
  }

  private mutating func checkLedger() {
    guard let content = ledgerContent else { return }
    let section = manifest?.sections.first { section in
      section.files.contains { $0.path == "sections/ledger.jsonl" }
    }
    let ledger = InspectedLedger(content, isCut: section.map { $0.status != "ok" } ?? false)
    if let problem = ledger.problem { add(problem) }
    self.ledger = ledger
    ledgerContent = nil
  }

  private mutating func add(_ problem: String) {
    guard problems.count < Self.problemsMax else {
      moreProblems += 1
      return
    }
    problems.append(VisibleText.line(problem))
  }
}
