// The file systems of the agent's own folders, as the rules of Health look at them.

package import Configuration
package import Health
internal import Linux

package enum OwnDisk {
  /// Where the databases lie; nil when that folder is not there.
  ///
  /// - Parameter isRunningMachine: whether the file systems of the sample are this machine's: only then is this one
  ///   among them.
  package static func facts(
    _ locations: Locations, isRunningMachine: Bool
  ) -> RecordingFacts.Disk? {
    guard let usage = FileSystemUsage.of(locations.state) else { return nil }
    return RecordingFacts.Disk(
      path: locations.state,
      mountPoint: isRunningMachine ? MountState.mountPoint(of: locations.state) : nil,
      freeBytes: usage.freeBytes, sizeBytes: usage.sizeBytes,
      freeInodes: usage.inodes > 0 ? usage.inodesFree : nil,
      isReadOnly: MountState.of(locations.state)?.isReadOnly ?? false)
  }

  /// Why the agreement would not outlive the next start; nil where it does, and where nobody can tell.
  static func problem(withConfiguration folder: String) -> String? {
    guard let type = MountState.of(folder)?.volatileType else { return nil }
    if type != "overlay" { return "lies in memory (\(type))" }
    guard let upper = upperFolder(of: folder), let state = MountState.of(upper),
      let type = state.volatileType
    else { return nil }
    return "lies on an overlay whose changes are in memory (\(type))"
  }

  /// The writable half of the overlay that `path` lies on, where it can be seen from here.
  private static func upperFolder(of path: String) -> String? {
    guard let mountPoint = MountState.mountPoint(of: path) else { return nil }
    let overlays = Mount.all().filter { $0.mountPoint == mountPoint }
    let options = overlays.flatMap { $0.fileSystemOptions.split(separator: ",") }
    return options.first { $0.hasPrefix("upperdir=") }.map { OctalEscapes.decoded($0.dropFirst(9)) }
  }
}
