// What the names in dumps stand for, kept on the appliance and nowhere else: in the folder that the upload cannot open.
//
// A name must mean the same in every dump, or nobody can trust one. So a dump that cannot read the book, because it was
// made by a member of the group, or while another one is being made, has names of its own, and says so.

package import Linux
package import Recording
package import Scrubbing

package struct NamesFile: ~Copyable {
  /// Why the names of this dump are not kept.
  package enum Problem: Error, CustomStringConvertible {
    case unreadable(SystemError)
    case unwritable(SystemError)
    case inUse

    package var description: String {
      switch self {
      case .unreadable(let error), .unwritable(let error): "\(error)"
      case .inUse: "another dump is being made at this moment"
      }
    }
  }

  private let directory: StateDirectory
  private let lock: LockFile?
  /// What earlier dumps needed names for; empty where they cannot be read.
  package let book: PseudonymBook
  package let problem: Problem?
  /// Whether what is there is none of ours; it is put aside when the new one is written.
  package let isDamaged: Bool

  /// The book as it is, to look a name up.
  package static func read(_ directory: StateDirectory) -> NamesFile {
    NamesFile(directory, lock: nil)
  }

  /// The book for a dump. No other dump gets it as long as this value lives.
  package static func take(_ directory: StateDirectory) -> NamesFile {
    do throws(SystemError) {
      // On a disk that is full or read-only the folder is there, or there is no book.
      try? Directory.create(directory.privateFolder, mode: 0o750)
      guard let lock = try LockFile.acquire(folder: directory.privateFolder) else {
        return NamesFile(directory, without: .inUse)
      }
      return NamesFile(directory, lock: lock)
    } catch {
      return NamesFile(directory, without: .unreadable(error))
    }
  }

  private init(_ directory: StateDirectory, lock: consuming LockFile?) {
    self.directory = directory
    self.lock = lock
    do throws(SystemError) {
      let book = try Self.book(in: directory)
      (self.book, problem, isDamaged) = (book ?? PseudonymBook(), nil, book == nil)
    } catch {
      (book, problem, isDamaged) = (PseudonymBook(), .unreadable(error), false)
    }
  }

  private init(_ directory: StateDirectory, without problem: Problem) {
    self.directory = directory
    lock = nil
    (book, self.problem, isDamaged) = (PseudonymBook(), problem, false)
  }

  /// Nil when what is there is none of ours.
  private static func book(in directory: StateDirectory) throws(SystemError) -> PseudonymBook? {
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
    do throws(SystemError) {
      let path = directory.dumpNames
      if isDamaged { try AtomicFile.move(path, over: path + ".damaged") }
      try AtomicFile.replace(
        path, with: book.encoded(), mode: 0o600, durability: .synchronised)
    } catch { throw .unwritable(error) }
  }
}
