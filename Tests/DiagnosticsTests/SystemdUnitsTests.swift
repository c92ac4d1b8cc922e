// What systemctl prints, as systemd 252 and 257 do.

import Diagnostics
import Testing

@Suite("systemd's units")
struct SystemdUnitsTests {
  private let shown = """
    Id=accordd.service
    LoadState=loaded
    ActiveState=failed
    UnitFileState=enabled

    Id=accord-upload.service
    LoadState=loaded
    ActiveState=inactive
    UnitFileState=static

    NextElapseUSecRealtime=Thu 2026-11-26 01:15:00 UTC
    Id=accord-upload.timer
    LoadState=loaded
    ActiveState=active
    UnitFileState=static

    """

  @Test func `each unit has its state, and a timer its next run`() {
    let units = SystemdUnits(shown: shown, failed: "")
    #expect(
      units.units.map(\.name) == [
        "accordd.service", "accord-upload.service", "accord-upload.timer",
      ])
    #expect(units.units.map(\.isActive) == [false, false, true])
    #expect(units.ownFailed == ["accordd.service"])
    #expect(units.unit(SystemdUnits.daemon)?.enablement == "enabled")
    // 2026-11-26T01:15:00Z
    #expect(units.unit(SystemdUnits.timer)?.nextElapseMilliseconds == 1_795_655_700_000)
    #expect(units.unit(SystemdUnits.upload)?.nextElapseMilliseconds == nil)
  }

  @Test func `a unit that is not there says so`() {
    let text = "Id=accordd.service\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n"
    let unit = SystemdUnits(shown: text, failed: "").unit(SystemdUnits.daemon)
    #expect(unit?.state == "not-found" && unit?.isActive == false && unit?.enablement == "")
  }

  @Test(
    arguments: [
      ("active", "loaded", nil), ("inactive", "loaded", "accord-upload.timer"),
      ("active", "masked", "accord-upload.service"),
      // Without the timer it does not matter what it would start.
      ("inactive", "masked", "accord-upload.timer"),
    ] as [(String, String, String?)])
  func `uploads need the timer active and their service not masked`(
    timer: String, upload: String, obstacle: String?
  ) {
    let units = SystemdUnits(
      shown: """
        Id=accord-upload.service
        LoadState=\(upload)
        ActiveState=inactive

        Id=accord-upload.timer
        LoadState=loaded
        ActiveState=\(timer)

        """, failed: "")
    #expect(units.uploadObstacle?.name == obstacle)
    #expect(units.uploadObstacle?.isMasked == obstacle.map { $0 == "accord-upload.service" })
  }

  @Test(
    arguments: [
      ("@1795655700", 1_795_655_700_000), ("", nil), ("n/a", nil),
      ("Thu 2026-11-26 01:15:00 CET", nil),
      ("Thu 2026-11 01:15 UTC", nil),
    ] as [(String, Int64?)])
  func `a time is Unix seconds, or UTC, or none`(text: String, expected: Int64?) {
    let units = SystemdUnits(
      shown:
        "NextElapseUSecRealtime=\(text)\nId=accord-upload.timer\nLoadState=loaded\nActiveState=active\n",
      failed: "")
    #expect(units.unit(SystemdUnits.timer)?.nextElapseMilliseconds == expected)
  }

  @Test
  func `failed units of others are named, with and without a bullet, and the agent's own are not`()
  {
    let failed = """
      pump-control.service  loaded failed failed Pump control
      ● mnt-plant.mount     loaded failed failed /mnt/plant
      accordd.service       loaded failed failed Accord

      """
    let units = SystemdUnits(shown: shown, failed: failed)
    #expect(units.othersFailed == ["pump-control.service", "mnt-plant.mount"])
  }

  @Test func `nothing said is no unit`() {
    #expect(SystemdUnits(shown: "", failed: "") == SystemdUnits(shown: "\n\n", failed: "\n"))
    #expect(SystemdUnits(shown: "", failed: "").units == [])
  }
}
