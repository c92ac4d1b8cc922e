internal import Compression
internal import Telemetry

enum SealedBatch {
  /// The readings of a batch as it stands in a database, or nil when it is damaged. One torn batch never
  /// keeps the others from being read.
  static func content(_ columns: [UInt8]) -> BatchContent? {
    guard
      let bytes = try? Decompressor.decompress(
        columns, .batch, limitBytes: Limits.batchBytesMax)
    else { return nil }
    return BatchCodec.decode(bytes)
  }
}
