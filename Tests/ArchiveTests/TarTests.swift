import Archive
import Compression
import TestSupport
import Testing

@Suite("Archive")
struct TarTests {
  private static let limits = TarReader.Limits(files: 100, fileBytes: 1 << 20)

  /// Files and what is wrong, however the bytes are cut.
  private func read(
    _ tar: [UInt8], pieces length: Int = 1 << 20, _ limits: TarReader.Limits = limits
  ) -> (files: [(path: String, content: [UInt8])], error: ArchiveError?) {
    var reader = TarReader(limits: limits)
    var files: [(path: String, content: [UInt8])] = []
    do throws(ArchiveError) {
      for start in stride(from: 0, to: tar.count, by: length) {
        for event in try reader.feed(Array(tar[start..<min(start + length, tar.count)])) {
          switch event {
          case .file(let path, _): files.append((path, []))
          case .content(let part): files[files.count - 1].content += part
          case .fileEnd: break
          }
        }
      }
      try reader.finish()
    } catch { return (files, error) }
    return (files, nil)
  }

  private func archive(_ files: [(String, [UInt8])]) throws -> [UInt8] {
    let writer = TarWriter(modifiedSeconds: 1_795_219_200)
    return try files.flatMap { try writer.entry($0.0, $0.1) } + TarWriter.end
  }

  private func files(_ generator: inout SeededGenerator) -> [(String, [UInt8])] {
    (0..<Int.random(in: 0...6, using: &generator)).map { number in
      let sizes = [0, 1, 511, 512, 513, 1024, Int.random(in: 0...5000, using: &generator)]
      let name =
        "dump/\(String(repeating: "n", count: Int.random(in: 1...90, using: &generator)))\(number)"
      return (name, generator.bytes(sizes.randomElement(using: &generator)!))
    }
  }

  @Test("what was written is read again, in pieces of any size", arguments: seeds)
  func comesBack(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let files = files(&generator)
    let tar = try archive(files)
    #expect(tar.count % 512 == 0)
    for length in [1, 511, 512, 513, tar.count + 1, Int.random(in: 1...2000, using: &generator)] {
      let (found, error) = read(tar, pieces: length)
      #expect(error == nil, "seed \(seed)")
      #expect(found.map(\.path) == files.map(\.0), "seed \(seed)")
      #expect(found.map(\.content) == files.map(\.1), "seed \(seed)")
    }
  }

  @Test("every beginning of an archive is cut off, and its whole files are told")
  func cutOff() throws {
    let tar = try archive([("d/a", [1, 2, 3]), ("d/b", [UInt8](repeating: 7, count: 600))])
    for length in 0..<tar.count {
      let (found, error) = read(Array(tar.prefix(length)))
      #expect(error == .cutOff, "\(length)")
      #expect(found.count == (length < 512 ? 0 : length < 1536 ? 1 : 2), "\(length)")
    }
    #expect(read(tar + [UInt8](repeating: 0, count: 9728)).error == nil)
    #expect(read(tar + [0, 0, 1]).error == .surplus(offset: Int64(tar.count) + 2))
  }

  @Test("a changed bit of a header is found, or changes neither name nor content")
  func flipped() throws {
    let tar = try archive([("d/a", [1, 2, 3])])
    let whole = read(tar).files
    for bit in 0..<(512 * 8) {
      var changed = tar
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      let (found, error) = read(changed)
      #expect(error != nil || found.map(\.path) == whole.map(\.path), "bit \(bit)")
    }
  }

  @Test(
    "names that lead elsewhere are neither written nor read",
    arguments: [
      "", "/a", "../a", "a/../b", "a/..", "..", ".", "a//b", "a/", "./a", "a\u{0}b", "a\nb", "ä",
      "a\\b", "a b",
    ])
  func badNames(name: String) {
    #expect(throws: ArchiveError.self) { try TarWriter(modifiedSeconds: 0).header(name, bytes: 0) }
  }

