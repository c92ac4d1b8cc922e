// What libFuzzer calls with every file that somebody may call a dump. Whatever it is:
//
// - reading it as gzip ends with an error or with content within the limit, and so does reading that as tar;
// - reading it as tar in pieces of any size comes to the same;
// - names that are told lead nowhere else, and no file is longer than it was said to be;
// - what was read can be written again, and is then read as the same.

import Archive
import Compression

private let contentBytesMax = 1 << 20

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let content = gunzipped(bytes)
  expect(content.count <= contentBytesMax, "more came than the limit")
  for tar in [bytes, content] {
    let whole = Reading(tar, pieces: tar.count + 1)
    let pieces = Reading(tar, pieces: 1 + count % 600)
    expect(whole == pieces, "pieces make a difference")
    if whole.error == nil { writeAgain(whole) }
  }
  return 0
}

private func expect(_ condition: Bool, _ otherwise: @autoclosure () -> String) {
  if !condition { fatalError(otherwise()) }
}

private func gunzipped(_ bytes: [UInt8]) -> [UInt8] {
  var reader = GzipReader(limitBytes: contentBytesMax)
  var content: [UInt8] = []
  do throws(CompressionError) {
    for start in stride(from: 0, to: bytes.count, by: 100) {
      reader.append(Array(bytes[start..<min(start + 100, bytes.count)]))
      while let piece = try reader.next() {
        expect(!piece.isEmpty && piece.count <= GzipReader.pieceBytes, "a piece is too long")
        content += piece
      }
    }
    try reader.finish()
  } catch {}
  return content
}

private struct Reading: Equatable {
  var files: [String: [UInt8]] = [:]
  var error: ArchiveError?

  init(_ tar: [UInt8], pieces length: Int) {
    var reader = TarReader(limits: TarReader.Limits(files: 50, fileBytes: 1 << 16))
    var current: (path: String, left: Int64)?
    do throws(ArchiveError) {
      for start in stride(from: 0, to: tar.count, by: length) {
        for event in try reader.feed(Array(tar[start..<min(start + length, tar.count)])) {
          switch event {
          case .file(let path, let bytes):
            expect(current == nil, "a file begins in another")
            expect(
              !path.hasPrefix("/") && !path.split(separator: "/").contains(".."),
              "\(path) leads away")
            current = (path, bytes)
            files[path] = []
          case .content(let part):
            expect(!part.isEmpty && current != nil, "content of nothing")
            current!.left -= Int64(part.count)
            files[current!.path]! += part
          case .fileEnd:
            expect(current?.left == 0, "a file is not as long as it said")
            current = nil
          }
        }
      }
      try reader.finish()
    } catch { self.error = error }
  }
}

private func writeAgain(_ reading: Reading) {
  let writer = TarWriter(modifiedSeconds: 0)
  var tar: [UInt8] = []
  for (path, content) in reading.files {
    guard let entry = try? writer.entry(path, content) else { return }
    tar += entry
  }
  let again = Reading(tar + TarWriter.end, pieces: tar.count + 2000)
  expect(again == reading, "written again it is another archive")
}
