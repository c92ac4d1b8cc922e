import Dump
import Recording
import Scrubbing
import TestSupport
import Testing

@Suite("The file of names")
struct NamesFileTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test("a book that is full of the longest texts is still read by the next dump")
  func keepsAFullBook() throws {
    let state = StateDirectory(directory.path)
    var book = PseudonymBook()
    let padding = String(repeating: "n", count: 250)
    for kind in Identity.Kind.allCases {
      var number = 100_000
      while book.name(for: "\(number)\(padding)", kind) != nil { number += 1 }
    }
    #expect(book.encoded().count > 8 << 20)
    try NamesFile.write(book, state)
    #expect(NamesFile.read(state) == book)
  }
}
