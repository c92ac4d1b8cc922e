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
    try NamesFile.take(state).keep(book)
    #expect(NamesFile.read(state).book == book)
  }

  @Test("of two dumps at a time the later one has names of its own, and says so at once")
  func isNotOvertaken() throws {
    let state = StateDirectory(directory.path)
    let first = NamesFile.take(state)
    var book = first.book
    _ = book.name(for: "gate", .hostName)
    let second = NamesFile.take(state)
    #expect("\(second.problem!)" == "another dump is being made at this moment")
    try first.keep(book)
    #expect(throws: NamesFile.Problem.self) { try second.keep(PseudonymBook()) }
    #expect(NamesFile.read(state).book == book)
    #expect(second.book.count == 0)
    _ = consume first
    #expect(NamesFile.take(state).book == book)
  }

  @Test("where the folder cannot be made the names are the dump's own")
  func hasNoFolder() {
    // Not even root may make files here.
    #expect(NamesFile.take(StateDirectory("/sys/kernel")).problem != nil)
  }

  @Test("a book that is none is put aside, and a new one begun")
  func putsAsideWhatIsDamaged() throws {
    let state = StateDirectory(directory.path)
    try NamesFile.take(state).keep(PseudonymBook())
    try directory.write("private/dump-names", Array("host 1 gate\n".utf8))
    let names = NamesFile.take(state)
    #expect(names.isDamaged && names.problem == nil)
    var book = names.book
    _ = book.name(for: "pump", .hostName)
    try names.keep(book)
    #expect(NamesFile.read(state).book == book)
    #expect(try FileState.of(state.dumpNames + ".damaged") != nil)
  }
}