  @Test("long names are parted at a slash, and refused where there is none")
  func longNames() throws {
    let writer = TarWriter(modifiedSeconds: 0)
    let fitting = String(repeating: "p", count: 120) + "/" + String(repeating: "n", count: 100)
    let tar = try writer.entry(fitting, [9]) + TarWriter.end
    #expect(read(tar).files.map(\.path) == [fitting])
    for name in [
      String(repeating: "n", count: 101), "p/" + String(repeating: "n", count: 101),
      String(repeating: "p", count: 156) + "/n",
    ] {
      #expect(throws: ArchiveError.self) { try writer.header(name, bytes: 0) }
    }
  }

  @Test("numbers and sizes beyond the limits are refused before anything is made of them")
  func limits() throws {
    let tar = try archive((0..<5).map { ("d/\($0)", [UInt8](repeating: 1, count: 100)) })
    #expect(read(tar, TarReader.Limits(files: 4, fileBytes: 100)).error == .tooMany(limit: 4))
    let (found, error) = read(tar, TarReader.Limits(files: 5, fileBytes: 99))
    #expect(error == .tooLarge("d/0", bytes: 100, limitBytes: 99))
    #expect(found.isEmpty)
    let huge = try TarWriter(modifiedSeconds: 0).header("d/x", bytes: TarWriter.fileBytesMax)
    #expect(read(huge).error == .tooLarge("d/x", bytes: (1 << 33) - 1, limitBytes: 1 << 20))
    #expect(throws: ArchiveError.self) {
      try TarWriter(modifiedSeconds: 0).header("d/x", bytes: 1 << 33)
    }
  }

  @Test("random bytes are refused and never trap", arguments: seeds)
  func random(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let bytes = generator.bytes(Int.random(in: 1...3000, using: &generator))
    #expect(
      read(bytes, pieces: Int.random(in: 1...700, using: &generator)).error != nil, "seed \(seed)")
  }

  // MARK: as others see it

  @Test(
    "GNU tar, bsdtar and Python read the archives, to the same files, times and rights",
    arguments: [
      "tar --numeric-owner -tvzf", "bsdtar --numeric-owner -tvzf",
      "python3 -c 'import sys, tarfile; [print(m.isreg(), m.uid, m.gid, oct(m.mode), m.mtime, m.name) for m in tarfile.open(sys.argv[1])]'",
    ])
  func others(command: String) throws {
    // bsdtar is not on every machine.
    guard try Command("command -v \(command.prefix { $0 != " " })").finish().code == 0 else {
      return
    }
    let directory = try TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    let long = "dump/" + String(repeating: "p", count: 80) + "/" + String(repeating: "n", count: 90)
    let tar = try archive([
      ("dump/index.html", Array("<p>".utf8)), (long, [UInt8](repeating: 65, count: 5000)),
      ("dump/empty", []),
    ])
    var writer = Compressor(.gzip)
    let packed =
      writer.append(Array(tar[..<700])) + writer.finish() + writer.append(Array(tar[700...]))
      + writer.finish()
    let file = try directory.write("a.tar.gz", packed)
    let (code, output) = try Command("TZ=UTC \(command) '\(file)'").finish()
    let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
    #expect(code == 0 && lines.count == 3, "\(lines)")
    for (line, name) in zip(lines, ["dump/index.html", long, "dump/empty"]) {
      #expect(line.hasSuffix(name), "\(line)")
      #expect(line.contains("-rw-------") || line.contains("True 0 0 0o600 1795219200"), "\(line)")
    }
    #expect(
      try Command("tar -xOzf '\(file)' '\(long)' | tr -d A | wc -c").finish().output.starts(
        with: Array("0".utf8)))
  }

  @Test(
    "what GNU tar and Python pack is read",
    arguments: ["tar --format=ustar -cf -", "tar --format=gnu -cf -"])
  func readsOthers(command: String) throws {
    let directory = try TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    _ = try directory.write("a", [UInt8](repeating: 65, count: 5000))
    _ = try directory.write("b", [])
    let (code, tar) = try Command("cd '\(directory.path)' && \(command) a b").finish()
    let (found, error) = read(tar)
    #expect(code == 0 && error == nil)
    #expect(found.map(\.path) == ["a", "b"])
    #expect(found.map(\.content.count) == [5000, 0])
  }
}
