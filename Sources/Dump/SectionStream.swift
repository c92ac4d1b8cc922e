// What the process of a section writes to its output: files one after the other, each behind a line that names it.
//
//   U+0001 "file sections/mounts.txt" newline, then the content up to the next such line
//   U+0001 "absent there is no history" newline: the section has nothing to tell, and why
//   U+0001 "failed the database is damaged" newline: why the process is about to end with an error
//   U+0001 "problem cannot read /sys/…" newline: a hole in the section
//
// No content holds U+0001: writers make control characters visible. If one did, no more could come of it than another
// file of this section, because names are checked here. What stands behind a line that begins no file belongs to none.

package struct SectionStream: Sendable {
  /// The character at the beginning of a line of its own.
  package static let marker: UInt8 = 1

  package struct File: Equatable, Sendable {
    package let name: String
    package var content: [UInt8] = []
    /// Whether more came than a file may hold.
    package var isCut = false
  }

  /// Why there is nothing, if the section says so.
  package private(set) var absence: String?
  /// Why it failed, if it says so.
  package private(set) var failure: String?
  package private(set) var problems: [String] = []
  /// Files beyond `DumpLimits.filesPerSectionMax`, or with a name that none may have.
  package private(set) var filesLeftOut = 0
  private var current: File?
  private var filesLeft = DumpLimits.filesPerSectionMax
  /// A line of its own that has not ended yet.
  private var command: [UInt8]?
  private var isAtLineStart = true

  package init() {}

  /// Takes what came, and returns the files that ended with it.
  package mutating func feed(_ bytes: [UInt8]) -> [File] {
    var ended: [File] = []
    var rest = bytes[...]
    while let first = rest.first {
      if command != nil || (isAtLineStart && first == Self.marker) {
        let line = rest.prefix { $0 != UInt8(ascii: "\n") }
        command = (command ?? []) + line.prefix(200)
        rest = rest[line.endIndex...]
        guard !rest.isEmpty else { break }
        rest.removeFirst()
        if let file = obey(command ?? []) { ended.append(file) }
        command = nil
        isAtLineStart = true
        continue
      }
      // To the end of the line before the next command, or of everything.
      let end = nextCommand(in: rest)
      append(rest[..<end])
      isAtLineStart = rest[..<end].last == UInt8(ascii: "\n")
      rest = rest[end...]
    }
    return ended
  }

  /// The last file, whole or not.
  package mutating func end() -> File? {
    defer { current = nil }
    return current
  }

  private func nextCommand(in bytes: ArraySlice<UInt8>) -> Int {
    var index = bytes.startIndex
    while let newline = bytes[index...].firstIndex(of: UInt8(ascii: "\n")) {
      index = newline + 1
      if index < bytes.endIndex, bytes[index] == Self.marker { return index }
    }
    return bytes.endIndex
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) {
    guard current != nil else { return }
    let room = DumpLimits.fileBytesMax - current!.content.count
    current!.content += bytes.prefix(room)
    if bytes.count > room { current!.isCut = true }
  }

  /// Returns the file that ends where another begins.
  private mutating func obey(_ line: [UInt8]) -> File? {
    let words = String(decoding: line.dropFirst(), as: UTF8.self)
      .split(separator: " ", maxSplits: 1).map(String.init)
    guard words.count == 2 else { return nil }
    switch words[0] {
    case "absent": absence = words[1]
    case "failed": failure = words[1]
    case "problem": if problems.count < 50 { problems.append(words[1]) }
    case "file": return begin(words[1])
    default: break
    }
    return nil
  }

  private mutating func begin(_ name: String) -> File? {
    let ended = end()
    if Self.isFileName(name), filesLeft > 0 {
      filesLeft -= 1
      current = File(name: name)
    } else {
      filesLeftOut += 1
    }
    return ended
  }

  /// "sections/mounts.txt", "history/system.cpu.time.csv": nothing that leads elsewhere on whoever's disk.
  static func isFileName(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let letters = name.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "/._-".utf8.contains(byte)
    }
    return letters && (1...3).contains(parts.count) && name.utf8.count <= 80
      && parts.allSatisfy { !$0.isEmpty && $0.first != "." }
  }
}
