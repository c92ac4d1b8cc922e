import Foundation

/// A directory that is removed, with everything in it, together with the suite that holds it.
package final class TemporaryDirectory: Sendable {
  package let path: String

  /// - Parameter isInMemory: where that is possible. For what asks the disk to keep much of what it is given.
  package init(isInMemory: Bool = false) throws {
    let memory = "/dev/shm"
    let folder =
      isInMemory && FileManager.default.isWritableFile(atPath: memory)
      ? memory : FileManager.default.temporaryDirectory.path
    path = folder + "/accord-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of `name` in this directory.
  package func path(_ name: String) -> String { path + "/" + name }

  /// Writes a file in place, so that an open descriptor sees the new content, and returns its path.
  @discardableResult
  package func write(_ name: String, _ content: some Collection<UInt8>) throws -> String {
    let url = URL(fileURLWithPath: path(name))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(content).write(to: url)
    return url.path
  }

  @discardableResult
  package func write(_ name: String, _ text: String) throws -> String {
    try write(name, Array(text.utf8))
  }

  package func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: path(name))
  }

  /// The content of a file, nil when there is none.
  package func read(_ name: String) -> String? {
    FileManager.default.contents(atPath: path(name)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The names in this directory, sorted.
  package var names: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? []
  }
}
