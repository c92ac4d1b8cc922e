internal import Digest
package import Handshake
package import Linux

/// The pseudonym of the appliance: a random UUID, made when something is first shared and removed with the
/// last of it, so that sharing again begins under another name.
package enum Identity {
  /// The pseudonym, nil when there is none.
  package static func current(_ directory: StateDirectory) throws(SystemError) -> String? {
    guard try FileState.of(directory.identity) != nil else { return nil }
    let bytes = try FileDescriptor.open(directory.identity, .readOnlyPlain).readAll(limitBytes: 64)
    let text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    // Whatever else somebody has put there is not shown to anybody.
    return text.utf8.count == 36 && text.allSatisfy { $0.isHexDigit || $0 == "-" } ? text : nil
  }

  /// Makes the pseudonym if there is none that the ledger knows. Returns whether it was made.
  package static func create(
    _ directory: StateDirectory, isKnown: Bool
  ) throws(SystemError) -> Bool {
    if isKnown, try current(directory) != nil { return false }
    try AtomicFile.replace(
      directory.identity, with: Array((randomUUID() + "\n").utf8), mode: 0o640,
      durability: .synchronised)
    return true
  }

  package static func remove(_ directory: StateDirectory) throws(SystemError) {
    try AtomicFile.remove(directory.identity)
  }

  /// A version 4 UUID (RFC 9562).
  private static func randomUUID() -> String {
    var bytes = Random.bytes(16)
    bytes[6] = bytes[6] & 0x0f | 0x40
    bytes[8] = bytes[8] & 0x3f | 0x80
    let digits = Array(Hexadecimal.text(bytes))
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }
      .joined(separator: "-")
  }
}

/// The file of the key under which values are hashed: 32 random bytes, made when first needed and removed with the
/// pseudonym, so that a later grant has another one.
package enum HashKeyFile {
  /// The key, nil when there is none.
  package static func read(_ directory: StateDirectory) throws(HashKeyError) -> HashKey? {
    let bytes: [UInt8]
    do {
      guard try FileState.of(directory.hashKey) != nil else { return nil }
      bytes = try FileDescriptor.open(directory.hashKey, .readOnlyPlain).readAll(limitBytes: 64)
    } catch { throw .file(error) }
    guard let key = HashKey(bytes) else { throw .malformed(path: directory.hashKey) }
    return key
  }

  /// The key, which is made if there is none.
  package static func readOrMake(_ directory: StateDirectory) throws(HashKeyError) -> HashKey? {
    if let key = try read(directory) { return key }
    do {
      try directory.makePrivateFolder()
      try AtomicFile.replace(
        directory.hashKey, with: Random.bytes(HashKey.byteCount), mode: 0o600,
        durability: .synchronised)
    } catch { throw .file(error) }
    return try read(directory)
  }

  package static func remove(_ directory: StateDirectory) throws(SystemError) {
    for suffix in ["", ".new"] { try AtomicFile.remove(directory.hashKey + suffix) }
  }
}

package enum HashKeyError: Error, CustomStringConvertible {
  case file(SystemError)
  case malformed(path: String)

  package var description: String {
    switch self {
    case .file(let error): "\(error)"
    case .malformed(let path):
      "\(path) does not hold \(HashKey.byteCount) bytes; remove it, and a new key is made"
    }
  }
}
