// accord.toml, the administrator's local settings. Every key is optional; what is not known is an error,
// because a misspelt bound is no bound.

internal import Linux
package import TOML
package import Telemetry

package struct Settings: Equatable, Sendable {
  /// How often the kernel's files are read.
  package var tickMilliseconds: Int64 = 10_000
  package var historyQuotaBytes: Int64 = 64 * 1024 * 1024
  package var historyKeepMilliseconds: Int64 = 30 * 86_400_000
  /// How often readings in memory are written to the disk.
  package var sealMilliseconds: Int64 = 60_000
  package var spoolQuotaBytes: Int64 = 64 * 1024 * 1024
  /// How long a sent batch is kept to be looked at.
  package var keepSentMilliseconds: Int64 = 7 * 86_400_000
  package var upload = UploadSettings()

  package var devices = DeviceRules()

  package init() {}

  package init(parsing bytes: [UInt8]) throws(TOMLError) {
    var document = TableReader(try TOMLDocument.parse(bytes), name: "")
    if var sampling = try document.optionalTable("sampling") {
      let ticks = Limits.tickMillisecondsMin...Limits.tickMillisecondsMax
      try sampling.duration("interval", within: ticks, "100ms to 1h") { tickMilliseconds = $0 }
      try sampling.finish()
    }
    try devices.read(&document)
    if var history = try document.optionalTable("history") {
      try history.quota("quota") { historyQuotaBytes = $0 }
      try history.duration("keep", within: Self.keeping, "1h to 3650 days") {
        historyKeepMilliseconds = $0
      }
      try history.finish()
    }
    if var spool = try document.optionalTable("spool") {
      try spool.duration("seal", within: 1_000...3_600_000, "1s to 1h") { sealMilliseconds = $0 }
      try spool.quota("quota") { spoolQuotaBytes = $0 }
      try spool.duration("keep_sent", within: Self.keeping, "1h to 3650 days") {
        keepSentMilliseconds = $0
      }
      try spool.finish()
    }
    if var table = try document.optionalTable("upload") {
      upload = try UploadSettings(&table)
      try table.finish()
    }
    try document.finish()
  }

  private static let keeping: ClosedRange<Int64> = 3_600_000...(3650 * 86_400_000)

  /// The settings of an installation; a missing file means the defaults.
  package static func read(_ path: String) throws(SettingsError) -> Settings {
    let bytes: [UInt8]
    do {
      guard let state = try FileState.of(path) else { return Settings() }
      // A pipe would be waited for.
      guard state.isRegularFile else {
        throw SettingsError(
          description: "\(path): it is \(state.kind); expected a plain text file")
      }
      bytes = try FileDescriptor.open(path, .readOnly).readAll(
        limitBytes: Limits.configurationFileBytesMax)
    } catch let error as SettingsError {
      throw error
    } catch let error as SystemError where error.isPermissionDenied {
      throw SettingsError(
        description:
          "\(path): \(error); expected a file that the agent may read: chmod 644 \(path), or where it "
          + "holds a password chgrp accord \(path) && chmod 640 \(path)")
    } catch { throw SettingsError(description: "\(path): \(error)") }
    do {
      return try Settings(parsing: bytes)
    } catch { throw SettingsError(description: "\(path):\(error)") }
  }
}

/// Why the settings cannot be used: "FILE:LINE:COLUMN: what is wrong; what was expected".
package struct SettingsError: Error, Equatable, Sendable, CustomStringConvertible {
  package let description: String
}

extension TableReader {
  fileprivate mutating func duration(
    _ key: String, within range: ClosedRange<Int64>, _ expected: String, _ take: (Int64) -> Void
  ) throws(TOMLError) {
    guard let duration = try optionalDurationMilliseconds(key) else { return }
    guard range.contains(duration.value) else {
      throw TOMLError(at: duration.place, "'\(key)' is out of range", "expected \(expected)")
    }
    take(duration.value)
  }

  fileprivate mutating func quota(_ key: String, _ take: (Int64) -> Void) throws(TOMLError) {
    guard let size = try optionalSizeBytes(key) else { return }
    // Less could not hold the dictionaries and an hour; more than SQLite's pages of 1 KiB can address.
    guard (256 * 1024...(1 << 40)).contains(size.value) else {
      throw TOMLError(
        at: size.place, "'\(key)' is out of range", "expected \"256 KiB\" to \"1024 GiB\"")
    }
    take(size.value)
  }
}
