// Whose files are believed. Whoever can write one of the two halves speaks for the customer or for the supplier, and
// so does whoever can put another file in its place: so the file counts, and every folder on the way to it. A sticky
// folder is no better than any other that others can write: it keeps a file that is there, and takes a new one.

package import Linux

/// Whose files are believed. On an installed system those of root alone; below a `--prefix` also those of the user who
/// runs the program, so that demos and tests need no root.
package struct TrustedOwners: Sendable {
  private let users: Set<UInt32>
  private let isSystem: Bool
  /// The prefix and the folders on the way to it. They are the business of whoever gave the prefix.
  private let givenFolders: Set<String>

  /// - Parameter prefix: empty on an installed system.
  package init(prefix: String) {
    isSystem = prefix.isEmpty
    users = prefix.isEmpty ? [0] : [0, Process.effectiveUser]
    let way = prefix.isEmpty ? nil : try? Directory.way(to: prefix)
    givenFolders = way.map { Set($0.folders + [$0.end]) } ?? []
  }

  private func contains(_ user: UInt32) -> Bool { users.contains(user) }

  private var expectation: String {
    users.count == 1 ? "owned by root" : "owned by root or the user who runs the program"
  }

  /// The folders on the way to `path` that count, the nearest first. None of them is a link.
  func folders(onTheWayTo path: String) throws(SystemError) -> [String] {
    try Directory.way(to: path).folders.filter { !givenFolders.contains($0) }.reversed()
  }

  /// Why a file at `path` in this state speaks for nobody, nil when it may be believed as far as itself goes.
  package func problem(with path: String, _ state: FileState) -> FileProblem? {
    let at = FilePlace(file: path)
    if state.isSymbolicLink {
      return FileProblem(
        at, "it is a symbolic link",
        expected: "expected the file itself: cp --remove-destination $(readlink -f \(path)) \(path)"
      )
    }
    if !state.isRegularFile {
      return FileProblem(at, "it is \(state.kind)", expected: "expected a plain text file")
    }
    if !contains(state.owner) {
      return FileProblem(
        at, "it belongs to user \(state.owner)",
        expected: "expected a file \(expectation): chown root \(path)")
    }
    if state.isWritableByOthers {
      return FileProblem(
        at, "its mode is \(state.permissions), so others can write it",
        expected: "expected a file that only its owner can write: chmod go-w \(path)")
    }
    return nil
  }

  /// Who else can put another file in the place of `path`, nil when nobody can.
  func problem(onTheWayTo path: String) throws(SystemError) -> FileProblem? {
    let at = FilePlace(file: path)
    for folder in try folders(onTheWayTo: path) {
      guard let state = try FileState.of(folder) else { continue }
      if !contains(state.owner) {
        return FileProblem(
          at, "its folder \(folder) belongs to user \(state.owner), who can replace it",
          expected: "expected a folder \(expectation): chown root \(folder)")
      }
      if state.isWritableByOthers {
        return FileProblem(
          at, "the mode of its folder \(folder) is \(state.permissions), so others can replace it",
          expected: "expected a folder that only its owner can write: chmod go-w \(folder)")
      }
    }
    return nil
  }

  /// The same for the certificates that an offer names: whoever can write them decides who is the supplier.
  package func problem(withCertificates path: String) -> FileProblem? {
    problem(
      withFile: path, expected: "put the certificates here that the offer names in 'ca_file'")
  }

  /// The same for any file that a setting names, and for the settings. A symbolic link may lead to these (Debian's
  /// certificates are links): what it leads to counts, and every folder on the way there.
  ///
  /// - Parameters:
  ///   - isSecret: whether others must not read it either. The group may: that is how a service without
  ///     rights of its own gets to see a key.
  ///   - expected: what to do when there is no such file.
  package func problem(
    withFile path: String, isSecret: Bool = false, expected: String
  ) -> FileProblem? {
    let at = FilePlace(file: path)
    do {
      guard let state = try FileState.of(path) else {
        return FileProblem(at, "there is no such file", expected: expected)
      }
      if let problem = problem(with: path, state) { return problem }
      if let problem = try problem(onTheWayTo: path) { return problem }
      guard isSecret, state.isReadableByOthers else { return nil }
      return FileProblem(
        at, "its mode is \(state.permissions), so everybody can read what is secret in it",
        expected: "expected a file that only its owner and its group can read: "
          + (isSystem ? "chgrp accord \(path) && chmod 640 \(path)" : "chmod o= \(path)"))
    } catch {
      return FileProblem(at, "\(error)", expected: "expected a readable file")
    }
  }
}
