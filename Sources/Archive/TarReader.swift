// Reads a dump that somebody else sent. The archive's word is taken for nothing: names that lead elsewhere, links,
// devices, sizes and numbers of files beyond the limits are refused before anything is made of them, and no memory is
// asked for by what a header claims. Content passes in the pieces in which it comes.
//
// Archives of TarWriter and, since support staff pack again what they have unpacked, of GNU tar ("ustar" with blanks)
// are read, without their extensions (pax, long names, sparse files): a dump needs none.

package struct TarReader: Sendable {
  package enum Event: Equatable, Sendable {
    /// A file begins.
    case file(path: String, bytes: Int64)
    /// A part of the file's content, never empty.
    case content(ArraySlice<UInt8>)
    /// All of the file's content has come.
    case fileEnd
  }

  package struct Limits: Sendable {
    package var files: Int
    /// Of each file.
    package var fileBytes: Int64

    package init(files: Int, fileBytes: Int64) {
      self.files = files
      self.fileBytes = fileBytes
    }
  }

  private enum State {
    case header
    case content(left: Int64, padding: Int)
    case padding(left: Int)
    /// After one block of zeros.
    case firstEnd
    case ended
  }

  private let limits: Limits
  private var state = State.header
  private var block: [UInt8] = []
  private var offset: Int64 = 0
  private var files = 0
  private var zerosBehind = 0
  private var error: ArchiveError?
  /// tar fills its last record with zeros: of 10 KiB, unless somebody chose larger ones.
  private static let zerosBehindMax = 1024 * 1024

  package init(limits: Limits) {
    self.limits = limits
    block.reserveCapacity(TarWriter.blockBytes)
  }

  /// What the next bytes of the unpacked archive hold. An error behind events is thrown by the next call: what was
  /// there before the damage is not lost.
  package mutating func feed(_ bytes: [UInt8]) throws(ArchiveError) -> [Event] {
    if let error { throw error }
    var events: [Event] = []
    do throws(ArchiveError) { try read(bytes, &events) } catch {
      guard !events.isEmpty else { throw error }
      self.error = error
    }
    return events
  }

  private mutating func read(_ bytes: [UInt8], _ events: inout [Event]) throws(ArchiveError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch state {
      case .content(let left, let padding):
        let part = rest.prefix(Int(min(left, Int64(rest.count))))
        take(part.count, from: &rest)
        events.append(.content(part))
        state = .content(left: left - Int64(part.count), padding: padding)
        if left == part.count { endFile(padding, &events) }
      case .padding(let left):
        let count = min(left, rest.count)
        take(count, from: &rest)
        state = count == left ? .header : .padding(left: left - count)
      case .header, .firstEnd:
        let part = rest.prefix(TarWriter.blockBytes - block.count)
        block += part
        take(part.count, from: &rest)
        guard block.count == TarWriter.blockBytes else { break }
        try readBlock(&events)
        block.removeAll(keepingCapacity: true)
      case .ended:
        if let place = rest.firstIndex(where: { $0 != 0 }) {
          throw .surplus(offset: offset + Int64(place - rest.startIndex))
        }
        let room = Self.zerosBehindMax - zerosBehind
        guard rest.count <= room else { throw .surplus(offset: offset + Int64(room)) }
        zerosBehind += rest.count
        take(rest.count, from: &rest)
      }
    }
  }

  /// To be called at the end of the archive: it must be complete.
  package func finish() throws(ArchiveError) {
    if let error { throw error }
    guard case .ended = state else { throw .cutOff }
  }

  private mutating func take(_ count: Int, from rest: inout ArraySlice<UInt8>) {
    rest = rest.dropFirst(count)
    offset += Int64(count)
  }

  private mutating func endFile(_ padding: Int, _ events: inout [Event]) {
    events.append(.fileEnd)
    state = padding == 0 ? .header : .padding(left: padding)
  }

  private mutating func readBlock(_ events: inout [Event]) throws(ArchiveError) {
    let start = offset - Int64(TarWriter.blockBytes)
    let isZero = block.allSatisfy { $0 == 0 }
    if case .firstEnd = state {
      guard isZero else {
        throw .damagedHeader(offset: start, reason: "it follows a block of zeros")
      }
      state = .ended
    } else if isZero {
      state = .firstEnd
    } else {
      let header = try TarHeader(block, at: start)
      files += 1
      guard files <= limits.files else { throw .tooMany(limit: limits.files) }
      guard header.bytes <= limits.fileBytes else {
        throw .tooLarge(header.path, bytes: header.bytes, limitBytes: limits.fileBytes)
      }
      events.append(.file(path: header.path, bytes: header.bytes))
      let padding = TarWriter.padding(behind: header.bytes).count
      state = .content(left: header.bytes, padding: padding)
      if header.bytes == 0 { endFile(0, &events) }
    }
  }
}

/// A header, checked.
private struct TarHeader {
  let path: String
  let bytes: Int64

  init(_ block: [UInt8], at offset: Int64) throws(ArchiveError) {
    func fail(_ reason: String) -> ArchiveError { .damagedHeader(offset: offset, reason: reason) }
    let magic = block[257..<265]
    guard magic.elementsEqual("ustar\u{0}00".utf8) || magic.elementsEqual("ustar  \u{0}".utf8)
    else {
      throw fail("it is not tar's")
    }
    guard let checksum = Self.octal(block[148..<156]) else {
      throw fail("its checksum is no number")
    }
    let sum = block.enumerated().reduce(Int64(0)) {
      $0 + ((148..<156).contains($1.offset) ? 32 : Int64($1.element))
    }
    guard sum == checksum else { throw fail("its checksum is \(checksum), its bytes make \(sum)") }
    let name = Self.text(block[0..<100])
    // GNU's format has other things where ustar has the prefix; they are zero in a plain file's header.
    let prefix = Self.text(block[345..<500])
    path = prefix.isEmpty ? name : prefix + "/" + name
    if let kind = Self.kind(block[156]) { throw .notAFile(path, kind: kind) }
    if let fault = ArchiveName.fault(path) { throw .badName(path, reason: fault) }
    guard let bytes = Self.octal(block[124..<136]) else {
      throw fail("its size is no octal number")
    }
    self.bytes = bytes
  }

  /// What it is, unless a regular file.
  private static func kind(_ type: UInt8) -> String? {
    switch type {
    case 0, UInt8(ascii: "0"): nil
    case UInt8(ascii: "1"): "a hard link"
    case UInt8(ascii: "2"): "a symbolic link"
    case UInt8(ascii: "3"), UInt8(ascii: "4"): "a device"
    case UInt8(ascii: "5"): "a directory"
    case UInt8(ascii: "6"): "a pipe"
    case UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K"):
      "an extended header"
    default: "of a kind that is not known"
    }
  }

  private static func text(_ field: ArraySlice<UInt8>) -> String {
    String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Octal digits, perhaps with blanks before, up to a blank or zero; at most twelve, so no overflow.
  private static func octal(_ field: ArraySlice<UInt8>) -> Int64? {
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 << 3 | Int64($1 & 7) }
  }
}
