import Compression
import TestSupport
import Testing

@Suite("gzip in pieces")
struct GzipStreamTests {
  /// The content, and whether it ended well, however the file is cut.
  private func read(_ file: [UInt8], pieces length: Int, limitBytes: Int = 1 << 24) -> (
    [UInt8], CompressionError?
  ) {
    var reader = GzipReader(limitBytes: limitBytes)
    var content: [UInt8] = []
    do throws(CompressionError) {
      for start in stride(from: 0, to: file.count, by: length) {
        reader.append(Array(file[start..<min(start + length, file.count)]))
        while let piece = try reader.next() {
          #expect(!piece.isEmpty && piece.count <= GzipReader.pieceBytes)
          content += piece
        }
      }
      try reader.finish()
    } catch { return (content, error) }
    return (content, nil)
  }

  private func written(_ parts: [[UInt8]]) -> [UInt8] {
    var writer = Compressor(.gzip)
    var file: [UInt8] = []
    for part in parts { file += writer.append(part) }
    return file + writer.finish()
  }

  @Test("what was written in pieces comes back in pieces", arguments: seeds)
  func comesBack(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let parts = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
      let count = 1 << Int.random(in: 0...16, using: &generator)
      return Bool.random(using: &generator)
        ? generator.bytes(count) : [UInt8](repeating: 7, count: count)
    }
    let file = written(parts)
    for length in [file.count, Int.random(in: 1...1000, using: &generator)] {
      let (content, error) = read(file, pieces: length)
      #expect(error == nil && content == Array(parts.joined()), "seed \(seed)")
    }
  }

  @Test("members behind one another are one content, wherever the file is cut")
  func members() {
    let file =
      written([[1, 2, 3]]) + written([]) + written([[4]])
      + written([[UInt8](repeating: 5, count: 100_000)])
    for length in [1, 2, 19, 20, 21, file.count] {
      let (content, error) = read(file, pieces: length)
      #expect(
        error == nil && content == [1, 2, 3, 4] + [UInt8](repeating: 5, count: 100_000), "\(length)"
      )
    }
  }

  @Test("one writer writes one member after the other")
  func writesMembers() {
    var writer = Compressor(.gzip)
    var file = writer.append([1]) + writer.finish()
    file += writer.append([2]) + writer.finish() + writer.finish()
    #expect(read(file, pieces: 7) == ([1, 2], nil))
  }

  @Test("every beginning is damaged, but where a member ends, and so is anything else behind it")
  func truncated() {
    let first = written([[1, 2, 3]])
    let file = first + written([[4, 5]])
    for length in 0..<file.count {
      let (_, error) = read(Array(file.prefix(length)), pieces: 5)
      #expect(error == (length == first.count ? nil : .damaged), "\(length)")
    }
    #expect(read(file + [0], pieces: 100).1 == .damaged)
    #expect(read(file + Array("x".utf8), pieces: 1).1 == .damaged)
  }

  @Test("a bomb ends at the limit, and no piece is larger than the others")
  func bomb() {
    let file = written([[UInt8](repeating: 0, count: 10_000_000)])
    #expect(file.count < 20_000)
    let (content, error) = read(file, pieces: file.count, limitBytes: 1_000_000)
    #expect(error == .tooLong(limitBytes: 1_000_000))
    #expect(content.count <= 1_000_000)
    #expect(read(file, pieces: file.count, limitBytes: 10_000_000).1 == nil)
  }

  @Test("random bytes are refused and never trap", arguments: seeds)
  func random(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let head: [UInt8] = Bool.random(using: &generator) ? [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3] : []
    let bytes = head + generator.bytes(Int.random(in: 1...300, using: &generator))
    #expect(read(bytes, pieces: Int.random(in: 1...50, using: &generator)).1 != nil, "seed \(seed)")
  }

  @Test("gzip and Python read it, and what they write is read")
  func others() throws {
    let directory = try TemporaryDirectory()
    defer { withExtendedLifetime(directory) {} }
    let file = try directory.write(
      "a.gz", written([Array("made in ".utf8)]) + written([Array("pieces".utf8)]))
    for command in [
      "gzip -dc",
      "python3 -c 'import gzip, sys; print(gzip.open(sys.argv[1]).read().decode(), end=str())'",
    ] {
      let (code, output) = try Command("\(command) '\(file)'").finish()
      #expect(code == 0 && String(decoding: output, as: UTF8.self) == "made in pieces")
    }
    let theirs = try Command("printf 'made by ' | gzip -9; printf gzip | gzip -1").finish().output
    #expect(read(theirs, pieces: 3) == (Array("made by gzip".utf8), nil))
  }
}
