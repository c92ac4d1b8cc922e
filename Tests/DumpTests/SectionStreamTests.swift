import TestSupport
import Testing

@testable import Dump

@Suite struct SectionStreamTests {
  private func files(
    _ text: String, pieces: [Int] = []
  ) -> (files: [SectionStream.File], stream: SectionStream) {
    var stream = SectionStream()
    var files: [SectionStream.File] = []
    var rest = Array(text.utf8)[...]
    for size in pieces {
      files += stream.feed(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    files += stream.feed(Array(rest))
    if let last = stream.end() { files.append(last) }
    return (files, stream)
  }

  private let example = """
    \u{1}file sections/a.txt
    first
    \u{1}not at a line's start: \u{1}file no
    \u{1}problem cannot read b
    \u{1}file history/c.csv
    1,2
    3,4
    """

  @Test func `files come one after the other, and problems between them are kept`() {
    let (files, stream) = files(example)
    #expect(files.map(\.name) == ["sections/a.txt", "history/c.csv"])
    #expect(files.map { String(decoding: $0.content, as: UTF8.self) } == ["first\n", "1,2\n3,4"])
    #expect(stream.problems == ["cannot read b"])
  }

  @Test func `in whatever pieces it comes, it is the same`() {
    let whole = files(example).files
    for seed in 1...200 as ClosedRange<UInt64> {
      var random = SeededGenerator(seed: seed)
      let pieces = (0..<40).map { _ in Int.random(in: 0...4, using: &random) }
      #expect(files(example, pieces: pieces).files == whole, "seed \(seed)")
    }
  }

  @Test(arguments: [
    "/etc/passwd", "../up.txt", "sections/../../up.txt", "a//b", ".hidden", "sections/.x", "a b",
    "UPPER.txt", "a/b/c/d.txt", String(repeating: "a", count: 81), "a\\b", "",
  ])
  func `a name that leads elsewhere is no file`(_ name: String) {
    #expect(files("\u{1}file \(name)\ncontent\n").files.isEmpty)
  }

  @Test func `what stands before the first file belongs to nothing`() {
    #expect(
      files("stray\n\u{1}file a.txt\nin it\n").files.map(\.content) == [Array("in it\n".utf8)])
  }

  @Test func `a file that never ends is cut at its bound, and says so`() {
    var stream = SectionStream()
    _ = stream.feed(Array("\u{1}file a.txt\n".utf8))
    let line = [UInt8](repeating: 0x61, count: 1024 * 1024)
    for _ in 0..<10 { #expect(stream.feed(line).isEmpty) }
    let file = stream.end()
    #expect(file?.content.count == DumpLimits.fileBytesMax && file?.isCut == true)
  }

  @Test func `a section has only so many files, and what comes behind them is in none`() {
    let text = (0..<DumpLimits.filesPerSectionMax + 7)
      .map { "\u{1}file f\($0).txt\n\($0)\n" }.joined()
    let (files, stream) = files(text)
    #expect(files.count == DumpLimits.filesPerSectionMax && stream.filesLeftOut == 7)
    #expect(
      files.map(\.content)
        == (0..<DumpLimits.filesPerSectionMax).map { Array("\($0)\n".utf8) })
  }

  @Test func `what stands behind a name that no file may have is in no file`() {
    let (files, stream) = files("\u{1}file a.txt\nin it\n\u{1}file ../b.txt\nstray\n")
    #expect(files.map(\.content) == [Array("in it\n".utf8)] && stream.filesLeftOut == 1)
  }
}
