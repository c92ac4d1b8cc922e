package import Linux
internal import Telemetry

/// A file that only keeps some space: see `Limits.reserveBytes`. It holds zeros.
package enum Reserve {
  /// Makes the file if it is missing. Without the space for it there is none, and the caller tries again later.
  package static func make(_ directory: StateDirectory) throws(SystemError) {
    let state = try FileState.of(directory.reserve)
    guard state?.sizeBytes != Int64(Limits.reserveBytes) else { return }
    try AtomicFile.replace(
      directory.reserve, with: [UInt8](repeating: 0, count: Limits.reserveBytes), mode: 0o640,
      durability: .synchronised)
  }

  /// Gives the space back. Returns whether there was any.
  package static func release(_ directory: StateDirectory) throws(SystemError) -> Bool {
    guard try FileState.of(directory.reserve) != nil else { return false }
    try AtomicFile.remove(directory.reserve)
    return true
  }
}
