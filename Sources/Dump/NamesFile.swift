// What the names in dumps stand for, kept on the appliance and nowhere else: in the folder that the upload cannot open.

package import Linux
package import Recording
package import Scrubbing

package enum NamesFile {
  /// What earlier dumps needed names for; empty when there were none, or the file is not one of ours.
  package static func read(_ directory: StateDirectory) -> PseudonymBook {
    guard let file = try? FileDescriptor.open(directory.dumpNames, .readOnlyPlain),
      let bytes = try? file.readAll(limitBytes: DumpLimits.namesFileBytesMax),
      let book = PseudonymBook(decoding: bytes)
    else { return PseudonymBook() }
    return book
  }

  package static func write(
    _ book: PseudonymBook, _ directory: StateDirectory
  ) throws(SystemError) {
    try Directory.create(directory.privateFolder, mode: 0o750)
    try AtomicFile.replace(
      directory.dumpNames, with: book.encoded(), mode: 0o600, durability: .synchronised)
  }
}
