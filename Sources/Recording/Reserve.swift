package import Linux
internal import Telemetry

/// A file that only keeps some space: see `Limits.reserveBytes`. It holds zeros.
package enum Reserve {
  /// Makes the file, or on a disk that is nearly full one of a half or a quarter of its size. Returns whether it has all
  /// of it; if not, the caller tries again later.
  package static func make(_ directory: StateDirectory) throws(SystemError) -> Bool {
    let present = try FileState.of(directory.reserve)?.sizeBytes ?? 0
    for bytes in [Limits.reserveBytes, Limits.reserveBytes / 2, Limits.reserveBytes / 4]
    where bytes > present {
      do {
        try AtomicFile.replace(
          directory.reserve, with: [UInt8](repeating: 0, count: bytes), mode: 0o640,
          durability: .synchronised)
        return bytes == Limits.reserveBytes
      } catch { guard error.isForWantOfSpace else { throw error } }
    }
    return present == Limits.reserveBytes
  }

  /// Gives the space back. Returns whether there was any.
  package static func release(_ directory: StateDirectory) throws(SystemError) -> Bool {
    guard try FileState.of(directory.reserve) != nil else { return false }
    try AtomicFile.remove(directory.reserve)
    return true
  }
}
