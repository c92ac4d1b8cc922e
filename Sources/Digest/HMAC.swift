/// Keyed hashing (RFC 2104) over SHA-256: without the key nobody can try values until one matches.
package enum HMAC {
  /// SHA-256 works on blocks of 64 bytes; a longer key is replaced by its digest.
  private static let blockBytes = 64

  package static func sha256(_ message: [UInt8], key: [UInt8]) -> SHA256 {
    var block = key.count > blockBytes ? SHA256(of: key).bytes : key
    block += [UInt8](repeating: 0, count: blockBytes - block.count)
    let inner = SHA256(of: block.map { $0 ^ 0x36 } + message)
    return SHA256(of: block.map { $0 ^ 0x5c } + inner.bytes)
  }
}
