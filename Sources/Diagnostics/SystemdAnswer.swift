// What comes of asking systemctl(1) for the units, within a limit of time. On a machine without systemd, and below a
// prefix, there is nobody to ask; that is not the same as an answer that does not come.

package import Configuration
internal import Linux

package enum SystemdAnswer: Sendable {
  /// There is nobody to ask.
  case absent
  case units(SystemdUnits)
  /// systemd runs, and said nothing.
  case silent(SystemdSilence)

  package var isPresent: Bool {
    if case .absent = self { false } else { true }
  }

  package var units: SystemdUnits? {
    if case .units(let units) = self { units } else { nil }
  }

  /// Asks what runs here; sd_booted(3) says whether systemd does.
  package static func ask(_ locations: Locations) -> SystemdAnswer {
    guard locations.isSystem, ((try? FileState.of("/run/systemd/system")) ?? nil) != nil else {
      return .absent
    }
    do throws(SystemdSilence) {
      let shown = try output(
        ["show"] + SystemdUnits.own
          + ["--property=Id,LoadState,ActiveState,UnitFileState,NextElapseUSecRealtime"])
      // A service that is started again and again is not "failed" in between.
      let failed = try output([
        "list-units", "--state=failed,auto-restart", "--plain", "--no-legend", "--no-pager",
      ])
      return .units(SystemdUnits(shown: shown, failed: failed))
    } catch { return .silent(error) }
  }

  /// Long enough for a busy machine, short enough for a person.
  private static let limitMilliseconds: Int64 = 3_000

  private static func output(_ arguments: [String]) throws(SystemdSilence) -> String {
    // Times are written in the zone of TZ.
    let output = try? ChildProcess.output(
      of: "/usr/bin/env", ["TZ=UTC", "systemctl"] + arguments, limitBytes: 256 * 1024,
      limitMilliseconds: limitMilliseconds, isInOwnGroup: false)
    guard let output else { throw .failed }
    guard output.isWhole else { throw .late(afterSeconds: limitMilliseconds / 1000) }
    guard output.exitCode == 0 else { throw .failed }
    return String(decoding: output.bytes, as: UTF8.self)
  }
}

/// Why systemd, which runs, said nothing.
package enum SystemdSilence: Error, Equatable {
  case late(afterSeconds: Int64)
  case failed

  /// With the one thing to do. Another systemctl would hang as well, and the journal is read without systemd.
  package var sentence: String {
    switch self {
    case .late(let seconds):
      "systemctl did not answer within \(seconds) s, so nothing is known of the units: see what systemd waits for with "
        + "journalctl -b _PID=1"
    case .failed:
      "systemctl failed, so nothing is known of the units: see why with systemctl status accordd"
    }
  }
}
