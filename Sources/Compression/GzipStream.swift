// gzip (RFC 1952) piece by piece: an archive is written while its parts come, and read without being held in memory.

internal import CZlib

extension Compressor {
  /// Takes in `content` as a part, and returns what of the compressed bytes is ready, often nothing.
  package mutating func append(_ content: [UInt8]) -> [UInt8] {
    guard !content.isEmpty else { return [] }
    return deflated(content, Z_NO_FLUSH)
  }

  /// The rest. What is appended afterwards begins another member, which readers take for a continuation.
  package mutating func finish() -> [UInt8] {
    let rest = deflated([], Z_FINISH)
    unsafe deflateReset(stream)
    return rest
  }

  /// The corresponding C function is `deflate`.
  private mutating func deflated(_ content: [UInt8], _ flush: Int32) -> [UInt8] {
    var input = content
    var compressed: [UInt8] = []
    // Made anew each time: who compresses whole contents, as the daemon does, never has one.
    var output = [UInt8](repeating: 0, count: 32 * 1024)
    unsafe input.withUnsafeMutableBufferPointer { source in
      unsafe stream.pointee.next_in = source.baseAddress
      unsafe stream.pointee.avail_in = UInt32(source.count)
      var result = Z_OK
      repeat {
        unsafe output.withUnsafeMutableBufferPointer { target in
          unsafe stream.pointee.next_out = target.baseAddress
          unsafe stream.pointee.avail_out = UInt32(target.count)
          result = unsafe deflate(stream, flush)
          // Z_BUF_ERROR: nothing was left to do.
          precondition(result != Z_STREAM_ERROR, "the stream's state is not zlib's any more")
        }
        let count = unsafe output.count - Int(stream.pointee.avail_out)
        compressed += output[..<count]
      } while unsafe stream.pointee.avail_out == 0 || (flush == Z_FINISH && result != Z_STREAM_END)
      unsafe stream.pointee.next_in = nil
    }
    return compressed
  }
}

/// Decompresses a file of one or more gzip members, one behind the other (RFC 1952 2.2).
///
/// The content comes in pieces of at most `pieceBytes`, whatever the compressed bytes grow to.
@safe
package struct GzipReader: ~Copyable {
  package static let pieceBytes = 64 * 1024

  private let stream: UnsafeMutablePointer<z_stream>
  private var input: [UInt8] = []
  private var read = 0
  private var output = [UInt8](repeating: 0, count: pieceBytes)
  private let limitBytes: Int
  private var total = 0
  /// Whether a member has begun and not ended.
  private var isInside = false
  private var memberCount = 0
  /// Whether the last piece was full, so that zlib may hold more without more input.
  private var mayHoldMore = false

  /// - Parameter limitBytes: how much content is accepted in all.
  ///
  /// The corresponding C function is `inflateInit2`.
  package init(limitBytes: Int) {
    self.limitBytes = limitBytes
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let result = unsafe zlib_inflate_start(stream, Format.gzip.windowBits)
    precondition(result == Z_OK, "zlib has no memory, or is not the library it was built against")
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deinitialize(count: 1)
    unsafe stream.deallocate()
  }

  /// Takes in more of the file. Before the next, `next` is called until it returns nil.
  package mutating func append(_ bytes: [UInt8]) {
    input.removeFirst(read)
    input += bytes
    read = 0
  }

  /// The next piece of the content, or nil when that needs more of the file. The corresponding C function is `inflate`.
  package mutating func next() throws(CompressionError) -> [UInt8]? {
    while read < input.count || mayHoldMore {
      if !isInside, read < input.count {
        unsafe inflateReset(stream)
        isInside = true
      }
      let (result, count) = inflated()
      mayHoldMore = count == Self.pieceBytes && result == Z_OK
      switch result {
      case Z_STREAM_END:
        isInside = false
        memberCount += 1
      case Z_OK, Z_BUF_ERROR: break
      default: throw .damaged
      }
      total += count
      guard total <= limitBytes else { throw .tooLong(limitBytes: limitBytes) }
      if count > 0 { return Array(output[..<count]) }
      if result == Z_BUF_ERROR, read < input.count { throw .damaged }
    }
    return nil
  }

  /// To be called at the end of the file: it must end with a member.
  package func finish() throws(CompressionError) {
    guard !isInside, memberCount > 0, read == input.count else { throw .damaged }
  }

  private mutating func inflated() -> (result: Int32, count: Int) {
    unsafe input.withUnsafeMutableBufferPointer { source in
      unsafe output.withUnsafeMutableBufferPointer { target in
        if let base = source.baseAddress { unsafe stream.pointee.next_in = unsafe base + read }
        unsafe stream.pointee.avail_in = UInt32(source.count - read)
        unsafe stream.pointee.next_out = target.baseAddress
        unsafe stream.pointee.avail_out = UInt32(target.count)
        let result = unsafe inflate(stream, Z_NO_FLUSH)
        read = unsafe source.count - Int(stream.pointee.avail_in)
        return unsafe (result, target.count - Int(stream.pointee.avail_out))
      }
    }
  }
}
