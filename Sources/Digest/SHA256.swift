internal import CMD

/// A SHA-256 digest (FIPS 180-4) by libmd.
package struct SHA256: Hashable, Sendable, CustomStringConvertible {
  /// 32 bytes.
  package let bytes: [UInt8]

  /// The digest of `content`. The corresponding C functions are `SHA256Init`, `SHA256Update` and `SHA256Final`.
  package init(of content: [UInt8]) {
    var context = SHA2_CTX()
    unsafe SHA256Init(&context)
    unsafe content.withUnsafeBufferPointer {
      unsafe SHA256Update(&context, $0.baseAddress, $0.count)
    }
    bytes = unsafe [UInt8](unsafeUninitializedCapacity: 32) { output, count in
      unsafe SHA256Final(output.baseAddress, &context)
      count = 32
    }
  }

  /// 64 lower-case hexadecimal digits.
  package var description: String { Hexadecimal.text(bytes) }
}

package enum Hexadecimal {
  private static let digits = Array("0123456789abcdef".utf8)

  /// Two lower-case digits a byte.
  package static func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The bytes of an even number of digits; nil when it is anything else.
  package static func bytes(_ text: String) -> [UInt8]? {
    let values = text.utf8.map { digits.firstIndex(of: $0) }
    guard values.count % 2 == 0, !values.contains(nil) else { return nil }
    return stride(from: 0, to: values.count, by: 2).map {
      UInt8(values[$0]! << 4 | values[$0 + 1]!)
    }
  }
}
