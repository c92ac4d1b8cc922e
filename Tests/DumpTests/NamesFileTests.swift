import Dump
import Linux
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
    try NamesFile(state).keep(book)
    #expect(NamesFile(state).book == book)
  }

  @Test("of two dumps at a time the later one keeps its names to itself")
  func isNotOvertaken() throws {
    let state = StateDirectory(directory.path)
    let (first, second) = (NamesFile(state), NamesFile(state))
    var (one, other) = (first.book, second.book)
    #expect(one.name(for: "gate", .hostName) == other.name(for: "pump", .hostName))
    try first.keep(one)
    #expect(throws: NamesFile.Problem.self) { try second.keep(other) }
    #expect(NamesFile(state).book == one)
  }

  @Test("a book that is none is put aside, and a new one begun")
  func putsAsideWhatIsDamaged() throws {
    let state = StateDirectory(directory.path)
    try NamesFile(state).keep(PseudonymBook())
    try directory.write("private/dump-names", Array("host 1 gate\n".utf8))
    let names = NamesFile(state)
    #expect(names.isDamaged && names.problem == nil)
    var book = names.book
    _ = book.name(for: "pump", .hostName)
    try names.keep(book)
    #expect(NamesFile(state).book == book)
    #expect(try FileState.of(state.dumpNames + ".damaged") != nil)
  }
}
