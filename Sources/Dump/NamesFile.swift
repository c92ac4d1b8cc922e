// What the names in dumps stand for, kept on the appliance and nowhere else: in the folder that the upload cannot open.
//
// A name must mean the same in every dump, or nobody can trust one. So a dump that cannot read the book, because it was
// made by a member of the group, or that comes to its end after another one has written there, keeps its names to
// itself, and says so.

package import Linux
package import Recording
package import Scrubbing

package struct NamesFile: Sendable {
  /// Why the names of this dump are not kept.
  package enum Problem: Error, CustomStringConvertible {
    case unreadable(SystemError)
    case unwritable(SystemError)
    case overtaken

    package var description: String {
      switch self {
      case .unreadable(let error), .unwritable(let error): "\(error)"
      case .overtaken: "another dump was made meanwhile, and its names were kept"
      }
    }
  }

  private let directory: StateDirectory
  /// What earlier dumps needed names for; empty where they cannot be read.
  package let book: PseudonymBook
  package let problem: Problem?
  /// Whether what is there is none of ours; it is put aside when the new one is written.
  package let isDamaged: Bool

  package init(_ directory: StateDirectory) {
    self.directory = directory
    do throws(SystemError) {
      let book = try Self.read(directory)
      (self.book, problem, isDamaged) = (book ?? PseudonymBook(), nil, book == nil)
    } catch {
      (book, problem, isDamaged) = (PseudonymBook(), .unreadable(error), false)
    }
  }

  /// Nil when what is there is none of ours.
  private static func read(_ directory: StateDirectory) throws(SystemError) -> PseudonymBook? {
    do {
      let file = try FileDescriptor.open(directory.dumpNames, .readOnlyPlain)
      let start = try file.readStart(limitBytes: DumpLimits.namesFileBytesMax)
      return start.isWhole ? PseudonymBook(decoding: start.bytes) : nil
    } catch {
      if error.isNotFound { return PseudonymBook() }
      throw error
    }
  }

  /// Keeps the book with the names that this dump was the first to need.
  package func keep(_ book: PseudonymBook) throws(Problem) {
    if let problem { throw problem }
    let isOvertaken = (try? Self.read(directory)) ?? PseudonymBook() != self.book
    if isOvertaken { throw .overtaken }
    do throws(SystemError) {
      try Directory.create(directory.privateFolder, mode: 0o750)
      let path = directory.dumpNames
      if isDamaged { try AtomicFile.move(path, over: path + ".damaged") }
      try AtomicFile.replace(
        path, with: book.encoded(), mode: 0o600, durability: .synchronised)
    } catch { throw .unwritable(error) }
  }
}
