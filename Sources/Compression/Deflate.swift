// zlib, one stream kept for the life of its owner.
//
// zlib stores the address of the z_stream and checks it, so the structure lives in an allocation of its own
// that never moves. It can be used again and again; its tables are the largest allocation of the daemon, and
// `Format` keeps them small where batches are.

internal import CZlib

package enum CompressionError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The bytes are not what the compressor wrote.
  case damaged
  /// The content is longer than the caller accepts.
  case tooLong(limitBytes: Int)

  package var description: String {
    switch self {
    case .damaged: "the compressed data is damaged"
    case .tooLong(let limit): "the compressed data holds more than \(limit) bytes"
    }
  }
}

/// How the compressed bytes are wrapped, and how much memory that takes.
package enum Format: Sendable {
  /// RFC 1950 with a window of 8 KiB (32 KiB of tables): batches in the databases. Carries a checksum.
  case batch
  /// RFC 1952: request bodies.
  case gzip

  var windowBits: Int32 {
    switch self {
    case .batch: 13
    case .gzip: 15 + 16
    }
  }

  var memoryLevel: Int32 {
    switch self {
    case .batch: 6
    case .gzip: 8
    }
  }
}

@safe
package struct Compressor: ~Copyable {
  let stream: UnsafeMutablePointer<z_stream>

  /// The corresponding C function is `deflateInit2`.
  package init(_ format: Format, level: Int32 = 6) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let result = unsafe zlib_deflate_start(stream, level, format.windowBits, format.memoryLevel)
    precondition(result == Z_OK, "zlib has no memory, or is not the library it was built against")
  }

  deinit {
    unsafe deflateEnd(stream)
    unsafe stream.deinitialize(count: 1)
    unsafe stream.deallocate()
  }

  /// Compresses `content` whole. The corresponding C functions are `deflateReset` and `deflate`.
  package mutating func compress(_ content: [UInt8]) -> [UInt8] {
    unsafe deflateReset(stream)
    let capacity = unsafe Int(deflateBound(stream, UInt(content.count)))
    return unsafe [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
      var content = content
      unsafe content.withUnsafeMutableBufferPointer { input in
        unsafe stream.pointee.next_in = input.baseAddress
        unsafe stream.pointee.avail_in = UInt32(input.count)
        unsafe stream.pointee.next_out = output.baseAddress
        unsafe stream.pointee.avail_out = UInt32(output.count)
        // deflateBound promises room for all in one call.
        let result = unsafe deflate(stream, Z_FINISH)
        precondition(result == Z_STREAM_END, "deflate did not finish in the room that it asked for")
        count = unsafe output.count - Int(stream.pointee.avail_out)
      }
    }
  }
}

package enum Decompressor {
  /// The content of `compressed`, at most `limitBytes`. The corresponding C function is `inflate`.
  package static func decompress(
    _ compressed: [UInt8], _ format: Format, limitBytes: Int
  ) throws(CompressionError) -> [UInt8] {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    defer { unsafe stream.deallocate() }
    let started = unsafe zlib_inflate_start(stream, format.windowBits)
    precondition(started == Z_OK, "zlib has no memory, or is not the library it was built against")
    defer { unsafe inflateEnd(stream) }
    var input = compressed
    var output = [UInt8](repeating: 0, count: min(limitBytes, max(4 * compressed.count, 512)))
    var written = 0
    while true {
      let result = unsafe input.withUnsafeMutableBufferPointer { source in
        unsafe output.withUnsafeMutableBufferPointer { target in
          let read = unsafe Int(stream.pointee.total_in)
          unsafe stream.pointee.next_in = source.baseAddress! + read
          unsafe stream.pointee.avail_in = UInt32(source.count - read)
          unsafe stream.pointee.next_out = target.baseAddress! + written
          unsafe stream.pointee.avail_out = UInt32(target.count - written)
          let result = unsafe inflate(stream, Z_NO_FLUSH)
          written = unsafe target.count - Int(stream.pointee.avail_out)
          return result
        }
      }
      switch result {
      case Z_STREAM_END:
        guard unsafe stream.pointee.avail_in == 0 else { throw .damaged }
        output.removeLast(output.count - written)
        return output
      case Z_OK where written == output.count:
        guard output.count < limitBytes else { throw .tooLong(limitBytes: limitBytes) }
        output.append(
          contentsOf: repeatElement(0, count: min(output.count, limitBytes - output.count)))
      default: throw .damaged
      }
    }
  }
}
