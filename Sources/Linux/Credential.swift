/// A file that the service manager hands to a unit which may not read it itself (systemd.exec(5), LoadCredential).
package enum Credential {
  /// Where the copy lies. Nil when there is none, or a blank one: with that a unit says that the file was not there.
  package static func path(_ name: String) -> String? {
    guard let folder = Process.environment("CREDENTIALS_DIRECTORY") else { return nil }
    let path = "\(folder)/\(name)"
    let size = ((try? FileState.of(path)) ?? nil)?.sizeBytes ?? 0
    return size > 1 ? path : nil
  }
}
